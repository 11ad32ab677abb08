"""What both dialects do alike: they give files back, and start and stop jobs."""

from inward.loopback import jobs
from inward.loopback.service import Service
from inward.loopback.shelf import Record
from inward.loopback.wire import Call, Refused, Reply

BYTES = (b"content-type", b"application/octet-stream")


def file_content(service: Service, _: Call, name: str) -> Reply:
    """Give a file's bytes."""
    service.files.known(name)
    return Reply(200, service.files.read_content(name), (BYTES,))


def start_job(service: Service, call: Call, model: str) -> Record:
    """Return a new job that trains `model` as the call asks; raise Refused where nothing can."""
    name = call.needs("training_file")
    record = service.files.get(name)
    if record is None or not record["uploaded"]:
        raise Refused(400, "invalid_value", f"there is no file {name!r}", "training_file")
    content = service.files.read_content(name)
    job = {
        "created": service.now(),
        "seconds": service.settings.training_seconds,
        "model": model,
        "root": service.root_of(model),
        "training_file": name,
        "suffix": call.json.get("suffix"),
        "request": call.json,
        "problem": jobs.problem_of(content, service.dialect),
        "tokens": jobs.tokens_of(content),
        "fault": call.fault,
        "cancelled": None,
    }
    made = [service.jobs.add(job) for _ in range(2 if call.fault == "doubled" else 1)]
    return made[0]


def stop_job(service: Service, name: str) -> Record:
    """Return a job after cancelling it; raise Refused where it has come to its end."""
    job = service.jobs.known(name)
    if jobs.ended_at(job, service.now()) is not None:
        raise Refused(400, "invalid_state", "the job has come to its end")
    job["cancelled"] = service.now()
    service.jobs.keep(job)
    return job
