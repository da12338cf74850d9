"""What the settings say of pods, read and checked."""

from typing import Final

from pydantic import SecretStr

from talkies.pods.breaker import BreakerRules
from talkies.pods.listing import Defaults, read_pods
from talkies.pods.pod import SADTALKER_ENGINE, Contract, Pod, TokenPlace
from talkies.pods.runpod import Blueprint
from talkies.pods.sadtalker_client import Paths
from talkies.pods.scaling import StartRules
from talkies.pods.wire import Limits
from talkies.settings import Settings
from talkies.wiring.pods import PodTerms, RunPodTerms

MINUTE: Final = 60.0


def terms_of(settings: Settings) -> PodTerms:
    """The pods of the settings, and how they are treated. Raises `Misconfigured`."""
    return PodTerms(
        listed=_listed(settings),
        engines=settings.pod_engines,
        runpod=_runpod(settings),
        jobs=settings.pod_jobs,
        attempts=settings.pod_attempts,
        lost_seconds=settings.pod_lost_seconds,
        breaker=BreakerRules(
            failures=settings.pod_failures, rest_seconds=settings.pod_rest_seconds
        ),
        patience_seconds=settings.pod_wait_seconds,
        health_seconds=settings.pod_health_seconds,
        refresh_seconds=settings.sadtalker_runpod_refresh_ms / 1_000,
        least_seconds=settings.sadtalker_job_timeout_ms / 1_000,
        paths=Paths(
            create=settings.sadtalker_remote_create_path,
            status=settings.sadtalker_remote_status_path,
        ),
        limits=Limits(most_received=settings.max_video_bytes),
    )


def _listed(settings: Settings) -> tuple[Pod, ...]:
    key = _text(settings.sadtalker_remote_api_key)
    place = TokenPlace.QUERY if settings.sadtalker_token_query else TokenPlace.HEADER
    ours = Defaults(api_key=key, token_place=place, concurrency=settings.pod_concurrency)
    theirs = Defaults(
        contract=Contract.SADTALKER,
        api_key=key,
        token_place=place,
        concurrency=settings.pod_concurrency,
    )
    pods = {
        pod.name: pod
        for text, name, defaults in (
            (settings.runpod_api_url, "RUNPOD_API_URL", ours),
            (_text(settings.sadtalker_runpod_endpoints), "SADTALKER_RUNPOD_ENDPOINTS", theirs),
            (_text(settings.pods), "PODS", ours),
        )
        for pod in read_pods(text or "", name, defaults)
    }
    return tuple(pods.values())


def _runpod(settings: Settings) -> RunPodTerms | None:
    key = _text(settings.runpod_api_key)
    if key is None:
        return None
    contract = Contract(settings.pod_contract)
    return RunPodTerms(
        key=key,
        url=settings.runpod_rest_url,
        proxy=settings.runpod_proxy_url,
        serverless=settings.runpod_serverless_url,
        blueprint=Blueprint(
            template_id=settings.runpod_template_id,
            volume_id=settings.runpod_volume_id,
            gpu_types=settings.runpod_gpu_types,
            cloud=settings.runpod_cloud,
        ),
        endpoints=settings.runpod_endpoint_ids,
        pattern=Pod(
            name="",
            url="",
            contract=contract,
            api_key=_text(settings.sadtalker_remote_api_key),
            engines=(SADTALKER_ENGINE,) if contract is Contract.SADTALKER else (),
            concurrency=settings.pod_concurrency,
        ),
        rules=StartRules(
            may_start=settings.runpod_allow_create,
            min_warm=settings.pod_min_warm,
            max_pods=settings.pod_max,
            idle_seconds=settings.pod_idle_minutes * MINUTE,
            start_seconds=settings.runpod_start_timeout_ms / 1_000,
            concurrency=settings.pod_concurrency,
        ),
        look_seconds=settings.runpod_poll_interval_ms / 1_000,
    )


def _text(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
