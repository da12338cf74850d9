"""What is tried of characters and timelines, and of the seed's routes of them."""

import json
from typing import Any, Final

from talkies.studio.smoke.caller import Caller
from talkies.studio.smoke.state import TEXT, USER, State, require_succeeded

CHARACTER: Final = "/v1/characters/{character_id}"
TIMELINE: Final = "/v1/timelines/{timeline_id}"
JOB: Final = "/v1/operations/{job_id}"
SEQUENCE: Final = "neutral_to_speaking_ah__center"
#: A sequence that no character has.
NONE: Final = "talkies_to_smoke__center"

#: The words of the smallest character that can speak: it is built in seconds.
WORDS: Final = {
    "axes": {},
    "poses": ["center"],
    "expressions": {
        "neutral": {"mouth": "neutral", "eyes": "neutral", "brows": "neutral"},
        "speaking_ah": {"mouth": "ah", "eyes": "neutral", "brows": "neutral"},
    },
    "base_paths": [
        {"id": "neutral_to_speaking_ah", "start": "neutral", "end": "speaking_ah"},
    ],
}


def characters(caller: Caller, state: State) -> str:
    """A character is built of the portrait, and read in all its parts."""
    fields = {
        "name": "Smoke",
        "size": "160x160",
        "depth": "2",
        "config": json.dumps(WORDS),
        "user_id": USER,
    }
    drawing = {"drawing": state.files["portrait"]}
    made = caller.call("POST", "/v1/characters", expect=(202,), files=drawing, data=fields).json()
    require_succeeded(caller.until_done(JOB, made["id"], state.seconds))
    state.character = made["id"]
    facts = caller.call("GET", CHARACTER, at=made["id"]).json()["facts"]
    caller.call("GET", "/v1/characters")
    caller.call("GET", "/v1/characters/installed")
    caller.call("GET", f"{CHARACTER}/sequences", at=made["id"])
    home = f"/v1/characters/{made['id']}"
    one, drawn = f"{CHARACTER}/sequences/{{sequence}}", f"{CHARACTER}/frames/{{sequence}}/{{file}}"
    frames = caller.call("GET", one, url=f"{home}/sequences/{SEQUENCE}").json()["frames"]
    path = f"{home}/frames/{SEQUENCE}/{frames[0]['file']}"
    caller.call("GET", drawn, expect=(200, 302, 307), url=path)
    for part in ("contact-sheet", "content"):
        caller.call("GET", f"{CHARACTER}/{part}", expect=(200, 302, 307), at=made["id"])
    return f"{' and '.join(facts['expressions'])}, {len(frames)} drawings from one to the other"


def timelines(caller: Caller, state: State) -> str:
    """A timeline is made of speech, edited, made anew in parts, exported and deleted."""
    fields = {"character": state.character, "transcript": TEXT, "user_id": USER}
    sound = {"audio": state.files["audio"]}
    asked = caller.call("POST", "/v1/timelines", expect=(202,), files=sound, data=fields).json()
    made = _done(caller, asked, state)
    timeline = str(made["urls"]["timeline"]).rpartition("/")[2]
    caller.call("GET", "/v1/timelines")
    frames = caller.call("GET", TIMELINE, at=timeline).json()["document"]["frames"]
    edits = [{"op": "length", "frames": frames + 5}]
    caller.call("PATCH", TIMELINE, at=timeline, json={"edits": edits})
    caller.call("GET", f"{TIMELINE}/sound", expect=(200, 302, 307), at=timeline)
    body = {"user_id": USER}
    for part in ("align", "emotions"):
        again = caller.call("POST", f"{TIMELINE}/{part}", expect=(202,), at=timeline, json=body)
        _done(caller, again.json(), state)
    asked = caller.call("POST", f"{TIMELINE}/export", expect=(202,), at=timeline, json=body).json()
    video = _done(caller, asked, state)
    caller.call("DELETE", JOB, at=video["id"])
    caller.call("DELETE", TIMELINE, expect=(204,), at=timeline)
    caller.call("DELETE", CHARACTER, at=state.character)
    return f"made, edited, exported in {video['output']['video']['frames']} frames, deleted"


def face_rig(caller: Caller, state: State) -> str:
    """The seed's routes; where the deployment has no character for them, they say so."""
    before = _newest(caller)
    ids = caller.call("GET", "/timelines", expect=(200, 404, 503))
    there = ids.is_success and bool(ids.json())
    shown = (200, 302) if there else (404, 503)
    sequence = ids.json()[0] if there else NONE
    manifest = caller.call("GET", "/timeline/{path_id}", expect=shown, at=sequence)
    file = manifest.json()["frames"][0]["file"] if there else "000.png"
    frame = "/frames/{path_id}/{file}"
    caller.call("GET", frame, expect=shown, url=f"/frames/{sequence}/{file}")
    # Of a sequence that is not there: the operator's drawings stay as they are.
    again = "/timeline/{path_id}/regenerate"
    caller.call("POST", again, expect=(404, 409, 503), at=NONE, json={"t": 0.5})
    sent = caller.call("POST", "/audio/upload", files={"file": state.files["audio"]}).json()
    caller.call("GET", "/audio/{filename}", at=sent["filename"])
    said = caller.call("POST", "/generate-tts", json={"transcript": TEXT}).json()
    sound, words = {"audio": state.files["audio"]}, {"transcript": TEXT}
    timed = caller.call("POST", "/generate-alignment", files=sound, data=words).json()
    track = timed["keyframes"]
    body = {**words, "phoneme_timeline": track, "total_duration_ms": timed["total_duration_ms"]}
    caller.call("POST", "/generate-emotions", json=body)
    export = {"combined_timeline": track, "audio_url": said["path"], "fps": 12}
    made = (200,) if there else (404, 422, 503)
    caller.call("POST", "/export-video", expect=made, json=export, timeout=state.seconds)
    _remove(caller, _newest(caller) - before)
    return f"{len(ids.json())} sequences, a video" if there else "no character is there"


def _done(caller: Caller, asked: dict[str, Any], state: State) -> dict[str, Any]:
    """A job of characters when it has succeeded; raises `Unexpected`."""
    job = caller.until_done(JOB, asked["id"], state.seconds)
    require_succeeded(job)
    return job


def _newest(caller: Caller) -> set[tuple[str, str]]:
    """Route and id of the newest jobs and files: the seed's routes do not say what they keep."""
    routes = {"/v1/operations": JOB, "/v1/assets": "/v1/assets/{asset_id}"}
    return {
        (one, str(each["id"]))
        for listed, one in routes.items()
        for each in caller.call("GET", listed, params={"limit": 100}).json()["data"]
    }


def _remove(caller: Caller, made: set[tuple[str, str]]) -> None:
    for route, name in sorted(made, reverse=True):
        caller.call("DELETE", route, expect=(200, 204, 404), at=name)
