"""`GET /v1/voices`: who can speak."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from talkies.api.auth import Anyone
from talkies.api.models import Answer, Page
from talkies.api.openapi import answers
from talkies.api.paging import PagingDep
from talkies.api.slicing import page_of
from talkies.errors import InvalidRequest, NotFound, UnknownVoice
from talkies.speech.voices import Gender, Synthesizer, Voice, find_voice, list_voices

router = APIRouter(prefix="/v1/voices", tags=["audio"])


class VoiceAnswer(Answer):
    """One voice."""

    object: str = "voice"
    id: str = Field(description="`voice` of a request.", examples=["kokoro:af_heart"])
    name: str = Field(examples=["Heart"])
    language: str = Field(examples=["en-us"])
    gender: Gender
    synthesizer: Synthesizer
    available: bool = Field(description="Whether what it needs is installed here.")
    licence: str = Field(examples=["Apache-2.0"])


@router.get("", summary="List voices", responses=answers(InvalidRequest))
def list_installed_voices(
    _: Anyone,
    paging: PagingDep,
    *,
    language: Annotated[
        str | None,
        Query(max_length=40, description="Of this language, with or without its region: `en`."),
    ] = None,
) -> Page[VoiceAnswer]:
    """Neural voices first."""
    voices = [voice for voice in list_voices() if language is None or _speaks(voice, language)]
    return page_of(voices, paging, _shown, lambda voice: voice.id)


@router.get("/{voice_id}", summary="One voice", responses=answers(NotFound))
def get_voice(voice_id: str, _: Anyone) -> VoiceAnswer:
    """By its id, its name or its language, with or without a variant (`de+f2`)."""
    try:
        return _shown(find_voice(voice_id))
    except UnknownVoice as error:
        raise NotFound(error.message, hint=error.hint, details=error.details) from error


def _speaks(voice: Voice, language: str) -> bool:
    wanted = language.strip().lower().replace("_", "-")
    return voice.language.lower() == wanted or voice.language.lower().startswith(f"{wanted}-")


def _shown(voice: Voice) -> VoiceAnswer:
    return VoiceAnswer(
        id=voice.id,
        name=voice.name,
        language=voice.language,
        gender=voice.gender,
        synthesizer=voice.synthesizer,
        available=voice.available,
        licence=voice.licence,
    )
