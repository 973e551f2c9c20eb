"""Names that exist, for the generated requests: almost none would get past a 404 otherwise.

Three requests in four get a known pipeline, node or metric, by their own content, so that a seed still
repeats a run; the fourth keeps what was generated.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import schemathesis

PIPELINES = ["helpful", "helpful-mean", "helpful-par", "helpful-wco"]
KINDS = ["uwo", "wco", "mean", "entropic", "median", "par", "minmax", "win_rate", "advantage", "gate", "switch"]
METRICS = ["best_of_n", "pass_at_k"]
NAMES = {"pipeline": PIPELINES, "kind": KINDS, "name": PIPELINES}


def _known(names: list[str], told: Any) -> str | None:
    """A name, or none, as the content says."""
    digest = zlib.crc32(json.dumps(told, sort_keys=True, default=repr).encode())
    return None if digest % 4 == 0 else names[digest // 4 % len(names)]


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Known names in paths."""
    if not isinstance(path_parameters, dict):
        return path_parameters
    path = context.operation.path
    names = {**NAMES, "kind": METRICS if "/metrics/" in path else KINDS}
    if "/models/" in path:
        names["name"] = ["tiny-rm-0"]
    return {name: _known(names.get(name, []) or [value], value) or value for name, value in path_parameters.items()}


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Known pipelines in bodies that name one."""
    del context
    if isinstance(body, dict) and isinstance(body.get("pipeline"), str):
        return {**body, "pipeline": _known(PIPELINES, body) or body["pipeline"]}
    return body
