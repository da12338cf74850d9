"""The service whose models may help: one that speaks OpenAI's protocol."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelService:
    """Where it is, who we are there, and which of its models we use."""

    #: Without a slash at its end: `https://api.openai.com/v1`.
    base_url: str
    #: None where it asks for none, as one on this machine.
    key: str | None = field(default=None, repr=False)
    #: Plans emotions.
    emotion_model: str
    #: Paints expressions.
    image_model: str
