"""What can go wrong. A sample that cannot be scored is no error: its reward is `None`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class AssayError(Exception):
    """Any failure of a call."""


class Unreachable(AssayError):  # noqa: N818 - it is a state of the service
    """No answer came: no connection, a broken one, or the time was up. Retries are over by then."""


class UnexpectedReply(AssayError):  # noqa: N818 - as above
    """An answer came that is not the service's: another server, a proxy, or another version."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with the request, and where."""

    pointer: str
    """JSON pointer into the request."""
    detail: str


class ProblemError(AssayError):
    """The service refused or failed the call as a whole, and says why (RFC 9457)."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        """The HTTP status."""
        self.code = str(body.get("code", "unknown"))
        """What went wrong, for programs: `invalid`, `not_found`, `overloaded`, ..."""
        self.detail = str(body.get("detail") or body.get("title") or "")
        """What went wrong, for people."""
        self.retryable = bool(body.get("retryable", False))
        """Whether the same request may succeed later."""
        self.errors = [
            FieldError(str(error.get("pointer", "")), str(error.get("detail", "")))
            for error in body.get("errors") or []
        ]
        """The places in the request, when it is the request's fault."""
        super().__init__(f"{status} {self.code}: {self.detail}{self._where()}")

    def _where(self) -> str:
        # The service says some first places in `detail` itself.
        if not self.errors or self.errors[0].detail in self.detail:
            return ""
        return f" ({self.errors[0].pointer}: {self.errors[0].detail})"
