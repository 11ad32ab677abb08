"""The shape of a configuration: the order of its keys, and what its JSON Schema refuses."""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from inward.errors import ConfigError, unknown


def in_order(value: Any) -> Any:
    """Return a configuration with the keys of all its parts in order, so that none matters."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [in_order(part) for part in value]
    return value


def check_shape(config: dict[str, Any], schema: dict[str, Any], path: str = "config") -> None:
    """Raise ConfigError, in one line, for the first thing in `config` that its schema refuses."""
    if found := refused(config, schema):
        raise ConfigError(f"{path}: {found}")


def refused(part: Any, schema: dict[str, Any], above: tuple[str, ...] = ()) -> str | None:
    """Return what a schema refuses of a part of a configuration, which lies below `above`."""
    problems = Draft202012Validator(schema).iter_errors(part)
    first = min(problems, key=lambda problem: problem.json_path, default=None)
    return first and _said(first, above)


def _said(problem: ValidationError, above: tuple[str, ...]) -> str:
    where = ".".join(str(key) for key in (*above, *problem.absolute_path))
    schema: Any = problem.schema
    instance: Any = problem.instance
    known = schema.get("properties", {})
    if problem.validator == "additionalProperties":
        odd = next(key for key in instance if key not in known)
        within = [name for name, part in known.items() if odd in part.get("properties", {})]
        if within:
            return (
                f"{where}.{odd}".removeprefix(".")
                + f": there is no {odd!r} here; write it within {within[0]}"
            )
        return unknown(f"{where}.{odd}".removeprefix("."), odd, known)
    if problem.validator == "required":
        lost = next(key for key in schema["required"] if key not in instance)
        return (
            f"{where}.{lost}".removeprefix(".") + f": is missing; give {known[lost]['description']}"
        )
    said = " ".join(problem.message.split())
    return f"{where or 'the configuration'}: {said}; give {schema['description']}"
