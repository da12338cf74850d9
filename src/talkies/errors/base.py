"""What every error of ours has: a code, a status, a next step."""

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

Detail: TypeAlias = str | int | float | bool | list[str] | list[float] | list[dict[str, str]] | None


class TalkiesError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "INTERNAL"
    #: HTTP status of the answer that carries this error.
    status: ClassVar[int] = 500
    #: Exit status of a command that ends with this error.
    exit_status: ClassVar[int] = 1
    #: Whether the same request may succeed later, unchanged.
    retryable: ClassVar[bool] = False
    #: The next step, where an instance gives none of its own.
    default_hint: ClassVar[str] = ""

    def __init__(
        self,
        message: str = "",
        *,
        hint: str = "",
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        self.message = message or (self.__class__.__doc__ or "").splitlines()[0]
        self.hint = hint or self.default_hint
        self.details: dict[str, Detail] = dict(details or {})
        super().__init__(self.message)
