"""Large batches: where they are cut, and that nothing else changes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake import Reply, scores, serve

from assay_client import AssayError, AsyncClient, Client, Sample
from assay_client.split import cut


def pipelines(scope: str) -> Reply:
    entry = {"name": "helpful", "version": "v", "scope": scope, "stateful": [], "spec": {}}
    return Reply({"pipelines": [entry]})


def samples(*prompts: str) -> list[Sample]:
    return [{"prompt": prompt, "completion": str(index)} for index, prompt in enumerate(prompts)]


def test_samples_are_cut_anywhere() -> None:
    assert cut(samples(*"aaaaa"), "sample", 2) == [[0, 1], [2, 3], [4]]
    assert cut(samples(*"aa"), "sample", 2) == [[0, 1]]


def test_groups_stay_whole_and_are_packed() -> None:
    assert cut(samples(*"abababcd"), "group", 4) == [[0, 2, 4], [1, 3, 5, 6], [7]]
    assert cut(samples(*"aaab"), "group", 2) == [[0, 1, 2], [3]]


def test_a_group_is_what_the_service_takes_for_one() -> None:
    told: list[Sample] = [
        {"group": "g", "prompt": "a"},
        {"messages": [{"role": "user", "content": "a"}]},
        {"group": "g", "prompt": "b"},
        {"prompt": "a", "images": ["x"]},
        {"messages": [{"role": "user", "content": "a"}], "images": []},
        {"prompt": "a"},
    ]
    assert cut(told, "group", 1) == [[0, 2], [1, 4], [3], [5]]


@pytest.mark.parametrize("scope", ["batch", "run", "of a later service"])
def test_what_depends_on_the_batch_is_not_cut(scope: str) -> None:
    assert cut(samples(*"abc"), scope, 1) == [[0, 1, 2]]


def test_parts_come_back_in_order_under_keys_of_their_own() -> None:
    script = [pipelines("group"), Reply(scores(1.0, 3.0)), Reply(scores(2.0, None))]
    with serve(*script) as service, Client(service.url, max_batch=2) as client:
        answer = client.score("helpful", samples(*"abab"), idempotency_key="k")
    assert answer.rewards == [1.0, 2.0, 3.0, None]
    assert [result.reward for result in answer.results] == [1.0, 2.0, 3.0, None]
    assert (answer.usage.samples, answer.usage.tokens, answer.usage.work_ms) == (4, 12, 2.0)
    sent = service.seen[1:]
    assert [[sample["completion"] for sample in seen.body["samples"]] for seen in sent] == [["0", "2"], ["1", "3"]]
    assert [seen.headers["idempotency-key"] for seen in sent] == ["k/0", "k/1"]


def test_async_parts_come_back_in_order() -> None:
    async def run(url: str) -> list[float | None]:
        async with AsyncClient(url, max_batch=1, max_connections=1) as client:
            return (await client.score("helpful", samples(*"abc"))).rewards

    with serve(pipelines("sample"), Reply(scores(0.0)), Reply(scores(1.0)), Reply(scores(2.0))) as service:
        rewards = asyncio.run(run(service.url))
        completions = [seen.body["samples"][0]["completion"] for seen in service.seen[1:]]
    # Parts may overtake each other on the way; each one's reward is at its sample's place all the same.
    assert [rewards[int(completion)] for completion in completions] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("pipeline", "more"),
    [("helpful", {"state": {}}), ({"output": "a", "nodes": {}}, {}), ("unknown", {})],
    ids=["state of one's own", "inline", "unknown"],
)
def test_what_must_not_or_may_not_be_cut_goes_whole(pipeline: Any, more: dict[str, Any]) -> None:
    listing = [pipelines("sample")] if pipeline == "unknown" else []
    with serve(*listing, Reply(scores(1.0, 2.0))) as service, Client(service.url, max_batch=1) as client:
        assert client.score(pipeline, samples(*"ab"), **more).rewards == [1.0, 2.0]
    assert len(service.seen[-1].body["samples"]) == 2


def test_a_pipeline_that_changed_meanwhile_is_an_error() -> None:
    script = [pipelines("sample"), Reply(scores(1.0)), Reply(scores(2.0, version="sha256:2"))]
    with serve(*script) as service, Client(service.url, max_batch=1) as client:
        with pytest.raises(AssayError, match="replaced"):
            client.score("helpful", samples(*"ab"))


def test_nothing_to_score_is_a_legal_question() -> None:
    with serve(Reply(scores())) as service, Client(service.url) as client:
        assert client.score("helpful", []).rewards == []
