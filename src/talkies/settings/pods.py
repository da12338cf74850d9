"""Settings of remote machines that render: our own names and the seeds'."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from talkies.settings.about import About, Count, Limit, Milliseconds, Names, Seconds


class Pods(BaseModel):
    """Pods."""

    pods: Annotated[
        SecretStr | None,
        About(
            meaning="Pods with our own service, as `url|token|apiKey,…` or JSON.",
            used_by="worker, pods",
        ),
    ] = None
    pod_engines: Annotated[
        Names,
        About(
            meaning="Engines of pods that do not run all the time, or cannot say what they have.",
            used_by="worker, pods",
        ),
    ] = ()
    pod_jobs: Annotated[
        Count,
        About(meaning="Videos that this worker has on pods at once.", used_by="worker"),
    ] = 8
    pod_attempts: Annotated[
        Count, About(meaning="Different pods that are tried for a video.", used_by="worker")
    ] = 3
    pod_health_seconds: Annotated[
        Seconds, About(meaning="Between two looks at a pod's health.", used_by="worker")
    ] = 15.0
    pod_failures: Annotated[
        Count,
        About(meaning="Failures in a row after which a pod rests.", used_by="worker"),
    ] = 3
    pod_rest_seconds: Annotated[
        Seconds,
        About(meaning="The first rest of a pod; each further one is double.", used_by="worker"),
    ] = 30.0
    pod_lost_seconds: Annotated[
        Seconds,
        About(
            meaning="How long a pod at work may not answer before its video is made elsewhere.",
            used_by="worker",
        ),
    ] = 20.0
    pod_wait_seconds: Annotated[
        Seconds,
        About(meaning="How long a video waits for a pod while all of them fail.", used_by="worker"),
    ] = 60.0
    pod_contract: Annotated[
        Literal["talkies", "sadtalker"],
        About(meaning="What pods understand that RunPod lists.", used_by="worker, pods"),
    ] = "talkies"
    pod_concurrency: Annotated[
        Count, About(meaning="Videos that one pod renders at once.", used_by="worker, pods")
    ] = 1
    pod_min_warm: Annotated[
        Limit,
        About(meaning="Rented pods that run though there is nothing to do.", used_by="worker"),
    ] = 0
    pod_max: Annotated[
        Count, About(meaning="Rented pods that ever exist.", used_by="worker, pods")
    ] = 1
    pod_idle_minutes: Annotated[
        Annotated[float, Field(gt=0, allow_inf_nan=False)],
        About(meaning="A rented pod without work for so long is stopped.", used_by="worker"),
    ] = 10.0
    runpod_cloud: Annotated[
        Literal["SECURE", "COMMUNITY"],
        About(meaning="RunPod's cloud of new pods.", used_by="worker, pods"),
    ] = "SECURE"
    runpod_rest_url: Annotated[
        str, About(meaning="Address of RunPod's REST API.", used_by="worker, pods")
    ] = "https://rest.runpod.io/v1"
    runpod_serverless_url: Annotated[
        str, About(meaning="Address of RunPod's serverless endpoints.", used_by="worker, pods")
    ] = "https://api.runpod.ai/v2"
    runpod_proxy_url: Annotated[
        str,
        About(
            meaning="Address of a pod at RunPod; `{id}` is its id.",
            used_by="worker, pods",
            default="https://{id}-8888.proxy.runpod.net",
        ),
    ] = "https://{id}-8888.proxy.runpod.net"


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
