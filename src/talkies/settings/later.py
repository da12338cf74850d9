"""Settings that are read and checked, and that no part uses yet: remote pods, models, the web."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, SecretStr

from talkies.settings.about import LATER, About, Milliseconds, Names


class RunPod(BaseModel):
    """RunPod."""

    runpod_api_key: Annotated[
        SecretStr | None,
        About(
            meaning="Our key to RunPod. The header RUNPOD_API_KEY that callers show is one of "
            "API_KEYS, and has nothing to do with it.",
            aliases=("SADTALKER_RUNPOD_API_KEY",),
            seeds="S12 S14 S17",
            used_by="worker, pods",
        ),
    ] = None
    runpod_api_url: Annotated[
        str | None,
        About(
            meaning="Address of a pod with our own service, as RunPod shows it.",
            seeds="S17",
            used_by="worker, pods",
        ),
    ] = None
    runpod_endpoint_ids: Annotated[
        Names,
        About(meaning="Serverless endpoints that render.", seeds="S12", used_by="worker, pods"),
    ] = ()
    runpod_template_id: Annotated[
        str | None, About(meaning="Template of new pods.", seeds="S11", used_by="worker, pods")
    ] = None
    runpod_volume_id: Annotated[
        str | None,
        About(meaning="Network volume of new pods.", seeds="S11", used_by="worker, pods"),
    ] = None
    runpod_gpu_types: Annotated[
        Names, About(meaning="GPUs of new pods, best first.", seeds="S11", used_by="worker, pods")
    ] = ()
    runpod_allow_create: Annotated[
        bool,
        About(
            meaning="Whether pods may be rented and started.", seeds="S11", used_by="worker, pods"
        ),
    ] = False
    runpod_poll_interval_ms: Annotated[
        Milliseconds,
        About(
            meaning="Between two looks at a pod that starts.", seeds="S11", used_by="worker, pods"
        ),
    ] = 10_000
    runpod_start_timeout_ms: Annotated[
        Milliseconds,
        About(meaning="Longest that a pod may take to start.", seeds="S11", used_by="worker, pods"),
    ] = 480_000


class SadTalker(BaseModel):
    """SadTalker pods."""

    sadtalker_runpod_endpoints: Annotated[
        SecretStr | None,
        About(
            meaning="Pods, as `url|token|apiKey,…` or JSON.", seeds="S12", used_by="worker, pods"
        ),
    ] = None
    sadtalker_runpod_refresh_ms: Annotated[
        Milliseconds,
        About(meaning="Between two lists of live pods.", seeds="S12", used_by="worker, pods"),
    ] = 60_000
    sadtalker_job_timeout_ms: Annotated[
        Milliseconds,
        About(
            meaning="Longest that one generation may take, or the least that a pod is given.",
            seeds="S11",
            used_by="LEGACY_WAIT_SECONDS, worker",
        ),
    ] = 480_000
    sadtalker_remote_api_key: Annotated[
        SecretStr | None,
        About(
            meaning="Our key to a pod that has none of its own.",
            seeds="S11",
            used_by="worker, pods",
        ),
    ] = None
    sadtalker_remote_create_path: Annotated[
        str, About(meaning="Path of a pod that makes jobs.", seeds="S11", used_by="worker, pods")
    ] = "/v1/jobs"
    sadtalker_remote_status_path: Annotated[
        str, About(meaning="Path of a pod that shows jobs.", seeds="S11", used_by="worker, pods")
    ] = "/v1/jobs"
    sadtalker_token_query: Annotated[
        bool,
        About(meaning="The pod's token goes into the query.", seeds="S12", used_by="worker, pods"),
    ] = False


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
