"""The client against the real service; skipped without `ASSAY_BIN`."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from assay_client import AsyncClient, Client, ProblemError, Sample
from assay_client.adapters.trl_reward import rewards

GOOD: Sample = {"prompt": "What is 17 + 25?", "completion": "17 + 25 = 42."}
POOR: Sample = {"prompt": "What is 17 + 25?", "completion": "I cannot help with that."}
LOST: Sample = {"prompt": "What is 17 + 25?"}
RUNNING = {
    "output": "scaled",
    "nodes": {"cost": {"kind": "feature", "name": "cost"}, "scaled": {"kind": "minmax", "inputs": ["cost"]}},
}


def has(service: str, path: str) -> bool:
    """Whether the service documents a route."""
    with urllib.request.urlopen(f"{service}/openapi.json") as answer:  # noqa: S310 - our own address
        return path in json.load(answer)["paths"]


def test_score_with_components_and_a_miss(service: str) -> None:
    with Client(service) as client:
        answer = client.score("helpful", [GOOD, LOST, POOR], detail="components")
    good, lost, poor = answer.results
    assert [result.status for result in answer.results] == ["ok", "missing_field", "ok"]
    assert answer.rewards == [good.reward, None, poor.reward]
    assert good.reward is not None
    assert poor.reward is not None
    assert good.reward > poor.reward
    assert lost.components is not None
    assert set(lost.components.values()) == {None}
    assert good.components is not None
    members = [value for name, value in good.components.items() if name.startswith("rm.") and value is not None]
    mean = sum(members) / len(members)
    variance = sum((value - mean) ** 2 for value in members) / len(members)
    # Coste et al. 2023: the mean less lambda (here one half) times the variance.
    assert good.components["uwo"] == pytest.approx(mean - variance / 2)
    assert good.uncertainty == pytest.approx(variance**0.5)
    assert set(answer.provenance.models) == {f"tiny-rm-{number}" for number in range(5)}
    assert answer.usage.samples == 3


def test_on_miss(service: str) -> None:
    with Client(service) as client:
        answer = client.score("helpful", [LOST], on_miss=-1.0)
        assert (answer.rewards, answer.results[0].imputed) == ([-1.0], True)
        with pytest.raises(ProblemError) as caught:
            client.score("helpful", [GOOD, LOST], on_miss="error")
    assert (caught.value.status, caught.value.code) == (422, "missed")
    assert caught.value.errors[0].pointer == "/samples/1"


def test_states_of_ones_own(service: str) -> None:
    samples: list[Sample] = [{"features": {"cost": 1.0}}, {"features": {"cost": 3.0}}]
    with Client(service, max_batch=1) as client:
        first = client.score(RUNNING, samples, state={})
        again = client.score(RUNNING, [{"features": {"cost": 2.0}}], state=first.state)
    assert again.rewards == [0.5]


def test_large_batches_give_the_same_rewards(service: str) -> None:
    samples: list[Sample] = [{"prompt": f"What is {n} + 1?", "completion": f"{n + 1}."} for n in range(20)]
    with Client(service) as whole, Client(service, max_batch=6) as parts:
        expected = whole.score("helpful", samples).rewards
        assert parts.score("helpful", samples).rewards == pytest.approx(expected, abs=1e-5)

    async def run() -> list[float | None]:
        async with AsyncClient(service, max_batch=6) as client:
            return (await client.score("helpful", samples)).rewards

    assert asyncio.run(run()) == pytest.approx(expected, abs=1e-5)


def test_compare_and_select(service: str) -> None:
    with Client(service) as client:
        pairs = client.compare(
            "helpful",
            [{"prompt": "What is 17 + 25?", "chosen": "17 + 25 = 42.", "rejected": "I cannot help with that."}],
        )
        best = client.select(
            "helpful", ["I cannot help with that.", "17 + 25 = 42."], {"prompt": "What is 17 + 25?"}
        )
    (pair,) = pairs.results
    assert pair.margin is not None
    assert pair.margin > 0
    assert (pairs.summary.accuracy, len(pair.members)) == (1.0, 5)
    assert (best.best, best.selected, best.ranking) == (1, [1], [1, 0])
    # ln 2 - 1/2 nats.
    assert best.kl_upper_bound == pytest.approx(0.193147, abs=1e-6)


def test_apply(service: str) -> None:
    with Client(service) as client:
        # Members 1, 2, 4, 3, 0: mean 2, population variance 2.
        assert client.apply("uwo", [[1], [2], [4], [3], [0]], params={"lambda": 0.5}).output == [1.0]
        applied = client.apply("wco", [[1.0, 3.0], [2.0, None]])
        assert applied.output == [1.0, None]
        assert list(applied.misses) == ["1"]


def test_catalogs(service: str) -> None:
    with Client(service) as client:
        assert {f"tiny-rm-{number}" for number in range(5)} <= {model.id for model in client.models()}
        assert {entry.name: entry.scope for entry in client.pipelines()}["helpful"] == "sample"


@pytest.mark.parametrize(
    ("pipeline", "samples", "status"),
    [("nowhere", [GOOD], 404), ("helpful", [{"pormpt": "p"}], 422), ({"output": "a", "nodes": {}}, [GOOD], 422)],
)
def test_refusals(service: str, pipeline: Any, samples: Any, status: int) -> None:
    with Client(service) as client, pytest.raises(ProblemError) as caught:
        client.score(pipeline, samples)
    assert caught.value.status == status
    assert caught.value.detail


def test_a_key_counts_once_and_for_one_request(service: str) -> None:
    with Client(service) as client:
        first = client.score("helpful", [GOOD], idempotency_key="test_a_key")
        assert client.score("helpful", [GOOD], idempotency_key="test_a_key") == first
        with pytest.raises(ProblemError, match="idempotency key"):
            client.score("helpful", [POOR], idempotency_key="test_a_key")


def test_trl_adapter(service: str) -> None:
    with Client(service) as client:
        reward, member = rewards("helpful", components=["rm.tiny-rm-0"], client=client)
        batch = {"prompts": ["What is 17 + 25?"] * 2, "completions": ["17 + 25 = 42.", "and " * 3000]}
        first, second = reward(**batch), member(**batch)
    assert first[0] is not None
    assert second[0] is not None
    assert first[0] != second[0]
    assert (first[1], second[1]) == (None, None)


def test_verify_math(service: str) -> None:
    if not has(service, "/v1/verify/math"):
        pytest.skip("the service has no math verifier")
    with Client(service) as client:
        answer = client.verify_math(
            [
                {"id": "a", "completion": "So the answer is \\boxed{72}.", "answer": ["72", "72.0"]},
                {"completion": "\\boxed{71}", "answer": "72"},
            ]
        )
    assert [result.correct for result in answer.results] == [True, False]
    assert [result.verdict for result in answer.results] == ["correct", "incorrect"]
    assert answer.results[0].id == "a"


def test_verify_code(service: str) -> None:
    if not has(service, "/v1/verify/code"):
        pytest.skip("the service has no code verifier")
    tests = {"mode": "call", "entry": "f", "cases": [{"args": [1], "expected": 2}, {"args": [2], "expected": 5}]}
    with Client(service) as client:
        answer = client.verify_code([{"id": "a", "code": "def f(x):\n    return x + 1\n", "tests": tests}])
    (result,) = answer.results
    if result.status == "ok":
        assert (result.score, result.passed, result.total) == (0.5, 1, 2)
        assert [test.verdict for test in result.tests] == ["OK", "WA"]
    else:
        # No sandbox where the tests run: then there is no score either.
        assert (result.status, result.score) == ("sandbox_error", None)


def test_clip_score(service: str) -> None:
    if not has(service, "/v1/clip/score"):
        pytest.skip("the service has no CLIP models")
    with Client(service) as client:
        answer = client.clip_score("tiny-clip", images=["not an image"], texts=["a red square"])
    assert answer.scores == [[None]]
    assert answer.results[0].status != "ok"


def test_the_example_learns(
    service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("numpy")
    monkeypatch.setenv("ASSAY_URL", service)
    path = Path(__file__).parents[3] / "examples" / "reinforce.py"
    spec = importlib.util.spec_from_file_location("reinforce", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main()
    means = [float(mean) for mean in re.findall(r"mean reward (\S+)", capsys.readouterr().out)]
    assert len(means) == 5
    assert means[-1] > means[0] + 0.5
