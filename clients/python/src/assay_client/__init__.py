"""Rewards for LLM training loops, from a running assay service.

    from assay_client import Client

    with Client("http://127.0.0.1:8080") as assay:
        scores = assay.score("helpful", [{"prompt": "What is 17 + 25?", "completion": "17 + 25 = 42."}])
        print(scores.rewards)

`AsyncClient` has the same methods, to be awaited.
"""

from .aio import AsyncClient
from .calls import encode_image
from .client import Client
from .errors import AssayError, FieldError, ProblemError, UnexpectedReply, Unreachable
from .results import (
    Applied,
    ClipResult,
    ClipScores,
    CodeResult,
    CodeVerdicts,
    CompareSummary,
    Comparison,
    Comparisons,
    MathResult,
    MathVerdicts,
    Model,
    ModelInfo,
    PipelineInfo,
    Provenance,
    Result,
    Scores,
    Selection,
    Strength,
    TestResult,
    Usage,
)
from .retry import Retry
from .types import ClipItem, CodeItem, Completion, Detail, MathItem, Message, OnMiss, Pair, Pipeline, Sample

__version__ = "0.1.0"

__all__ = [
    "Applied",
    "AssayError",
    "AsyncClient",
    "Client",
    "ClipItem",
    "ClipResult",
    "ClipScores",
    "CodeItem",
    "CodeResult",
    "CodeVerdicts",
    "CompareSummary",
    "Comparison",
    "Comparisons",
    "Completion",
    "Detail",
    "FieldError",
    "MathItem",
    "MathResult",
    "MathVerdicts",
    "Message",
    "Model",
    "ModelInfo",
    "OnMiss",
    "Pair",
    "Pipeline",
    "PipelineInfo",
    "ProblemError",
    "Provenance",
    "Result",
    "Retry",
    "Sample",
    "Scores",
    "Selection",
    "Strength",
    "TestResult",
    "UnexpectedReply",
    "Unreachable",
    "Usage",
    "encode_image",
]
