"""What a route reads of the request around it: its id, the services, the one who asks."""

import re
from typing import Annotated, Any, Final, TypeAlias, cast
from urllib.parse import SplitResult, urlsplit

from fastapi import Depends, Request
from starlette.types import Scope

from talkies.api.live import Live
from talkies.api.services import Services
from talkies.kit.ids import new_id

#: An id that a caller may give: as long as the audit log's column, and harmless in a log.
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def accepted_request_id(given: str | None) -> str:
    """The caller's id where it is one, else a new one."""
    return given if given and REQUEST_ID.fullmatch(given) else new_id("req")


def parts_of(address: str) -> SplitResult:
    """The parts of an address that a stranger wrote; one that cannot be read has none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def state_of(scope: Scope) -> dict[str, Any]:
    """What middleware, dependencies and error handlers tell each other about one request."""
    return cast("dict[str, Any]", scope.setdefault("state", {}))


def request_id_of(request: Request) -> str:
    return str(state_of(request.scope).get("request_id", ""))


def services_of(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def live_of(request: Request) -> Live:
    return cast("Live", request.app.state.live)


#: `services: ServicesDep` in a route.
ServicesDep: TypeAlias = Annotated[Services, Depends(services_of)]
#: `live: LiveDep` in a route.
LiveDep: TypeAlias = Annotated[Live, Depends(live_of)]
#: `request_id: RequestId` in a route.
RequestId: TypeAlias = Annotated[str, Depends(request_id_of)]
