"""The models that may help commands and the Python API, as the settings name them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from talkies.errors import Misconfigured, MissingDependency
from talkies.rigs.building.painting import EndpointPainter
from talkies.studio.timelines.create import Planner

if TYPE_CHECKING:
    from talkies.net.client import GuardedClient
    from talkies.studio.model_service import ModelService


@contextmanager
def planner() -> Iterator[Planner]:
    """What plans emotions, while the block runs. Raises as `_service`."""
    with _service("plan emotions", "leave the emotions to the rules") as (client, service):
        from talkies.studio.timelines.emotion_model import EmotionModel  # noqa: PLC0415 - an extra

        yield EmotionModel(client, service).plan


@contextmanager
def painter() -> Iterator[EndpointPainter]:
    """Who paints expressions, while the block runs. Raises as `_service`."""
    with _service("paint expressions", "build without --image-edit") as (client, service):
        from talkies.studio.characters.image_edit import ImageEditPainter  # noqa: PLC0415 - an extra

        yield ImageEditPainter(client, service)


@contextmanager
def _service(does: str, instead: str) -> Iterator["tuple[GuardedClient, ModelService]"]:
    """Who is asked, while the block runs.

    Raises:
        Misconfigured: no service is set.
        MissingDependency: what asks over the network is not installed.
    """
    try:
        from talkies.settings import load  # noqa: PLC0415 - an extra
        from talkies.wiring.model_service import model_client, model_service  # noqa: PLC0415 - the same
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("talkies"):
            raise
        raise MissingDependency(
            f"Asking a model needs {error.name}, which is not installed.",
            hint=f"pip install 'talkies[serve]', or {instead}.",
            details={"module": error.name},
        ) from error
    service = model_service(load())
    if service is None:
        raise Misconfigured(
            f"No model is set that could {does}.",
            hint=f"Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own; or {instead}.",
        )
    client = model_client(service)
    try:
        yield client, service
    finally:
        client.close()
