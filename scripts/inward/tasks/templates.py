"""Templates: the fixed text of a task's prompts, with fields in braces."""

from inward.errors import ConfigError


def check_template(where: str, template: str, *fields: str) -> None:
    """Raise ConfigError where a template lacks one of its fields, or has braces besides them."""
    left = template
    for name in fields:
        if f"{{{name}}}" not in template:
            raise ConfigError(f"{where}: has no {{{name}}}; write it where the {name} shall stand")
        left = left.replace(f"{{{name}}}", "")
    if {"{", "}"} & set(left):
        known = " and ".join(f"{{{name}}}" for name in fields)
        raise ConfigError(f"{where}: may have no braces besides {known}; take out the others")


def filled(template: str, **values: str) -> str:
    """Return the template with its fields filled in; braces in the values stay as they are."""
    return template.format(**values)
