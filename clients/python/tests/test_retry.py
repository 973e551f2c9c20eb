"""The retry rule, alone and over sockets."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from fake import Reply, problem, scores, serve

from assay_client import AsyncClient, Client, ProblemError, Retry, Sample, UnexpectedReply, Unreachable
from assay_client.retry import Outcome, outcome_of

QUICK = Retry(attempts=3, base_s=0.001, cap_s=0.002)
SAMPLE: Sample = {"prompt": "p", "completion": "c"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.FINAL),
        (401, Outcome.FINAL),
        (404, Outcome.FINAL),
        (422, Outcome.FINAL),
        (429, Outcome.FINAL),
        (500, Outcome.FINAL),
        (502, Outcome.UNKNOWN),
        (503, Outcome.NOTHING_DONE),
        (504, Outcome.UNKNOWN),
    ],
)
def test_what_a_status_says(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


def test_delays_double_with_jitter_up_to_the_cap() -> None:
    retry = Retry(attempts=9, base_s=1.0, cap_s=4.0)
    for attempt, full in enumerate([1.0, 2.0, 4.0, 4.0]):
        drawn = [retry.delay(attempt, Outcome.NOTHING_DONE, repeatable=False) for _ in range(100)]
        assert all(delay is not None and full / 2 <= delay <= full for delay in drawn)
        assert len(set(drawn)) > 50


def test_delays_respect_retry_after_and_end() -> None:
    retry = Retry(attempts=2, base_s=0.1)
    assert retry.delay(0, Outcome.NOTHING_DONE, repeatable=False, after_s=7.0) == 7.0
    assert retry.delay(1, Outcome.NOTHING_DONE, repeatable=False) is None
    assert retry.delay(0, Outcome.FINAL, repeatable=True) is None
    assert retry.delay(0, Outcome.UNKNOWN, repeatable=False) is None
    assert retry.delay(0, Outcome.UNKNOWN, repeatable=True) is not None


@pytest.mark.parametrize(
    "first", [problem(503, "overloaded"), problem(504, "timed_out"), Reply("gateway", 502), Reply(None)]
)
def test_score_is_sent_again_with_the_same_key(first: Reply) -> None:
    with serve(first, first, Reply(scores(0.5))) as service, Client(service.url, retry=QUICK) as client:
        assert client.score("helpful", [SAMPLE]).rewards == [0.5]
    keys = [seen.headers["idempotency-key"] for seen in service.seen]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert service.seen[0].body == service.seen[2].body


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429, 500])
def test_other_refusals_are_final(status: int) -> None:
    errors = [{"pointer": "/samples/0", "detail": "no"}]
    refusal = problem(status, "invalid", detail="why", errors=errors)
    with serve(refusal) as service, Client(service.url, retry=QUICK) as client:
        with pytest.raises(ProblemError) as caught:
            client.score("helpful", [SAMPLE])
        assert len(service.seen) == 1
    error = caught.value
    assert (error.status, error.code, error.detail, error.retryable) == (status, "invalid", "why", False)
    assert (error.errors[0].pointer, error.errors[0].detail) == ("/samples/0", "no")
    assert str(error) == f"{status} invalid: why (/samples/0: no)"


def test_what_may_count_twice_is_sent_again_only_when_nothing_was_done() -> None:
    answer = {
        **scores(),
        "results": [],
        "summary": {"pairs": 0, "compared": 0, "accuracy": None, "mean_margin": None},
    }
    with serve(problem(503, "overloaded"), Reply(answer)) as service, Client(service.url, retry=QUICK) as client:
        assert client.compare("helpful", []).summary.accuracy is None
        assert len(service.seen) == 2
    for unknown in (Reply(None), problem(504, "timed_out")):
        with serve(unknown) as service, Client(service.url, retry=QUICK) as client:
            with pytest.raises((Unreachable, ProblemError)):
                client.compare("helpful", [])
            assert len(service.seen) == 1


def test_gives_up_with_the_last_failure() -> None:
    with serve(problem(503, "overloaded")) as service, Client(service.url, retry=QUICK) as client:
        with pytest.raises(ProblemError) as caught:
            client.models()
        assert len(service.seen) == 3
    assert caught.value.retryable


def test_waits_as_long_as_the_service_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    busy = problem(503, "overloaded")
    busy.headers["retry-after"] = "7"
    with serve(busy, Reply(scores(1.0))) as service, Client(service.url, retry=QUICK) as client:
        client.score("helpful", [SAMPLE])
    assert waited == [7.0]


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with Client(url, retry=QUICK) as client, pytest.raises(Unreachable, match="ConnectError"):
            client.models()


def test_nobody_answers_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(url, timeout_s=0.05, retry=Retry(attempts=1)) as client:
            with pytest.raises(Unreachable, match="ReadTimeout"):
                client.models()


def test_a_page_is_no_answer() -> None:
    with serve(Reply(b"<html>")) as service, Client(service.url) as client:
        with pytest.raises(UnexpectedReply, match="not JSON"):
            client.models()
    with serve(Reply(b"<html>", 404)) as service, Client(service.url) as client:
        with pytest.raises(ProblemError, match="404 unknown: Not Found"):
            client.models()


def test_the_async_client_has_the_same_rule() -> None:
    async def run(url: str) -> list[float | None]:
        async with AsyncClient(url, retry=QUICK) as client:
            return (await client.score("helpful", [SAMPLE])).rewards

    with serve(problem(503, "overloaded"), Reply(None), Reply(scores(0.25))) as service:
        assert asyncio.run(run(service.url)) == [0.25]
        assert len({seen.headers["idempotency-key"] for seen in service.seen}) == 1
    with serve(problem(422, "invalid")) as service, pytest.raises(ProblemError):
        asyncio.run(run(service.url))
