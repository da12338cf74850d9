"""What is known of one remote machine before it is asked anything: where it is and how to enter."""

from dataclasses import dataclass, field
from enum import StrEnum


class Contract(StrEnum):
    """What a remote machine understands."""

    #: Our own `/v1`.
    TALKIES = "talkies"
    #: SadTalker's service of the seeds: `/v1/jobs`, or the older path that answers with the video.
    SADTALKER = "sadtalker"
    #: An endpoint of RunPod Serverless: `/run`, `/status`, `/cancel`.
    SERVERLESS = "runpod-serverless"


class TokenPlace(StrEnum):
    """Where the token stands that a proxy before the machine wants."""

    #: `Authorization: Bearer …`.
    HEADER = "header"
    #: `?token=…`.
    QUERY = "query"


class Origin(StrEnum):
    """How we know of a machine."""

    #: From the settings.
    LISTED = "listed"
    #: From RunPod's list of pods.
    RUNPOD = "runpod"


#: What a pod of the seeds renders with.
SADTALKER_ENGINE = "sadtalker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One remote machine. Its secrets are in no text that is made of it."""

    #: What people call it: unique in a pool, and no secret.
    name: str
    #: Without a slash at its end, a query or a fragment.
    url: str
    contract: Contract = Contract.TALKIES
    #: For the proxy before it.
    token: str | None = field(default=None, repr=False)
    token_place: TokenPlace = TokenPlace.HEADER
    #: For the service itself, as `X-API-Key`.
    api_key: str | None = field(default=None, repr=False)
    #: Ids of the engines it renders with; empty where it is asked for them.
    engines: tuple[str, ...] = ()
    #: Videos it renders at once.
    concurrency: int = 1
    #: None where nobody said it.
    price_per_hour: float | None = None
    origin: Origin = Origin.LISTED
