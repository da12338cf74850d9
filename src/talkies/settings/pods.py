"""Settings of remote machines that render: which there are, and what renting them may cost."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from talkies.settings.about import About, Count, Limit, Names, Seconds


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
