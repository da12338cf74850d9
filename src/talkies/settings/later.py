"""Settings that are read and checked, and that no part uses yet: the web."""

from typing import Annotated

from pydantic import BaseModel

from talkies.settings.about import LATER, About


class Web(BaseModel):
    """Web pages."""

    vite_api_base_url: Annotated[
        str | None,
        About(meaning="Address of the API, for the studio's build.", seeds="S24", used_by=LATER),
    ] = None
    next_public_avatar_stream_base: Annotated[
        str | None,
        About(meaning="Address that a web page streams from.", seeds="S17", used_by=LATER),
    ] = None
