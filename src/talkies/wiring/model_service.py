"""The service of models that the settings name, and a client that asks it and nobody else."""

from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy, read_url
from talkies.net.resolver import SystemResolver
from talkies.settings import Settings
from talkies.studio.model_service import ModelService
from talkies.wiring.foundation import AGENT


def model_service(settings: Settings) -> ModelService | None:
    """The service of models; None where nothing was said of one.

    A key is enough, and so is another address than OpenAI's: one at home asks for no key.
    """
    key = settings.openai_api_key
    known = type(settings).model_fields["openai_base_url"].default
    if key is None and settings.openai_base_url == known:
        return None
    return ModelService(
        base_url=settings.openai_base_url.rstrip("/"),
        key=None if key is None else key.get_secret_value(),
        emotion_model=settings.emotion_model,
        image_model=settings.image_edit_model,
    )


def model_client(service: ModelService) -> GuardedClient:
    """A client that contacts this service and nobody else; the operator named it, so it is safe."""
    base = read_url(service.base_url)
    policy = AddressPolicy(
        allow_schemes=frozenset({base.scheme}),
        allow_hosts=(base.host,),
        allow_ports=frozenset({base.port}),
        allow_private=True,
    )
    return GuardedClient(policy, SystemResolver(), agent=AGENT)
