"""Addresses that an answer names: absolute, as the caller reaches this server."""

from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from talkies.api.requests import ServicesDep


class Links:
    """Makes paths of this server absolute."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")

    def to(self, path: str) -> str:
        """The address of a path of ours; other addresses stay as they are."""
        return f"{self._base}{path}" if path.startswith("/") else path


def links(request: Request, services: ServicesDep) -> Links:
    """Links by the configured public address, else by the one that was asked."""
    return Links(services.http.public_url or str(request.base_url))


#: `links: LinksDep` in a route.
LinksDep: TypeAlias = Annotated[Links, Depends(links)]
