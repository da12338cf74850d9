"""What every request for a job may carry of its caller."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from talkies.api.models import Body
from talkies.errors import Forbidden
from talkies.jobs.records import Priority
from talkies.studio.access.principal import Principal


def _callers_last(schema: dict[str, Any]) -> None:
    """What is asked for goes before who asks, in the API's description."""
    properties = schema["properties"]
    for name in JobBody.model_fields:
        properties[name] = properties.pop(name)


class JobBody(Body):
    """The fields that every job keeps of its caller."""

    model_config = ConfigDict(json_schema_extra=_callers_last)

    deadline_seconds: float | None = Field(
        default=None, description="Fail with DEADLINE_EXCEEDED where it takes longer."
    )
    priority: Literal["high", "normal", "low"] = Field(
        default="normal", description="`high` needs the scope `admin`."
    )
    user_id: str | None = Field(default=None, max_length=200, examples=["user-17"])
    external_id: str | None = Field(
        default=None, max_length=200, description="Your own name of it, once for each key."
    )
    webhook_url: str | None = Field(default=None, max_length=8_000)
    webhook_events: list[str] | None = Field(default=None, examples=[["job.succeeded"]])
    metadata: dict[str, Any] = Field(default_factory=dict, examples=[{"order": "4711"}])

    def callers(self, who: Principal) -> dict[str, Any]:
        """These fields as a submission takes them; raises `Forbidden`."""
        if self.priority == "high" and not who.is_admin:
            raise Forbidden("Only a key with the scope `admin` may give a high priority.")
        plain = {name: getattr(self, name) for name in JobBody.model_fields}
        events = self.webhook_events
        return {
            **plain,
            "priority": Priority[self.priority.upper()],
            "webhook_events": None if events is None else tuple(events),
        }
