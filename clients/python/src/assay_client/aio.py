"""The client for async code: the same methods as `Client`'s, to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from . import calls, results, split, transport, types
from .calls import Call
from .retry import Retry

T = TypeVar("T")


class AsyncClient:
    """As `Client`, for one event loop; parts of a large batch are sent at the same time."""

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        timeout_s: float = 120.0,
        retry: Retry | None = None,
        max_batch: int = 1024,
        max_connections: int = 64,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """As `Client`."""
        self._timeout_s = timeout_s
        self._retry = retry or Retry()
        self._max_batch = max_batch
        # httpx's pool goes through all waiting requests for each one that ends: let them wait here.
        self._free = asyncio.Semaphore(max_connections)
        given = transport.settings(url, api_key, max_connections, timeout_s)
        self._http = http or httpx.AsyncClient(**given)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def score(
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
        """As `Client.score`."""
        key = idempotency_key or str(uuid4())
        parts = await self._parts(pipeline, samples, state)
        sent = [
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
        return split.merge(parts, await asyncio.gather(*sent))

    async def compare(
        self, pipeline: types.Pipeline, pairs: Sequence[types.Pair], *, deadline_ms: int | None = None
    ) -> results.Comparisons:
        """As `Client.compare`."""
        return await self._send(calls.compare(pipeline, pairs, deadline_ms))

    async def select(
        self,
        pipeline: types.Pipeline,
        completions: Sequence[types.Completion],
        shared: types.Sample,
        *,
        top: int = 1,
        detail: types.Detail | None = None,
        deadline_ms: int | None = None,
    ) -> results.Selection:
        """As `Client.select`."""
        call = calls.select(pipeline, completions, shared, top=top, detail=detail, deadline_ms=deadline_ms)
        return await self._send(call)

    async def apply(
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
        """As `Client.apply`."""
        given = {
            "names": names,
            "references": references,
            "groups": groups,
            "samples": samples,
            "state": state,
        }
        return await self._send(calls.apply(kind, inputs, params or {}, **given))

    async def verify_math(
        self, items: Sequence[types.MathItem], *, policy: str | Mapping[str, Any] | None = None
    ) -> results.MathVerdicts:
        """As `Client.verify_math`."""
        return await self._send(calls.verify_math(items, policy))

    async def verify_code(
        self, items: Sequence[types.CodeItem], *, scoring: str | None = None, stop: str | None = None
    ) -> results.CodeVerdicts:
        """As `Client.verify_code`."""
        return await self._send(calls.verify_code(items, scoring, stop))

    async def clip_score(
        self,
        model: str,
        items: Sequence[types.ClipItem] | None = None,
        *,
        images: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
        metric: str | None = None,
    ) -> results.ClipScores:
        """As `Client.clip_score`."""
        return await self._send(calls.clip_score(model, items, images, texts, metric))

    async def models(self) -> list[results.Model]:
        """As `Client.models`."""
        return (await self._send(calls.models())).data

    async def pipelines(self) -> list[results.PipelineInfo]:
        """As `Client.pipelines`."""
        return (await self._send(calls.pipelines())).pipelines

    async def _parts(
        self, pipeline: types.Pipeline, samples: Sequence[types.Sample], state: object
    ) -> list[split.Part]:
        if len(samples) <= self._max_batch or state is not None:
            return [list(range(len(samples)))]
        return split.cut(samples, await self._scope(pipeline), self._max_batch)

    async def _scope(self, pipeline: types.Pipeline) -> str:
        entries = await self.pipelines() if isinstance(pipeline, str) else []
        return {entry.name: entry.scope for entry in entries}.get(str(pipeline), "batch")

    async def _send(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            try:
                async with self._free:
                    response = await self._http.request(**transport.arguments(call, self._timeout_s))
                answer = transport.answer(call, response)
            except httpx.TransportError as error:
                answer = transport.lost(call, error)
            if not isinstance(answer, transport.Failure):
                return answer
            await asyncio.sleep(transport.pause(call, answer, attempt, self._retry))
            attempt += 1
