"""Serving: the endpoints, deployments and adapters on which Together's finetuned models answer."""

import re
from datetime import UTC, datetime
from typing import Any

from inward.loopback import jobs
from inward.loopback.service import Service, missing_model, object_name
from inward.loopback.shelf import Record, page
from inward.loopback.wire import Call, Refused, Reply, Route, reply, unknown

RESOURCE = re.compile(r"^projects/[^/]+/models/(.+?)(?:/revisions/[^/]+)?$")
MINUTES = range(30, 1441)  # an inactive_timeout, unless 0, which is never
SERVERLESS = "the model {!r} is not serverless: deploy it on an endpoint, then ask again"
USED = 1.0  # seconds after which the time of the last use is written down again


def model_behind(service: Service, name: str) -> str:
    """Return the model that answers to `name`: its own, or its endpoint's while that is ready.

    Raise Refused where nothing does.
    """
    if name in service.settings.habits:
        return name
    for deployment in service.deployments:
        if _state(service, deployment) != "READY":
            continue
        endpoint = service.endpoints.get(deployment["endpoint"])
        paths = {_path(service, endpoint), _path(service, deployment)} if endpoint else set()
        if name in paths | {deployment["model"], *_adapters(service, deployment)}:
            _use(service, deployment)
            return deployment["model"] if name in paths else name
    known = [*service.endpoints, *service.deployments]
    if service.knows(name) or name in {_path(service, one) for one in known}:
        raise Refused(404, "model_not_available", SERVERLESS.format(name), "model")
    raise missing_model(name)


def add_endpoint(service: Service, call: Call, project: str) -> Reply:
    """Create an endpoint, which serves nothing yet."""
    name = call.needs("name")
    if any(one["name"] == name for one in service.endpoints):
        raise Refused(409, "already_exists", f"there is an endpoint {name!r}", "name")
    content = {"created": service.now(), "project": project, "name": name}
    return reply(_endpoint(service, service.endpoints.add(content)))


def list_endpoints(service: Service, call: Call, project: str) -> Reply:
    """List the endpoints of a project."""
    found = [one for one in service.endpoints.newest_first() if one["project"] == project]
    return _page(found, call, lambda one: _endpoint(service, one))


def endpoint(service: Service, _: Call, __: str, name: str) -> Reply:
    """Show one endpoint."""
    return reply(_endpoint(service, service.endpoints.known(name)))


def remove_endpoint(service: Service, _: Call, __: str, name: str) -> Reply:
    """Delete an endpoint; one that still has deployments stays."""
    record = service.endpoints.known(name)
    if _deployments(service, name):
        raise Refused(400, "failed_precondition", "the endpoint still has deployments")
    service.endpoints.remove(record)
    return reply({})


def add_deployment(service: Service, call: Call, project: str, name: str) -> Reply:
    """Deploy a model on an endpoint, or only say whether that would go."""
    service.endpoints.known(name)
    asked = call.json.get("model") or call.json.get("modelId")
    if not asked:
        raise Refused(400, "missing_required_parameter", "no model", "model")
    timeout = call.json.get("inactiveTimeout") or 0
    if timeout and timeout not in MINUTES:
        raise Refused(400, "invalid_value", "0 or 30 to 1440 minutes", "inactiveTimeout")
    content = {
        "created": service.now(),
        "seconds": service.settings.deployment_seconds,
        "project": project,
        "endpoint": name,
        "name": call.needs("name"),
        "model": model_named(service, asked),
        "autoscaling": call.needs("autoscaling"),
        "config": call.json.get("config", "default"),
        "inactive_timeout": timeout,
        "used": 0.0,
    }
    if call.query.get("validateOnly") == "true":
        return reply(_deployment(service, {**content, "id": "", "number": 0}))
    return reply(_deployment(service, service.deployments.add(content)))


def list_deployments(service: Service, call: Call, _: str, name: str) -> Reply:
    """List the deployments of an endpoint."""
    service.endpoints.known(name)
    return _page(_deployments(service, name), call, lambda one: _deployment(service, one))


def deployment(service: Service, _: Call, __: str, name: str, which: str) -> Reply:
    """Show one deployment."""
    return reply(_deployment(service, _known_deployment(service, name, which)))


def remove_deployment(service: Service, _: Call, __: str, name: str, which: str) -> Reply:
    """Delete a deployment and its adapters."""
    record = _known_deployment(service, name, which)
    for adapter in [one for one in service.adapters if one["deployment"] == which]:
        service.adapters.remove(adapter)
    service.deployments.remove(record)
    return reply({})


def add_adapter(service: Service, call: Call, _: str, name: str, which: str) -> Reply:
    """Load a finetuned model onto a deployment of its base model."""
    record = _known_deployment(service, name, which)
    model = model_named(service, call.needs("adapterModelId"))
    if service.root_of(model) != service.root_of(record["model"]) and not call.json.get("force"):
        raise Refused(400, "failed_precondition", f"{model!r} has another base model")
    content = {"created": service.now(), "deployment": which, "model": model}
    return reply(_adapter(service.adapters.add(content)))


def list_adapters(service: Service, call: Call, _: str, name: str, which: str) -> Reply:
    """List the adapters of a deployment."""
    _known_deployment(service, name, which)
    found = [one for one in service.adapters if one["deployment"] == which]
    return _page(found, call, _adapter)


def adapter(service: Service, _: Call, __: str, name: str, which: str, one: str) -> Reply:
    """Show one adapter."""
    return reply(_adapter(_known_adapter(service, name, which, one)))


def remove_adapter(service: Service, _: Call, __: str, name: str, which: str, one: str) -> Reply:
    """Take an adapter off its deployment."""
    service.adapters.remove(_known_adapter(service, name, which, one))
    return reply({})


_ENDPOINTS = "v2/projects/([^/]+)/endpoints"
_ENDPOINT = f"{_ENDPOINTS}/([^/]+)"
_DEPLOYMENTS = f"{_ENDPOINT}/deployments"
_DEPLOYMENT = f"{_DEPLOYMENTS}/([^/]+)"
_ADAPTERS = f"{_DEPLOYMENT}/adapters"
_ADAPTER = f"{_ADAPTERS}/([^/]+)"
ROUTES: list[Route] = [
    ("POST", _ENDPOINTS, add_endpoint),
    ("GET", _ENDPOINTS, list_endpoints),
    ("GET", _ENDPOINT, endpoint),
    ("DELETE", _ENDPOINT, remove_endpoint),
    ("POST", _DEPLOYMENTS, add_deployment),
    ("GET", _DEPLOYMENTS, list_deployments),
    ("GET", _DEPLOYMENT, deployment),
    ("DELETE", _DEPLOYMENT, remove_deployment),
    ("POST", _ADAPTERS, add_adapter),
    ("GET", _ADAPTERS, list_adapters),
    ("GET", _ADAPTER, adapter),
    ("DELETE", _ADAPTER, remove_adapter),
]


def model_named(service: Service, name: str) -> str:
    """Return the model that a resource name, an object's ID or a model's own name means."""
    found = RESOURCE.match(name)
    model = found[1] if found else name
    job = service.job_of(model)
    if job:
        return jobs.model_name("together", job)
    return service.root_of(model)


def _known_deployment(service: Service, name: str, which: str) -> Record:
    record = service.deployments.get(which)
    if record is None or record["endpoint"] != name:
        raise unknown("deployment", which)
    return record


def _known_adapter(service: Service, name: str, which: str, one: str) -> Record:
    _known_deployment(service, name, which)
    record = service.adapters.get(one)
    if record is None or record["deployment"] != which:
        raise unknown("adapter", one)
    return record


def _deployments(service: Service, name: str) -> list[Record]:
    return [one for one in service.deployments if one["endpoint"] == name]


def _adapters(service: Service, record: Record) -> list[str]:
    return [one["model"] for one in service.adapters if one["deployment"] == record["id"]]


def _state(service: Service, record: Record) -> str:
    """Return whether a deployment is PROVISIONING, READY, or STOPPED after too long without use."""
    now, ready = service.now(), record["created"] + record["seconds"]
    if now < ready or record["autoscaling"].get("maxReplicas") == 0:
        return "PROVISIONING" if now < ready else "STOPPED"
    allowed = record["inactive_timeout"] * service.settings.minute
    idle = now - max(ready, record["used"])
    return "STOPPED" if allowed and idle >= allowed else "READY"


def _use(service: Service, record: Record) -> None:
    """Note that a deployment answers now."""
    if service.now() - record["used"] > min(USED, service.settings.minute):
        record["used"] = service.now()
        service.deployments.keep(record)


def _endpoint(service: Service, record: Record) -> dict[str, Any]:
    parts = _deployments(service, record["id"])
    return {
        **_common(service, record),
        "deployments": [_summary(service, one) for one in parts],
        "endpointType": "ENDPOINT_TYPE_DEDICATED",
        "trafficSplit": [{"deploymentId": one["id"], "weight": 1.0 / len(parts)} for one in parts],
        "visibility": "VISIBILITY_PRIVATE",
    }


def _summary(service: Service, record: Record) -> dict[str, Any]:
    shown = _deployment(service, record)
    kept = ("id", "autoscaling", "createdAt", "model", "modelId", "name", "trafficMode", "hardware")
    return {
        **{name: shown[name] for name in kept},
        "estimatedEffectiveTrafficShare": 1.0,
        "state": shown["status"]["state"],
    }


def _deployment(service: Service, record: Record) -> dict[str, Any]:
    state = _state(service, record)
    job = service.job_of(record["model"])
    model = object_name(job) if job else record["model"]
    ready = int(state == "READY")
    return {
        **_common(service, record),
        "autoscaling": record["autoscaling"],
        "config": record["config"],
        "configId": "config-loopback",
        "endpointId": record["endpoint"],
        "hardware": "1x_loopback",
        "model": f"projects/{record['project']}/models/{model}",
        "modelId": model,
        "modelRevisionId": "revision-1",
        "status": {
            "message": state.lower(),
            "state": f"DEPLOYMENT_STATE_{state}",
            "readyReplicas": ready,
            "scheduledReplicas": ready,
        },
        "trafficMode": "TRAFFIC_MODE_LIVE",
        "inactiveTimeout": record["inactive_timeout"],
        "desiredReplicas": 1,
    }


def _path(service: Service, record: Record) -> str:
    """Return the name by which an endpoint, or one of its deployments, is asked."""
    above = service.endpoints.get(record["endpoint"]) if "endpoint" in record else None
    return "/".join([record["project"], *([above["name"]] if above else []), record["name"]])


def _common(service: Service, record: Record) -> dict[str, Any]:
    created = datetime.fromtimestamp(record["created"], UTC).isoformat()
    return {
        "id": record["id"],
        "name": _path(service, record),
        "projectId": record["project"],
        "createdAt": created,
        "updatedAt": created,
        "etag": str(record["number"]),
    }


def _adapter(record: Record) -> dict[str, Any]:
    status = {
        "adapterModelId": record["model"],
        "clusterId": "cluster-loopback",
        "failedPodCount": 0,
        "readyPodCount": 1,
        "totalPodCount": 1,
        "state": "ADAPTER_LOAD_STATE_READY",
    }
    return {
        "id": record["id"],
        "adapterModelId": record["model"],
        "adapterModel": record["model"],
        "desiredRevisionId": "revision-1",
        "etag": str(record["number"]),
        "perCluster": [status],
    }


def _page(records: list[Record], call: Call, shown: Any) -> Reply:
    found, more = page(records, call.query)
    cursor = found[-1]["id"] if more else None
    return reply({"data": [shown(record) for record in found], "next_cursor": cursor})
