"""The client."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from . import calls, results, split, transport, types
from .calls import Call
from .retry import Retry

T = TypeVar("T")


class Client:
    """A connection to the service, kept alive; may be shared by threads.

    Every method raises `ProblemError` when the service refuses the call as a whole, and `Unreachable` when
    no answer comes in spite of retries (see `Retry`). What cannot be judged *within* a call is no failure:
    its place holds `None`, and its result a status.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        timeout_s: float = 120.0,
        retry: Retry | None = None,
        max_batch: int = 1024,
        max_connections: int = 64,
        http: httpx.Client | None = None,
    ) -> None:
        """Connect to `url` (default: `ASSAY_URL`, else this machine's port 8080).

        `timeout_s` is for one attempt. Batches of more than `max_batch` samples are sent in several
        requests where this changes no reward. At most `max_connections` requests are under way at a time. `http`
        is a client of your own, for proxies, certificates and the like; it brings its own address, key and limits.
        """
        self._timeout_s = timeout_s
        self._retry = retry or Retry()
        self._max_batch = max_batch
        self._http = http or httpx.Client(**transport.settings(url, api_key, max_connections, timeout_s))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def score(
        self,
        pipeline: types.Pipeline,
        samples: Sequence[types.Sample],
        *,
        on_miss: types.OnMiss | None = None,
        detail: types.Detail | None = None,
        deadline_ms: int | None = None,
        state: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> results.Scores:
        """Rewards of samples, in order.

        `state` is for pipelines with run-scoped nodes: used and returned, kept nowhere. Every call carries
        an `Idempotency-Key`, so that a retry counts once; give your own to make a *later* call of yours the
        same one, for instance after a crash.
        """
        key = idempotency_key or str(uuid4())
        parts = self._parts(pipeline, samples, state)
        answers = [
            self._send(
                calls.score(
                    pipeline,
                    [samples[index] for index in part],
                    key=key if len(parts) == 1 else f"{key}/{number}",
                    on_miss=on_miss,
                    detail=detail,
                    deadline_ms=deadline_ms,
                    state=state,
                )
            )
            for number, part in enumerate(parts)
        ]
        return split.merge(parts, answers)

    def compare(
        self, pipeline: types.Pipeline, pairs: Sequence[types.Pair], *, deadline_ms: int | None = None
    ) -> results.Comparisons:
        """Which of two completions is better, by how much, and who of the ensemble says so."""
        return self._send(calls.compare(pipeline, pairs, deadline_ms))

    def select(
        self,
        pipeline: types.Pipeline,
        completions: Sequence[types.Completion],
        shared: types.Sample,
        *,
        top: int = 1,
        detail: types.Detail | None = None,
        deadline_ms: int | None = None,
    ) -> results.Selection:
        """The best of several completions; `shared` is what they share: the prompt, the answer, ..."""
        call = calls.select(pipeline, completions, shared, top=top, detail=detail, deadline_ms=deadline_ms)
        return self._send(call)

    def apply(
        self,
        kind: str,
        inputs: Sequence[Sequence[float | None]],
        *,
        params: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = None,
        references: Sequence[Sequence[float]] | None = None,
        groups: Sequence[str] | None = None,
        samples: Sequence[types.Sample] | None = None,
        state: Mapping[str, Any] | None = None,
    ) -> results.Applied:
        """One combiner, shaper or group node on plain numbers: a column for each input."""
        given = {
            "names": names,
            "references": references,
            "groups": groups,
            "samples": samples,
            "state": state,
        }
        return self._send(calls.apply(kind, inputs, params or {}, **given))

    def verify_math(
        self, items: Sequence[types.MathItem], *, policy: str | Mapping[str, Any] | None = None
    ) -> results.MathVerdicts:
        """Whether final answers equal gold answers, with what was compared."""
        return self._send(calls.verify_math(items, policy))

    def verify_code(
        self, items: Sequence[types.CodeItem], *, scoring: str | None = None, stop: str | None = None
    ) -> results.CodeVerdicts:
        """Whether programs pass their tests.

        `scoring`: `fraction` (default) or `all`; `stop`: `all` or `first_failure`.
        """
        return self._send(calls.verify_code(items, scoring, stop))

    def clip_score(
        self,
        model: str,
        items: Sequence[types.ClipItem] | None = None,
        *,
        images: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
        metric: str | None = None,
    ) -> results.ClipScores:
        """How well images and texts fit: pair by pair (`items`), or all `images` with all `texts`."""
        return self._send(calls.clip_score(model, items, images, texts, metric))

    def models(self) -> list[results.Model]:
        """The models in service."""
        return self._send(calls.models()).data

    def pipelines(self) -> list[results.PipelineInfo]:
        """The pipelines in service."""
        return self._send(calls.pipelines()).pipelines

    def _parts(self, pipeline: types.Pipeline, samples: Sequence[types.Sample], state: object) -> list[split.Part]:
        if len(samples) <= self._max_batch or state is not None:
            return [list(range(len(samples)))]
        return split.cut(samples, self._scope(pipeline), self._max_batch)

    def _scope(self, pipeline: types.Pipeline) -> str:
        # What an inline pipeline depends on is not told before it runs: it is not cut.
        scopes = {entry.name: entry.scope for entry in self.pipelines()} if isinstance(pipeline, str) else {}
        return scopes.get(str(pipeline), "batch")

    def _send(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            try:
                response = self._http.request(**transport.arguments(call, self._timeout_s))
                answer = transport.answer(call, response)
            except httpx.TransportError as error:
                answer = transport.lost(call, error)
            if not isinstance(answer, transport.Failure):
                return answer
            time.sleep(transport.pause(call, answer, attempt, self._retry))
            attempt += 1
