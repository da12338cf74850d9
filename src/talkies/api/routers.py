"""Every router of the API: add one here, and it is served and described."""

from typing import Final

from fastapi import APIRouter

#: One a resource; their order is the order of the documentation.
ROUTERS: Final[tuple[APIRouter, ...]] = ()
