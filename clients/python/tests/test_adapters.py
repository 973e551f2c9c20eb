"""The adapters' own logic, over a scripted service; tests/libraries tries them in the trainers themselves."""

from __future__ import annotations

import asyncio
import io
import math
from typing import Any

import pytest
from fake import Reply, problem, scores, serve

from assay_client import Client, ProblemError, encode_image
from assay_client.adapters import fields
from assay_client.adapters.trl_reward import rewards

CHATML = (
    "<|im_start|>system\nBe brief.<|im_end|>\n"
    "<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n"
    "<|im_start|>assistant\n"
)
LLAMA3 = (
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nWhat is 17 + 25?<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n"
)
GEMMA = "<bos><start_of_turn>user\nWhat is 17 + 25?<end_of_turn>\n<start_of_turn>model\n"
QUESTION = {"role": "user", "content": "What is 17 + 25?"}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (CHATML, [{"role": "system", "content": "Be brief."}, QUESTION]),
        (CHATML + "<think>\n", [{"role": "system", "content": "Be brief."}, QUESTION]),
        (LLAMA3, [QUESTION]),
        (GEMMA, [QUESTION]),
    ],
)
def test_a_templated_prompt_is_read_back(text: str, messages: list[dict[str, str]]) -> None:
    assert fields.read_template(text) == {"messages": messages}


def test_a_plain_prompt_stays_as_it_is() -> None:
    assert fields.read_template("What is 17 + 25?\n") == {"prompt": "What is 17 + 25?\n"}


@pytest.mark.parametrize(
    "end", ["", "<|im_end|>", "<|im_end|>\n<|endoftext|>", "<|eot_id|>", "</s>", "<pad><pad>"]
)
def test_a_completion_loses_its_end_only(end: str) -> None:
    assert fields.without_end("a </s> b" + end) == "a </s> b"


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("42", {"answer": "42"}),
        (42, {"answer": "42"}),
        (["42", 42.0], {"answers": ["42", "42.0"]}),
        ({"tests": {"mode": "assert"}, "answer": None}, {"tests": {"mode": "assert"}}),
        ("", {}),
        (None, {}),
    ],
)
def test_a_label_is_an_answer_or_fields(label: Any, told: dict[str, Any]) -> None:
    assert fields.gold(label) == told


def test_turns_carry_role_and_text_only() -> None:
    blocks = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    assert fields.turns([{"role": "user", "content": blocks, "tool_calls": []}]) == [
        {"role": "user", "content": "a\nb"}
    ]


def test_trl_components_share_a_request_and_a_miss() -> None:
    answer = scores(0.5, None)
    answer["results"][0]["components"] = {"uwo": 0.5, "rm.a": 0.75, "rm.b": None}
    answer["results"][1]["components"] = {"uwo": None, "rm.a": 0.25, "rm.b": 1.0}
    logged: dict[str, Any] = {}
    with serve(Reply(answer)) as service, Client(service.url) as client:
        functions = rewards("helpful", components=["rm.a", "rm.b"], columns={"solution": "answer"}, client=client)
        batch = {
            "prompts": ["p", "q"],
            "completions": [[{"role": "assistant", "content": "c"}], "d"],
            "completion_ids": [[1, 2], [3]],
            "solution": [42, None],
            "images": [None, ["aGk="]],
            "difficulty": [1, 2],
            "trainer_state": object(),
            "log_metric": logged.__setitem__,
            "log_extra": logged.__setitem__,
        }
        assert [function.__name__ for function in functions] == ["helpful", "rm.a", "rm.b"]
        # Where there is no reward there is no component, and the other way round a missing one stays missing.
        assert [function(**batch) for function in functions] == [[0.5, None], [0.75, None], [None, None]]
        assert len(service.seen) == 1
        # The next batch may read the same: it is another one all the same.
        functions[0](**batch)
        assert len(service.seen) == 2
    assert service.seen[0].body == {
        "pipeline": "helpful",
        "detail": "components",
        "samples": [
            {
                "prompt": "p",
                "completion": [{"role": "assistant", "content": "c"}],
                "completion_tokens": 2,
                "answer": "42",
            },
            {"prompt": "q", "completion": "d", "completion_tokens": 1, "images": ["aGk="]},
        ],
    }
    assert logged == {"assay/misses": 0.5, "assay_status": ["ok", "missing_field"]}


def test_trl_names_a_component_that_is_not_there() -> None:
    answer = scores(0.5)
    answer["results"][0]["components"] = {"uwo": 0.5}
    with serve(Reply(answer)) as service, Client(service.url) as client:
        (_, function) = rewards("helpful", components=["rm"], client=client)
        with pytest.raises(KeyError, match=r"no column `rm`; there are uwo"):
            function(prompts=["p"], completions=["c"])


def test_trl_images_go_losslessly() -> None:
    class Picture:
        """As Pillow's."""

        def save(self, file: io.BytesIO, kind: str) -> None:
            file.write(kind.encode())

    with serve(Reply(scores(0.5))) as service, Client(service.url) as client:
        (function,) = rewards("clip", columns={"image": "images"}, client=client)
        function(prompts=["p"], completions=["c"], image=[Picture()])
    assert service.seen[0].body["samples"][0]["images"] == [encode_image(b"PNG")]


def test_openrlhf_finds_the_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from assay_client.adapters.openrlhf_reward import _after, reward_func  # noqa: PLC0415

    assert _after("long " * 100 + "end:", "ng " + "long " * 30 + "end: 42") == " 42"
    with pytest.raises(ValueError, match="does not continue"):
        _after("one prompt", "another prompt 42")
    with serve(Reply(scores(0.5, imputed=True))) as service:
        monkeypatch.setenv("ASSAY_URL", service.url)
        told = reward_func([CHATML + "42.<|im_end|>"], [CHATML], [{"answer": "42"}])
    assert torch.equal(told["rewards"], torch.tensor([0.5]))
    assert list(told["extra_logs"]) == ["miss"]
    (sample,) = service.seen[0].body["samples"]
    assert (sample["completion"], sample["answer"], sample["messages"][-1]) == ("42.", "42", QUESTION)


def test_verl_has_the_same_keys_in_every_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    full, bare = scores(0.5), scores(-1.0)
    full["results"][0].update(components={"uwo": 0.5, "rm": None}, uncertainty=0.25)
    bare["results"][0].update(components={"uwo": 0.0, "rm": 1.0}, imputed=True)
    told = {"components": ["rm", "uwo"], "on_miss": -1, "pipeline": "p"}
    with serve(Reply(full), Reply(bare)) as service:
        monkeypatch.setenv("ASSAY_URL", service.url)
        first, second = asyncio.run(_verl(({"question": "q"}, ["4", "4.0"], told), (None, {"tests": {}}, told)))
    assert list(first) == list(second) == ["score", "miss", "uncertainty", "rm", "uwo"]
    assert (first["score"], first["miss"], first["uncertainty"], first["uwo"]) == (0.5, 0.0, 0.25, 0.5)
    assert (second["score"], second["miss"]) == (-1.0, 1.0)
    assert math.isnan(first["rm"])
    assert math.isnan(second["uncertainty"])
    sent = [seen.body for seen in service.seen]
    assert [body["on_miss"] for body in sent] == [-1.0, -1.0]
    assert [body["samples"] for body in sent] == [
        [{"completion": "c", "data_source": "gsm8k", "prompt": "q", "answers": ["4", "4.0"]}],
        [{"completion": "c", "data_source": "gsm8k", "tests": {}}],
    ]


def test_verl_fails_on_a_miss_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = problem(422, "missed", errors=[{"pointer": "/samples/0", "detail": "too_long: 3000 tokens"}])
    with serve(missed) as service:
        monkeypatch.setenv("ASSAY_URL", service.url)
        with pytest.raises(ProblemError, match="too_long"):
            asyncio.run(_verl((None, "4", {})))
    assert service.seen[0].body["on_miss"] == "error"
    assert service.seen[0].body["pipeline"] == "helpful"


async def _verl(*calls: tuple[Any, Any, dict[str, Any]]) -> list[dict[str, float]]:
    from assay_client.adapters.verl_reward import _clients, compute_score  # noqa: PLC0415

    try:
        return [
            await compute_score(
                data_source="gsm8k",
                solution_str="c",
                ground_truth=gold,
                extra_info=extra,
                reward_router=None,
                **more,
            )
            for extra, gold, more in calls
        ]
    finally:
        for client in _clients[asyncio.get_running_loop()].values():
            await client.aclose()
