"""What is tried of a deployment, group by group; later groups use what earlier ones left."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from talkies.studio.smoke.caller import Caller, Unexpected
from talkies.studio.smoke.characters import characters, face_rig, timelines
from talkies.studio.smoke.state import TEXT, USER, State, require_succeeded

VIDEO: Final = "/v1/videos/{video_id}"
JOB: Final = "/v1/operations/{job_id}"
HOOK: Final = "/v1/webhooks/{webhook_id}"
KEY: Final = "/v1/keys/{key_id}"
DELIVERY: Final = "/v1/webhooks/deliveries/{delivery_id}"
NOBODY: Final = "vid_00000000000000000000000000"


Trial = Callable[[Caller, State], str]


def health(caller: Caller, _: State) -> str:
    """It is there, it runs, and it can work."""
    caller.call("GET", "/health")
    known = caller.call("GET", "/healthz").json()
    for path in ("/livez", "/readyz"):
        caller.call("GET", path)
    caller.call("GET", "/metrics")
    return f"version {known['version']}, commit {str(known['git_sha'])[:12]}"


def engines(caller: Caller, state: State) -> str:
    """The engines, and whether the one of these trials is ready."""
    listed = caller.call("GET", "/v1/engines").json()["data"]
    ready = [engine["id"] for engine in listed if engine["ready"]]
    caller.call("GET", "/v1/engines/{engine_id}", at=listed[0]["id"])
    if state.engine not in {"auto", *ready}:
        raise Unexpected(f"{state.engine} is not ready; ready are: {', '.join(ready) or 'none'}.")
    return f"ready: {', '.join(ready) or 'none'}"


def speech(caller: Caller, state: State) -> str:
    """Voices; a text is spoken; the recording is timed."""
    voice = caller.call("GET", "/v1/voices").json()["data"][0]["id"]
    caller.call("GET", "/v1/voices/{voice_id}", at=voice)
    body = {"input": TEXT, "response_format": "wav"}
    state.sound = caller.call("POST", "/v1/audio/speech", json=body).content
    long = caller.call("POST", "/v1/audio/jobs", expect=(202,), json={**body, "user_id": USER})
    done = caller.until_done("/v1/audio/jobs/{job_id}", long.json()["id"], state.seconds)
    require_succeeded(done)
    audio = {"audio": state.files["audio"]}
    caller.call("POST", "/v1/audio/alignments", expect=(200, 202), files=audio)
    return f"{len(state.sound) / 1000:.0f} kB of speech"


def assets(caller: Caller, state: State) -> str:
    """A file is sent, announced, listed, shown and deleted."""
    form = {"file": state.files["portrait"]}
    sent = caller.call("POST", "/v1/assets", expect=(200, 201), files=form).json()["id"]
    announced = {"content_type": "image/jpeg", "bytes": len(state.portrait), "filename": "a.jpg"}
    direct = caller.call("POST", "/v1/assets", expect=(200, 201), json=announced).json()
    _upload(caller, direct["upload"], state.portrait)
    complete = "/v1/assets/{asset_id}/complete"
    caller.call("POST", complete, at=direct["id"])
    caller.call("GET", "/v1/assets")
    for asset in (sent, direct["id"]):
        caller.call("GET", "/v1/assets/{asset_id}", at=asset)
        caller.call("DELETE", "/v1/assets/{asset_id}", expect=(200, 204), at=asset)
    return "sent through the API, and directly"


def _upload(caller: Caller, upload: Mapping[str, Any], data: bytes) -> None:
    """Send a file where the deployment says; that may be another host's."""
    more: dict[str, Any] = {"content": data, "headers": upload["headers"]}
    caller.call("PUT", "/v1/files/{key}", expect=(200, 201, 204), url=upload["url"], **more)


def videos(caller: Caller, state: State) -> str:
    """A video is estimated, made, watched and read in all its parts."""
    form = {
        "engine": state.engine,
        "transcript": TEXT,
        "user_id": USER,
        "resolution": "480p",
        "captions": "sidecar",
    }
    guess = caller.call("POST", "/v1/estimates", files=state.files, data=form).json()
    made = caller.call("POST", "/v1/videos", expect=(202,), files=state.files, data=form).json()
    caller.begun(f"{VIDEO}/events", made["id"])
    state.video = caller.until_done(VIDEO, made["id"], state.seconds)
    require_succeeded(state.video)
    state.warnings += state.video.get("warnings", ())
    for name in ("captions.vtt", "captions.srt", "timing.json", "poster"):
        caller.call("GET", f"{VIDEO}/{name}", expect=(200, 302, 307), at=made["id"])
    # An engine need not have one, and it goes after a while.
    caller.call("GET", f"{VIDEO}/preview", expect=(200, 302, 307, 404, 410), at=made["id"])
    content = caller.call("GET", f"{VIDEO}/content", expect=(200, 302, 307), at=made["id"])
    caller.call("GET", "/v1/videos")
    # The same bytes by a signed link, where the deployment keeps them itself.
    caller.call("GET", "/v1/files/{key}", expect=(403, 404), at=f"videos/{made['id']}.mp4")
    return f"{guess['engine']}, {len(content.content) / 1000:.0f} kB"


def canceling(caller: Caller, state: State) -> str:
    """A video is canceled, run again as an operation, and deleted."""
    body = {"engine": state.engine, "transcript": TEXT, "user_id": USER}
    made = caller.call("POST", "/v1/videos", expect=(202,), files=state.files, data=body).json()
    caller.call("POST", f"{VIDEO}/cancel", expect=(200, 202), at=made["id"])
    caller.until_done(VIDEO, made["id"], state.seconds)
    caller.call("GET", "/v1/operations")
    caller.call("GET", JOB, at=made["id"])
    caller.begun(f"{JOB}/events", made["id"])
    caller.begun("/v1/events", "")
    caller.call("POST", f"{JOB}/retry", expect=(200, 202, 409), at=made["id"])
    caller.call("POST", f"{JOB}/cancel", expect=(200, 202, 409), at=made["id"])
    caller.until_done(VIDEO, made["id"], state.seconds)
    caller.call("DELETE", JOB, at=made["id"])
    caller.call("DELETE", VIDEO, at=state.video["id"])
    return "canceled, retried, deleted"


def webhooks(caller: Caller, _: State) -> str:
    """An address is kept, changed, tried and removed."""
    body = {"url": "https://example.com/talkies-smoke", "events": ["job.succeeded"]}
    hook = caller.call("POST", "/v1/webhooks", expect=(200, 201, 422), json=body)
    caller.call("GET", "/v1/webhooks")
    caller.call("GET", "/v1/webhooks/deliveries")
    known = hook.is_success
    at = hook.json()["id"] if known else "whe_none"
    fine = (200, 201, 202, 204) if known else (404,)
    caller.call("GET", HOOK, expect=fine, at=at)
    caller.call("PATCH", HOOK, expect=fine, at=at, json={"enabled": True})
    caller.call("POST", f"{HOOK}/rotate-secret", expect=fine, at=at, json={})
    caller.call("POST", f"{HOOK}/ping", expect=fine, at=at)
    sent = caller.call("GET", f"{HOOK}/deliveries", expect=fine, at=at)
    delivery = next((each["id"] for each in sent.json().get("data", ())), None)
    found = (200, 202) if delivery else (404,)
    caller.call("GET", DELIVERY, expect=found, at=delivery or "whd_none")
    caller.call("POST", f"{DELIVERY}/redeliver", expect=found, at=delivery or "whd_none")
    caller.call("DELETE", HOOK, expect=fine, at=at)
    return "kept and removed" if known else "the address is not taken here; the rest answers"


def operating(caller: Caller, _: State) -> str:
    """Keys, sessions, usage, workers, and a user's deletion."""
    body = {"name": "talkies-smoke", "scopes": ["videos"]}
    key = caller.call("POST", "/v1/keys", expect=(200, 201), json=body).json()["id"]
    caller.call("GET", "/v1/keys")
    caller.call("GET", KEY, at=key)
    caller.call("POST", f"{KEY}/rotate", expect=(200, 201), at=key, json={})
    caller.call("POST", f"{KEY}/rotate-webhook-secret", expect=(200, 201), at=key, json={})
    caller.call("DELETE", KEY, expect=(200, 204), at=key)
    caller.call("GET", "/v1/session")
    caller.call("POST", "/v1/session", expect=(200, 201, 204))
    caller.call("DELETE", "/v1/session", expect=(200, 204))
    caller.call("GET", "/signin", expect=(200, 303, 400, 401, 422))
    caller.call("GET", "/v1/usage")
    workers = caller.call("GET", "/v1/workers").json()["data"]
    caller.call("DELETE", "/v1/users/{user_id}", at=USER)
    return f"{len(workers)} workers"


def seeds(caller: Caller, state: State) -> str:
    """The contracts of earlier services make and show videos."""
    image, audio = state.files["portrait"], state.files["audio"]
    fields = {"user_id": USER}
    avatar = {"image": image, "audio": audio}
    made = caller.call("POST", "/generate", expect=(201,), files=avatar, data=fields).json()
    job_id = made["data"]["job_id"]
    caller.call("GET", "/status/{job_id}", at=job_id)
    caller.call("GET", "/result/{job_id}", expect=(200, 409), at=job_id)
    files = {"source_image": image, "driven_audio": audio}
    pod = caller.call("POST", "/v1/jobs", files=files, data=fields).json()["id"]
    caller.call("GET", "/v1/jobs/{job_id}", at=pod)
    caller.call("GET", "/v1/jobs/{job_id}/download", expect=(200, 302, 307, 409), at=pod)
    caller.call("POST", "/generate_talking_video", expect=(200, 202), files=files, data=fields)
    front = {"userId": USER}
    asked = caller.call("POST", "/api/sadtalker/create", expect=(202,), files=files, data=front)
    caller.call("GET", "/api/sadtalker/status", params={"id": asked.json()["jobId"]})
    caller.call("GET", "/api/sadtalker/history", params=front)
    for job in (job_id, pod, asked.json()["jobId"]):
        caller.until_done(VIDEO, job, state.seconds)
    caller.call("DELETE", "/v1/users/{user_id}", at=USER)
    return "avatar API, SadTalker's service and front"


#: In their order.
TRIALS: Final[Mapping[str, Trial]] = {
    "Health": health,
    "Engines": engines,
    "Speech": speech,
    "Assets": assets,
    "Videos": videos,
    "Canceling": canceling,
    "Characters": characters,
    "Timelines": timelines,
    "Face rig": face_rig,
    "Webhooks": webhooks,
    "Operating": operating,
    "Seeds": seeds,
}
