"""Names that exist, for the generated requests: almost none would get past a 404 otherwise.

Three requests in four get a known pipeline, node or metric, by their own content, so that a seed still
repeats a run; the fourth keeps what was generated.
"""

from __future__ import annotations

import json
import os
import urllib.request
import zlib
from typing import Any

import schemathesis


def _catalog(route: str, key: str, name: str = "name") -> list[str]:
    """The names that the service lists, in its order."""
    with urllib.request.urlopen(f"{os.environ['ASSAY_URL']}{route}") as answer:  # noqa: S310 - our own address
        return [entry[name] for entry in json.load(answer)[key]]


PIPELINES = _catalog("/v1/pipelines", "pipelines")
NODES = _catalog("/v1/nodes", "nodes")
METRICS = _catalog("/v1/metrics", "metrics")
MODELS = _catalog("/v1/models", "data", "id")
PATIENCE_MS = 20_000
# The first word of a path after the version, and the names it takes.
NAMES = {
    "metrics": METRICS,
    "models": MODELS,
    "nodes": NODES,
    "pipelines": PIPELINES,
    "references": PIPELINES,
    "state": PIPELINES,
}


def _known(names: list[str], told: Any) -> str | None:
    """A name, or none, as the content says."""
    digest = zlib.crc32(json.dumps(told, sort_keys=True, default=repr).encode())
    return None if digest % 4 == 0 else names[digest // 4 % len(names)]


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Known names in paths."""
    if not isinstance(path_parameters, dict):
        return path_parameters
    path = context.operation.path.split("/")
    names = NAMES.get(path[2], []) if len(path) > 2 else []
    # What the other requests need must stay.
    changes = context.operation.method.upper() in ("PUT", "DELETE") and path[2] in ("models", "pipelines")
    if not names or changes:
        return path_parameters
    return {name: _known(names, value) or value for name, value in path_parameters.items()}


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Known pipelines in bodies that name one, and time enough: what is answered must not hang on speed."""
    del context
    if not isinstance(body, dict):
        return body
    body = dict(body)
    if isinstance(body.get("pipeline"), str):
        body["pipeline"] = _known(PIPELINES, body) or body["pipeline"]
    deadline = body.get("deadline_ms")
    if type(deadline) is int and 1 <= deadline < PATIENCE_MS:  # noqa: E721 - true is no deadline
        body["deadline_ms"] = PATIENCE_MS
    return body
