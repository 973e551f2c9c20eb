"""The retry rule, as a pure function of what happened.

1. *Nothing was done* (no connection could be made; 503): the call is sent again.
2. *It is not known* whether something was done (the connection broke, the time was up; 502, 504): the call is
   sent again if that cannot count twice: it changes no state, or it carries an `Idempotency-Key`, by which
   the service knows it again.
3. *Anything else*, every 4xx above all, is final: the same request would fail the same way.

Before the n-th repetition (from 0) the client waits `base_s * 2**n` seconds, at most `cap_s`, times a random
factor between one half and one, so that a thousand workers do not come back at once; and never less than
the service asks for in `Retry-After`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What is known of a failed attempt."""

    NOTHING_DONE = "nothing done"
    UNKNOWN = "unknown"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and how patiently. The default gives up after a minute or so."""

    attempts: int = 8
    """Attempts in all; 1 for no repetition."""
    base_s: float = 0.5
    cap_s: float = 15.0

    def delay(self, attempt: int, outcome: Outcome, *, repeatable: bool, after_s: float = 0.0) -> float | None:
        """Seconds to wait after failed attempt `attempt` (from 0); `None` to give up."""
        again = outcome is Outcome.NOTHING_DONE or (outcome is Outcome.UNKNOWN and repeatable)
        if not again or attempt + 1 >= self.attempts:
            return None
        pause = min(self.cap_s, self.base_s * 2.0**attempt)
        return max(pause * random.uniform(0.5, 1.0), after_s)  # noqa: S311 - jitter, no secret


def outcome_of(status: int) -> Outcome:
    """What a status says about the attempt."""
    known = {502: Outcome.UNKNOWN, 503: Outcome.NOTHING_DONE, 504: Outcome.UNKNOWN}
    return known.get(status, Outcome.FINAL)
