"""Settings that are read and checked, and that no part uses yet: other services, the web."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, SecretStr

from talkies.settings.about import LATER, About


class Models(BaseModel):
    """Other services."""

    openai_api_key: Annotated[
        SecretStr | None,
        About(meaning="Our key at OpenAI, for emotions.", seeds="S22 S23", used_by=LATER),
    ] = None
    elevenlabs_api_key: Annotated[
        SecretStr | None,
        About(meaning="Our key at ElevenLabs, for voices.", seeds="S18 S22 S23", used_by=LATER),
    ] = None
    mfa_env: Annotated[
        str | None,
        About(
            meaning="Conda environment of the seed's aligner. Ours is built in.",
            seeds="S22",
            used_by=LATER,
        ),
    ] = None
    conda_base: Annotated[
        Path | None,
        About(meaning="Where that conda is.", seeds="S22", used_by=LATER),
    ] = None


class Web(BaseModel):
    """Web pages."""

    vite_api_base_url: Annotated[
        str | None,
        About(meaning="Address of the API, for the studio's build.", seeds="S24", used_by=LATER),
    ] = None
    next_public_avatar_stream_base: Annotated[
        str | None,
        About(meaning="Address that a web page streams from.", seeds="S17", used_by=LATER),
    ] = None
