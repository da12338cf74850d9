"""What a remote machine is asked, in whatever contract: the one interface of all clients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, Protocol, TypeAlias, runtime_checkable

from talkies.errors import PodFailure, TalkiesError
from talkies.pods.pod import Pod

#: Longest text of a pod that is passed on, in characters.
TEXT_LENGTH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One video to be rendered elsewhere. Its files are ours: normalised and trusted."""

    #: The same for every try of the same piece of work: where the contract can, it gives the same
    #: remote job. Printable ASCII without spaces.
    key: str
    engine: str
    #: PNG, framed and scaled as the video shall be.
    portrait: Path
    #: 48 kHz PCM WAV.
    sound: Path
    #: How long the sound is.
    seconds: float
    #: In place of the portrait, for engines that take one.
    source_video: Path | None = None
    prompt: str = ""
    seed: int = 0
    #: 0 to 1; how much the head moves.
    motion: float = 1.0
    #: The engine's own options.
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    #: Addresses at which the files can be read for some hours, by `portrait`, `source_video` and
    #: `sound`; empty where they lie on this machine alone.
    links: Mapping[str, str] = field(default_factory=dict, repr=False)


class RemoteState(StrEnum):
    """How a remote job is, whatever its contract calls it."""

    WAITING = "waiting"
    WORKING = "working"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    #: The pod does not know it any more.
    LOST = "lost"
    #: The pod says something that its contract does not have.
    UNKNOWN = "unknown"

    @property
    def over(self) -> bool:
        return self not in {RemoteState.WAITING, RemoteState.WORKING, RemoteState.UNKNOWN}


def state_in(states: Mapping[str, RemoteState], said: object) -> RemoteState:
    """The state that a pod said, by the words of its contract; it may say anything."""
    return states.get(said, RemoteState.UNKNOWN) if isinstance(said, str) else RemoteState.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A remote job as it is now."""

    state: RemoteState
    #: 0 to 1; None where the contract does not say.
    progress: float | None = None
    #: Why it failed.
    error: TalkiesError | None = None
    #: Where the video is, where the pod said so; absolute, or from the pod's own address.
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What came of asking for a video."""

    #: None where the contract has none: then `look` is how it ended.
    remote_id: str | None
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a pod that answers says of itself."""

    #: Ids of the engines that are ready; None where the contract does not say.
    engines: frozenset[str] | None = None
    #: Its jobs, ours and others'; 0 where the contract does not say.
    waiting: int = 0
    running: int = 0


class Client(Protocol):
    """Speaks to one pod, for one piece of work; not for two threads at once, but for `close`.

    Every method but `close` raises `PodFailure` for whatever the pod or the way to it does, with
    `details["reason"]` a `Reason`; what is wrong with the order itself is an `InvalidInput`.
    """

    def probe(self) -> Probe:
        """Whether it would work, at the cost of one small request."""
        ...

    def submit(self, order: Order) -> Accepted:
        """Ask for a video."""
        ...

    def look(self, remote_id: str) -> Look:
        """How a job is now. May take some seconds, but returns at once when it is over."""
        ...

    def fetch(self, remote_id: str | None, look: Look, path: Path) -> None:
        """Bring the video of a job that succeeded to `path`: whole, or not at all."""
        ...

    def cancel(self, remote_id: str) -> None:
        """Let the pod stop; does nothing where the contract cannot or the job is over."""
        ...

    def close(self) -> None:
        """Cut off what is under way, from any thread; the client is of no more use then."""
        ...


@runtime_checkable
class Withdrawing(Protocol):
    """A client that can end what came of an order whose answer was never read."""

    def withdraw(self, order: Order) -> None:
        """Cancel every job of this order that is not over."""
        ...


#: Makes the client for a pod, by its contract.
Connect: TypeAlias = Callable[[Pod], Client]

#: Why a pod failed: `unreachable`, `refused` (our key or token), `busy`, `lost` (it forgot the
#: job), `answer` (it said what nobody understands), `job` (the job itself failed there),
#: `slow` (it took longer than it may).
Reason: TypeAlias = Literal["unreachable", "refused", "busy", "lost", "answer", "job", "slow"]


def shown(text: str) -> str:
    """A text of a pod, fit to be passed on to people."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text[:TEXT_LENGTH])
    return plain.strip()


def pod_failure(pod: Pod, reason: Reason, message: str) -> PodFailure:
    """The failure of a pod, with its name in front."""
    return PodFailure(f"The pod {pod.name} {message}", details={"pod": pod.name, "reason": reason})
