"""Settings of characters: where they are, how large they may be, who helps to make them."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ByteSize, Field, SecretStr

from talkies.settings.about import LATER, About, Count


class Characters(BaseModel):
    """Characters."""

    characters_dir: Annotated[
        Path | None,
        About(
            meaning="Folder of characters, one folder each, that commands and seeds' routes know "
            "by name.",
            used_by="character, timeline, api, worker",
            default="`characters` in ENGINES_ROOT",
        ),
    ] = None
    character_shelf_bytes: Annotated[
        ByteSize,
        Field(gt=0),
        About(
            meaning="Disk space for characters of the service that lie unpacked on a machine.",
            used_by="api, worker",
        ),
    ] = ByteSize(20 << 30)
    max_character_bytes: Annotated[
        ByteSize,
        Field(gt=0),
        About(meaning="Largest archive of a character's frames.", used_by="api, worker"),
    ] = ByteSize(5 << 30)
    character_workers: Annotated[
        Count,
        About(meaning="Processes that draw a character at once.", used_by="worker"),
    ] = 2
    seed_character: Annotated[
        str,
        About(
            meaning="The character of the seed's routes: a name in CHARACTERS_DIR, or an id; with "
            "USE_S3 it is the one in the bucket.",
            seeds="S22",
            used_by="api",
        ),
    ] = "robin"


class Helpers(BaseModel):
    """Models of others."""

    openai_api_key: Annotated[
        SecretStr | None,
        About(
            meaning="Our key at the service that plans emotions and paints expressions; without "
            "one both are done by what is built in.",
            seeds="S22 S23",
            used_by="timeline, character, api, worker",
        ),
    ] = None
    openai_base_url: Annotated[
        str,
        About(
            meaning="Address of that service: any that speaks OpenAI's protocol.",
            used_by="timeline, character, api, worker",
        ),
    ] = "https://api.openai.com/v1"
    emotion_model: Annotated[
        str,
        About(
            meaning="The model that plans emotions.", seeds="S23", used_by="timeline, api, worker"
        ),
    ] = "gpt-4o"
    image_edit_model: Annotated[
        str,
        About(
            meaning="The model that paints expressions.",
            seeds="S20 S22",
            used_by="character",
        ),
    ] = "gpt-image-1"
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
