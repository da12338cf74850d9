"""The model that plans emotions for commands and the Python API, as the settings name it."""

from collections.abc import Iterator
from contextlib import contextmanager

from talkies.errors import Misconfigured, MissingDependency
from talkies.studio.timelines.saving import Planner


@contextmanager
def planner() -> Iterator[Planner]:
    """What asks the model, while the block runs.

    Raises:
        Misconfigured: no model is set.
        MissingDependency: what asks over the network is not installed.
    """
    try:
        from talkies.settings import load  # noqa: PLC0415 - an extra
        from talkies.studio.timelines.emotion_model import EmotionModel  # noqa: PLC0415 - the same
        from talkies.wiring.characters import model_client, model_service  # noqa: PLC0415 - the same
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("talkies"):
            raise
        raise MissingDependency(
            f"Asking a model needs {error.name}, which is not installed.",
            hint="pip install 'talkies[serve]', or leave the emotions to the rules.",
            details={"module": error.name},
        ) from error
    service = model_service(load())
    if service is None:
        raise Misconfigured(
            "No model is set that could plan emotions.",
            hint="Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own; or leave the "
            "emotions to the rules.",
        )
    client = model_client(service)
    try:
        yield EmotionModel(client, service).plan
    finally:
        client.close()
