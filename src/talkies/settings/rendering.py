"""Settings of the engines: where they are installed, which may be used, how long they may take."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from talkies.settings.about import About, Count, Seconds


class Rendering(BaseModel):
    """Engines."""

    engines_root: Annotated[
        Path | None,
        About(
            meaning="Folder of engines of other repositories: checkouts, environments, weights.",
            flag="--root",
            used_by="worker, engines",
            default="~/.local/share/talkies",
        ),
    ] = None
    model_storage_path: Annotated[
        Path | None,
        About(
            meaning="Folder of model weights, where they lie elsewhere, as on a volume.",
            flag="--weights",
            seeds="S1 S4 S8",
            used_by="worker, engines",
            default="`weights` in ENGINES_ROOT",
        ),
    ] = None
    pull_weights: Annotated[
        bool,
        About(
            meaning="Bring missing weights before this worker reports ready.",
            seeds="S4",
            used_by="worker",
        ),
    ] = False
    hf_token: Annotated[
        SecretStr | None,
        About(
            meaning="Our token at Hugging Face.",
            aliases=("HUGGINGFACE_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
            seeds="S1 S4 S19",
            used_by="weights",
        ),
    ] = None
    hf_endpoint: Annotated[
        str,
        About(meaning="Address of the model hub, or of a mirror.", used_by="weights"),
    ] = "https://huggingface.co"
    commercial_only: Annotated[
        bool,
        About(
            meaning="Refuse engines whose code or weights do not allow commercial use.",
            used_by="api, worker",
        ),
    ] = False
    auto_seconds: Annotated[
        Seconds,
        About(
            meaning="Engine `auto` takes the most lifelike engine that is expected to be done in "
            "so many seconds; a request's `deadline_seconds` goes before.",
            used_by="api",
        ),
    ] = 600.0
    render_least_seconds: Annotated[
        Seconds,
        About(
            meaning="Time that every render gets, however short its video.",
            used_by="worker",
        ),
    ] = 600.0
    render_patience: Annotated[
        float,
        Field(gt=0, allow_inf_nan=False),
        About(
            meaning="A render is ended when it took so many times what was expected.",
            used_by="worker",
        ),
    ] = 3.0
    warm_idle_seconds: Annotated[
        Seconds,
        About(
            meaning="How long an engine's models stay in memory after its last job.",
            used_by="worker",
        ),
    ] = 900.0
    sadtalker_checkpoint_dir: Annotated[
        Path | None, About(meaning="SadTalker's weights.", seeds="S9", used_by="worker, engines")
    ] = None
    sadtalker_venv: Annotated[
        Path | None,
        About(meaning="Virtual environment of SadTalker.", seeds="S13", used_by="worker, engines"),
    ] = None
    sadtalker_default_size: Annotated[
        Count,
        About(meaning="Pixels of SadTalker's face model, 256 or 512.", seeds="S9", used_by="api"),
    ] = 256
    sadtalker_default_preprocess: Annotated[
        str,
        Field(pattern="^(crop|extcrop|resize|full|extfull)$"),
        About(meaning="How SadTalker cuts the picture.", seeds="S9", used_by="api"),
    ] = "full"
    sadtalker_use_old_version: Annotated[
        bool, About(meaning="SadTalker's older weights.", seeds="S9", used_by="api")
    ] = False
