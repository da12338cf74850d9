"""Opens the way to the model hub, or to a mirror of it, and to everybody's release files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from talkies.errors import MissingDependency
from talkies.net.guard import AddressPolicy
from talkies.net.resolver import SystemResolver
from talkies.weights.patience import Patience
from talkies.weights.sources import ENDPOINT

try:
    from talkies.net.client import GuardedClient
    from talkies.weights.hub import Hub
    from talkies.weights.pull import Puller, free_bytes
except ModuleNotFoundError as error:
    if (error.name or "").startswith("talkies"):
        raise
    raise MissingDependency(
        f"Weights are downloaded with {error.name}, which is not installed.",
        hint="pip install 'talkies[engines]'",
        details={"module": error.name},
    ) from error


@contextmanager
def open_puller(
    endpoint: str = ENDPOINT,
    token: str | None = None,
    patience: Patience | None = None,
    *,
    free: Callable[[Path], int] = free_bytes,
) -> Iterator[Puller]:
    """A puller, and the connections of it while the block runs.

    `endpoint` is the hub's base URL. A mirror may lie in a private network, and where its URL
    begins with `http://` that is spoken; the hub itself and its CDN may not, whatever they
    redirect to. `token` goes to the endpoint's host only.
    """
    client = GuardedClient(_policy(endpoint), SystemResolver())
    try:
        yield Puller(Hub(endpoint, token), client, patience, free=free)
    finally:
        client.close()


def _policy(endpoint: str) -> AddressPolicy:
    is_mirror = endpoint.rstrip("/") != ENDPOINT
    plain = {"http"} if is_mirror and urlsplit(endpoint).scheme == "http" else set()
    return AddressPolicy(allow_schemes=frozenset({"https", *plain}), allow_private=is_mirror)
