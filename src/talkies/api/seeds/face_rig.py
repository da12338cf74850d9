"""The seed's routes of a character's frames (S22): `/timelines`, `/timeline/…`, `/frames/…`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from talkies.api.frame_answers import bytes_answer
from talkies.api.openapi import answers
from talkies.api.ranged import described
from talkies.api.requests import ServicesDep
from talkies.api.seeds.face_rig_access import Caller, Viewer
from talkies.api.seeds.face_rig_answers import (
    FrameAnswer,
    RegenerateBody,
    SequenceAnswer,
    worded,
)
from talkies.api.seeds.forms import route_class
from talkies.errors import (
    CharacterInvalid,
    Conflict,
    CorruptMedia,
    NotFound,
    NotReady,
    RangeUnsatisfiable,
    StorageRefused,
)
from talkies.studio.face_rig.frames import CharacterFrames
from talkies.studio.face_rig.regeneration import Anchors, CannotRegenerate

router = APIRouter(tags=["face rig"], route_class=route_class(worded))

#: Drawings may be repainted: browsers keep them for a while, and then ask whether they are new.
CACHE: Final = "public, max-age=300"

PathId = Annotated[
    str,
    Path(max_length=300, description="A sequence.", examples=["neutral_to_blink__center"]),
]
Share = Annotated[float | None, Query(ge=0, le=1)]

REDIRECT: Final[dict[int | str, dict[str, Any]]] = {
    302: {"description": "It is in the bucket, at `Location`."}
}

MISSING: Final = (NotFound, NotReady, CharacterInvalid, StorageRefused)


@router.get("/timelines", summary="The sequences of the character", responses=answers(*MISSING))
def list_timelines(_: Viewer, services: ServicesDep) -> list[str]:
    """Their ids, sorted: those that there really are, on this disk or in the bucket."""
    return list(services.face_rig.frames.sequences())


@router.get("/timeline/{path_id:path}", summary="One sequence", responses=answers(*MISSING))
def get_timeline(path_id: PathId, _: Viewer, services: ServicesDep) -> SequenceAnswer:
    """Its manifest, as its drawings really are."""
    return SequenceAnswer.model_validate(services.face_rig.frames.manifest(path_id))


@router.post(
    "/timeline/{path_id:path}/regenerate",
    summary="Make one drawing anew",
    responses=answers(CannotRegenerate, Conflict, CorruptMedia, *MISSING),
)
def regenerate(
    path_id: PathId,
    body: RegenerateBody,
    _: Caller,
    services: ServicesDep,
    anchor_start_t: Share = None,
    anchor_end_t: Share = None,
) -> FrameAnswer:
    """Of the drawings on both sides of it, or of those at the anchors."""
    rig = services.face_rig
    anchors = Anchors(start=anchor_start_t, end=anchor_end_t)
    made = rig.regeneration.regenerate(path_id, body.t, anchors)
    if isinstance(rig.frames, CharacterFrames):
        rig.frames.forget()
    return FrameAnswer(t=made.t, file=made.file)


@router.get(
    "/frames/{path_id:path}/{file}",
    summary="One drawing",
    response_class=Response,
    responses={
        **described("image/png"),
        **REDIRECT,
        **answers(RangeUnsatisfiable, *MISSING),
    },
)
@router.head("/frames/{path_id:path}/{file}", include_in_schema=False)
def get_frame(
    request: Request,
    path_id: PathId,
    file: Annotated[str, Path(max_length=200, examples=["050.png"])],
    _: Viewer,
    services: ServicesDep,
) -> Response:
    """Its bytes, or a redirect to the bucket; `endpoints` has the drawings of states."""
    found = services.face_rig.frames.frame(path_id, file)
    if isinstance(found, str):
        return RedirectResponse(found, status_code=302, headers={"Cache-Control": CACHE})
    return bytes_answer(request, found, CACHE)
