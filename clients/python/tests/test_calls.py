"""What each method sends, and how it reads the answer; sync and async alike."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest
from fake import Reply, scores, serve

from assay_client import AsyncClient, Client, UnexpectedReply, encode_image

RESULT = {"reward": 0.5, "status": "ok", "tokens": 3, "truncated": False}
PROVENANCE = {
    "provenance": {
        "models": {"m": {"sha256": "a", "dtype": "f32", "template": "raw", "calibration": [0.0, 1]}},
        "engine": "0.1.0",
    },
    "usage": {"samples": 1, "tokens": 3, "cached": 0, "queue_ms": 0, "work_ms": 1.5},
}

CALLS: list[tuple[str, list[Any], dict[str, Any], str, dict[str, Any] | None, dict[str, Any], Any]] = [
    (
        "score",
        ["helpful", [{"prompt": "p", "completion": "c"}, {"prompt": "p"}]],
        {"on_miss": 0.0, "detail": "components", "deadline_ms": 500, "state": {}},
        "POST /v1/score",
        {
            "pipeline": "helpful",
            "samples": [{"prompt": "p", "completion": "c"}, {"prompt": "p"}],
            "on_miss": 0.0,
            "detail": "components",
            "deadline_ms": 500,
            "state": {},
        },
        scores(0.5, None, state={"scaled": {"count": 1}}),
        lambda answer: (
            (
                answer.rewards,
                [result.status for result in answer.results],
                answer.usage.tokens,
                answer.state,
            )
            == ([0.5, None], ["ok", "missing_field"], 6, {"scaled": {"count": 1}})
        ),
    ),
    (
        "compare",
        [
            {"output": "a", "nodes": {"a": {"kind": "constant"}}},
            [{"prompt": "p", "chosen": "c", "rejected": "r"}],
        ],
        {},
        "POST /v1/compare",
        {
            "pipeline": {"output": "a", "nodes": {"a": {"kind": "constant"}}},
            "pairs": [{"prompt": "p", "chosen": "c", "rejected": "r"}],
        },
        {
            "pipeline": "",
            "version": "v",
            "results": [
                {
                    "margin": 1,
                    "probability": 0.73,
                    "chosen_reward": 2.0,
                    "rejected_reward": 1.0,
                    "members": {"rm.a": 1.5, "rm.b": None},
                    "strength": {"mean": 0.5, "std": 0.1, "vote": 1.0},
                    "status": "ok",
                }
            ],
            "summary": {"pairs": 1, "compared": 1, "accuracy": 1.0, "mean_margin": 1.0},
            **PROVENANCE,
        },
        lambda answer: (
            (
                answer.results[0].margin,
                answer.results[0].members,
                answer.results[0].strength.vote,
                answer.summary.accuracy,
                answer.provenance.models["m"].calibration,
            )
            == (1.0, {"rm.a": 1.5, "rm.b": None}, 1.0, 1.0, [0.0, 1.0])
        ),
    ),
    (
        "select",
        ["helpful", ["a", "b"], {"prompt": "p", "answer": "42"}],
        {"top": 2},
        "POST /v1/select",
        {"pipeline": "helpful", "completions": ["a", "b"], "prompt": "p", "answer": "42", "top": 2},
        {
            "pipeline": "helpful",
            "version": "v",
            "best": 1,
            "selected": [1, 0],
            "ranking": [1, 0],
            "rewards": [0.1, 0.5],
            "kl_upper_bound": 0.19,
            "results": [RESULT, RESULT],
            **PROVENANCE,
        },
        lambda answer: (answer.best, answer.selected, answer.rewards) == (1, [1, 0], [0.1, 0.5]),
    ),
    (
        "apply",
        ["wco", [[1.0, None], [2.0, 0.0]]],
        {"params": {"min_members": 1}, "groups": ["a", "a"]},
        "POST /v1/nodes/wco/apply",
        {"params": {"min_members": 1}, "inputs": [[1.0, None], [2.0, 0.0]], "groups": ["a", "a"]},
        {"output": [1.0, None], "misses": {"1": "invalid_input: the input is null"}},
        lambda answer: (
            (answer.output, answer.misses, answer.state)
            == ([1.0, None], {"1": "invalid_input: the input is null"}, None)
        ),
    ),
    (
        "verify_math",
        [[{"id": "a", "completion": "\\boxed{72}", "answer": ["72", "72.0"]}]],
        {"policy": "default"},
        "POST /v1/verify/math",
        {"items": [{"id": "a", "completion": "\\boxed{72}", "answer": ["72", "72.0"]}], "policy": "default"},
        {
            "policy": "default@1",
            "results": [
                {
                    "id": "a",
                    "verdict": "correct",
                    "correct": True,
                    "extracted": "72",
                    "answer_canonical": "72",
                    "gold_canonical": "72",
                    "method": "rational",
                    "fuel": 12,
                },
                {"verdict": "undecided", "correct": None},
            ],
        },
        lambda answer: (
            (answer.policy, [result.correct for result in answer.results], answer.results[0].fuel)
            == ("default@1", [True, None], 12)
        ),
    ),
    (
        "verify_code",
        [[{"code": "print(1)", "tests": {"mode": "stdio", "cases": [{"stdin": "", "stdout": "1"}]}}]],
        {"scoring": "all", "stop": "first_failure"},
        "POST /v1/verify/code",
        {
            "items": [{"code": "print(1)", "tests": {"mode": "stdio", "cases": [{"stdin": "", "stdout": "1"}]}}],
            "scoring": "all",
            "stop": "first_failure",
        },
        {
            "results": [
                {
                    "score": 1,
                    "status": "ok",
                    "all_pass": True,
                    "passed": 1,
                    "total": 1,
                    "verdict": "OK",
                    "tests": [{"verdict": "OK", "cpu_ms": 3, "wall_ms": 4.5, "exit": 0, "signal": None}],
                    "isolation": {"net": "none"},
                    "queue_ms": 0.1,
                    "cached": False,
                },
                {"score": None, "status": "sandbox_error", "tests": []},
            ]
        },
        lambda answer: (
            (
                [result.score for result in answer.results],
                answer.results[0].tests[0].wall_ms,
                answer.results[0].isolation,
                answer.results[1].status,
            )
            == ([1.0, None], 4.5, {"net": "none"}, "sandbox_error")
        ),
    ),
    (
        "clip_score",
        ["tiny-clip"],
        {"images": ["aGk=", "aGk="], "texts": ["a cat"], "metric": "cosine"},
        "POST /v1/clip/score",
        {"model": "tiny-clip", "images": ["aGk=", "aGk="], "texts": ["a cat"], "metric": "cosine"},
        {"scores": [[0.25], [None]], "results": [{"status": "ok"}, {"status": "invalid_input"}]},
        lambda answer: (answer.scores, answer.results[1].status) == ([[0.25], [None]], "invalid_input"),
    ),
    (
        "models",
        [],
        {},
        "GET /v1/models",
        None,
        {
            "object": "list",
            "data": [
                {
                    "id": "m",
                    "object": "model",
                    "sha256": "a",
                    "dtype": "f32",
                    "template": "raw",
                    "device": "cpu",
                    "max_tokens": 256,
                    "stats": {"batches": 1, "busy_s": 0.5},
                }
            ],
        },
        lambda answer: (answer[0].id, answer[0].max_tokens, answer[0].stats["busy_s"]) == ("m", 256, 0.5),
    ),
]


@pytest.mark.parametrize("call", CALLS, ids=[call[0] for call in CALLS])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_call(call: tuple[Any, ...], kind: str) -> None:
    method, args, named, route, body, answer, holds = call
    with serve(Reply(answer)) as service:
        if kind == "sync":
            with Client(service.url, api_key="k") as client:
                read = getattr(client, method)(*args, **named)
        else:
            read = asyncio.run(_awaited(service.url, method, args, named))
        (seen,) = service.seen
    assert f"{seen.method} {seen.path}" == route
    assert seen.body == body
    assert seen.headers["authorization"] == "Bearer k"
    assert ("idempotency-key" in seen.headers) == (method == "score")
    assert holds(read)


async def _awaited(url: str, method: str, args: list[Any], named: dict[str, Any]) -> Any:
    async with AsyncClient(url, api_key="k") as client:
        return await getattr(client, method)(*args, **named)


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[inspect.Parameter]]:
        public = {name: method for name, method in vars(kind).items() if callable(method) and name[0] != "_"}
        return {
            name.replace("aclose", "close"): list(inspect.signature(method).parameters.values())
            for name, method in public.items()
        }

    assert methods(Client) == methods(AsyncClient)


def test_one_connection_serves_many_calls() -> None:
    with serve(Reply(scores(1.0))) as service, Client(service.url) as client:
        for _ in range(5):
            client.score("helpful", [{"completion": "c"}])
        assert len({seen.port for seen in service.seen}) == 1


def test_a_burst_waits_for_its_connections() -> None:
    async def burst(url: str) -> list[float | None]:
        async with AsyncClient(url, max_connections=4) as client:
            answers = await asyncio.gather(*(client.score("helpful", [{"completion": "c"}]) for _ in range(100)))
        return [answer.rewards[0] for answer in answers]

    with serve(Reply(scores(1.0))) as service:
        assert asyncio.run(burst(service.url)) == [1.0] * 100
        assert len({seen.port for seen in service.seen}) <= 4


def test_the_address_and_the_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Reply({"object": "list", "data": []})) as service:
        monkeypatch.setenv("ASSAY_URL", service.url)
        monkeypatch.setenv("ASSAY_API_KEY", "secret")
        with Client() as client:
            assert client.models() == []
        assert service.seen[0].headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"rewards": "none"}, "/rewards"),
        ({"rewards": [True]}, "/rewards/0"),
        ({"version": None}, "/version"),
        ({"results": [{"reward": 1.0}]}, "/results/0"),
    ],
)
def test_an_answer_of_another_shape_is_refused(change: dict[str, Any], where: str) -> None:
    with serve(Reply({**scores(1.0), **change})) as service, Client(service.url) as client:
        with pytest.raises(UnexpectedReply, match=where):
            client.score("helpful", [{"completion": "c"}])


def test_fields_of_a_later_service_are_ignored() -> None:
    with serve(Reply(scores(1.0, novelty={"a": 1}))) as service, Client(service.url) as client:
        assert client.score("helpful", [{"completion": "c"}]).rewards == [1.0]


@pytest.mark.parametrize("named", [{}, {"images": ["aGk="]}, {"items": [], "images": [], "texts": []}])
def test_clip_takes_pairs_or_both_lists(named: dict[str, Any]) -> None:
    with Client() as client, pytest.raises(ValueError, match="items"):
        client.clip_score("tiny-clip", **named)


def test_an_image_goes_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    assert encode_image(path) == encode_image(b"\x89PNG") == "iVBORw=="
