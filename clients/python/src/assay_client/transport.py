"""What both clients do with HTTP: settings in, requests out, answers and failures back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from .calls import Call
from .errors import AssayError, ProblemError, UnexpectedReply, Unreachable
from .retry import Outcome, Retry, outcome_of
from .wire import read

T = TypeVar("T")

# Beyond a request's own deadline: what the answer needs to travel.
TRAVEL_S = 10.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt."""

    error: AssayError
    outcome: Outcome
    after_s: float = 0.0
    """The service's `Retry-After`."""


def settings(url: str | None, api_key: str | None, max_connections: int, timeout_s: float) -> dict[str, Any]:
    """The arguments of an `httpx` client. Unset: `ASSAY_URL`, `ASSAY_API_KEY`."""
    key = api_key or os.environ.get("ASSAY_API_KEY")
    return {
        "base_url": url or os.environ.get("ASSAY_URL") or "http://127.0.0.1:8080",
        "headers": {"authorization": f"Bearer {key}"} if key else {},
        # Waiting for a free connection is no failure, however long a burst lasts.
        "timeout": httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0), pool=None),
        "limits": httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
    }


def arguments(call: Call[Any], timeout_s: float) -> dict[str, Any]:
    """The arguments of a request."""
    given: dict[str, Any] = {"method": call.method, "url": call.path}
    if call.body is not None:
        given["json"] = call.body
    if call.key is not None:
        given["headers"] = {"idempotency-key": call.key}
    if call.deadline_s:
        limit = max(timeout_s, call.deadline_s + TRAVEL_S)
        given["timeout"] = httpx.Timeout(limit, connect=min(limit, 10.0), pool=None)
    return given


def answer(call: Call[T], response: httpx.Response) -> T | Failure:
    """What a response means."""
    if response.is_success:
        try:
            return read(call.reply, response.json())
        except ValueError as error:
            raise UnexpectedReply(f"{call.path}: not JSON") from error
    return Failure(_problem(response), outcome_of(response.status_code), _retry_after(response))


def lost(call: Call[Any], error: httpx.TransportError) -> Failure:
    """What a missing response means: without a connection, nothing was done."""
    nothing = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
    outcome = Outcome.NOTHING_DONE if nothing else Outcome.UNKNOWN
    if isinstance(error, httpx.UnsupportedProtocol):
        outcome = Outcome.FINAL
    message = f"{call.method} {call.path}: {type(error).__name__} {error}".rstrip()
    return Failure(Unreachable(message), outcome)


def pause(call: Call[Any], failure: Failure, attempt: int, retry: Retry) -> float:
    """Seconds until the next attempt; raises the failure when there is none."""
    delay = retry.delay(attempt, failure.outcome, repeatable=call.repeatable, after_s=failure.after_s)
    if delay is None:
        raise failure.error
    return delay


def _problem(response: httpx.Response) -> AssayError:
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and "code" in body:
        return ProblemError(response.status_code, body)
    # A proxy's page, say.
    return ProblemError(response.status_code, {"title": response.reason_phrase})


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("retry-after", "")
    # The other form, a date, is not one that the service sends.
    return float(value) if value.isdecimal() else 0.0
