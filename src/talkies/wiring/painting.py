"""The painter of expressions for commands, as the settings name it."""

from collections.abc import Iterator
from contextlib import contextmanager

from talkies.errors import Misconfigured, MissingDependency
from talkies.rigs.building.painting import EndpointPainter


@contextmanager
def painter() -> Iterator[EndpointPainter]:
    """Who paints, while the block runs.

    Raises:
        Misconfigured: no service is set.
        MissingDependency: what asks over the network is not installed.
    """
    try:
        from talkies.settings import load  # noqa: PLC0415 - an extra
        from talkies.studio.characters.image_edit import ImageEditPainter  # noqa: PLC0415 - the same
        from talkies.wiring.characters import model_client, model_service  # noqa: PLC0415 - the same
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("talkies"):
            raise
        raise MissingDependency(
            f"Asking a painter needs {error.name}, which is not installed.",
            hint="pip install 'talkies[serve]', or build without --image-edit.",
            details={"module": error.name},
        ) from error
    service = model_service(load())
    if service is None:
        raise Misconfigured(
            "No service is set that could paint expressions.",
            hint="Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own; or build "
            "without --image-edit.",
        )
    client = model_client(service)
    try:
        yield ImageEditPainter(client, service)
    finally:
        client.close()
