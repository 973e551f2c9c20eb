"""What comes back. Field names are the wire's; fields that a later service adds are ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Where a model's scores come from."""

    sha256: str
    dtype: str
    template: str
    calibration: list[float] | None = None
    """Mean and standard deviation of the raw score on a reference set."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where rewards come from."""

    models: dict[str, ModelInfo]
    engine: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call cost."""

    samples: int
    tokens: int
    cached: int
    queue_ms: float = 0.0
    """The longest that a sample waited."""
    work_ms: float = 0.0
    """The longest forward pass."""


@dataclass(frozen=True, slots=True)
class Result:
    """One sample's reward."""

    status: str
    """`ok`, or why there is no reward."""
    reward: float | None = None
    id: str | None = None
    message: str | None = None
    retryable: bool | None = None
    """Whether the same sample may succeed when sent again."""
    imputed: bool = False
    """The reward is `on_miss`, not a score."""
    components: dict[str, float | None] | None = None
    """Every column of every node, with `detail="components"`."""
    details: dict[str, Any] | None = None
    uncertainty: float | None = None
    """Population standard deviation of the last ensemble's members."""
    tokens: int = 0
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """Answer of `score`, in the order of the samples."""

    pipeline: str
    version: str
    rewards: list[float | None]
    """`None` where a sample could not be scored."""
    results: list[Result]
    provenance: Provenance
    usage: Usage
    state: dict[str, Any] | None = None
    """The states after the call, when it brought some."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How strongly an ensemble prefers the chosen completion."""

    mean: float
    std: float
    vote: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pair."""

    status: str
    id: str | None = None
    margin: float | None = None
    probability: float | None = None
    """That the chosen one is preferred, under Bradley-Terry."""
    chosen_reward: float | None = None
    rejected_reward: float | None = None
    members: dict[str, float | None] = field(default_factory=dict)
    """Each member's margin."""
    strength: Strength | None = None
    message: str | None = None
    retryable: bool | None = None


@dataclass(frozen=True, slots=True)
class CompareSummary:
    """All pairs at a glance."""

    pairs: int
    compared: int
    accuracy: float | None = None
    """Share of positive margins, ties counting half."""
    mean_margin: float | None = None


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Answer of `compare`, in the order of the pairs."""

    pipeline: str
    version: str
    results: list[Comparison]
    summary: CompareSummary
    provenance: Provenance
    usage: Usage


@dataclass(frozen=True, slots=True)
class Selection:
    """Answer of `select`."""

    pipeline: str
    version: str
    selected: list[int]
    """The `top` best, best first."""
    ranking: list[int]
    """All indices, best first; ties by index, misses last."""
    rewards: list[float | None]
    kl_upper_bound: float
    """How far best-of-n moves from the policy at most, in nats."""
    results: list[Result]
    provenance: Provenance
    usage: Usage
    best: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """Answer of `apply`."""

    output: list[float | None] = field(default_factory=list)
    outputs: dict[str, list[float | None]] | None = None
    """For nodes with several columns."""
    misses: dict[str, str] = field(default_factory=dict)
    """Why entries are `None`, by index."""
    state: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MathResult:
    """One completion's verdict."""

    verdict: str
    correct: bool | None = None
    """`None` when it cannot be said."""
    id: str | None = None
    extracted: str | None = None
    answer_canonical: str | None = None
    gold_canonical: str | None = None
    method: str | None = None
    fuel: int | None = None


@dataclass(frozen=True, slots=True)
class MathVerdicts:
    """Answer of `verify_math`, in the order of the items."""

    policy: str
    results: list[MathResult]


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of one program."""

    __test__ = False  # pytest takes the name for one of its own

    verdict: str
    """`OK`, `WA`, `TLE`, `MLE`, `OLE`, `RE`, `CE`, `SKIPPED` or `IE`."""
    cpu_ms: float | None = None
    wall_ms: float | None = None
    exit: int | None = None
    signal: int | str | None = None
    stdout_head: str | None = None
    stderr_head: str | None = None


@dataclass(frozen=True, slots=True)
class CodeResult:
    """One program's verdict."""

    status: str
    score: float | None = None
    """`None` when it could not be judged."""
    id: str | None = None
    all_pass: bool | None = None
    passed: int | None = None
    total: int | None = None
    verdict: str | None = None
    tests: list[TestResult] = field(default_factory=list)
    message: str | None = None
    extraction: Any = None
    compile: Any = None
    isolation: Any = None
    queue_ms: float | None = None
    cached: bool | None = None


@dataclass(frozen=True, slots=True)
class CodeVerdicts:
    """Answer of `verify_code`, in the order of the items."""

    results: list[CodeResult]


@dataclass(frozen=True, slots=True)
class ClipResult:
    """One image and text."""

    status: str
    id: str | None = None
    score: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ClipScores:
    """Answer of `clip_score`."""

    scores: list[float | None] | list[list[float | None]]
    """A list for pairs, a matrix (images by texts) otherwise."""
    results: list[ClipResult]


@dataclass(frozen=True, slots=True)
class Model:
    """A model in service."""

    id: str
    sha256: str
    dtype: str
    template: str
    device: str
    max_tokens: int
    calibration: list[float] | None = None
    stats: dict[str, float] = field(default_factory=dict)
    """Counters since it was loaded."""


@dataclass(frozen=True, slots=True)
class PipelineInfo:
    """A pipeline in service."""

    name: str
    version: str
    scope: str
    """What a reward depends on: `sample`, `group`, `batch` or `run`."""
    stateful: list[str]
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelList:
    """`GET /v1/models`."""

    data: list[Model]


@dataclass(frozen=True, slots=True)
class PipelineList:
    """`GET /v1/pipelines`."""

    pipelines: list[PipelineInfo]
