//! `POST /v1/verify/math`, `POST /v1/verify/code` and what the latter can do here.

use axum::{Json as Reply, extract::State};

use super::{App, Code, Problem, extract::Json, problem::Failures};
use crate::service::{CodeRequest, CodeResponse, MathRequest, MathResponse};
use crate::verify::code::Capabilities;

/// Grade answers
///
/// Is what a completion concludes equal to the gold answer? Exactly, with evidence; `correct` is null
/// where that cannot be said (the gold answer cannot be read, equality cannot be decided).
#[utoipa::path(
    post,
    path = "/v1/verify/math",
    tag = "verify",
    request_body(content = MathRequest, examples(
        ("by the usual policy" = (value = json!({
            "items": [
                {"id": "a", "completion": "15 + 57 = 72, so the answer is \\boxed{72}.", "answer": "72"},
                {"id": "b", "completion": "<think>…</think> The answer is $\\frac{10}{16}$.", "answer": "5/8"},
                {"id": "c", "completion": "Therefore the answer is $x \\in (-\\infty, 6]$.", "answer": ["x \\le 6"]},
                {"id": "d", "completion": "\\boxed{12 \\text{ or } 13}", "answer": "12"}
            ]
        }))),
        ("by a policy of one's own" = (value = json!({
            "policy": {"base": "strict", "require_reduced": true},
            "items": [{"completion": "\\boxed{\\frac{10}{16}}", "answer": "\\frac58"}]
        }))),
    )),
    responses((status = 200, body = MathResponse), Failures)
)]
pub(super) async fn math(
    State(app): State<App>,
    Json(request): Json<MathRequest>,
) -> Result<Reply<MathResponse>, Problem> {
    Ok(Reply(app.service().verify_math(request).await?))
}

/// Run programs against tests
///
/// Does a program do what its tests ask? It runs in a sandbox, one process per test, and never learns what
/// is expected. `score` is null where that cannot be said (the sandbox failed, the language is absent, there
/// is no test), and `status` says why.
#[utoipa::path(
    post,
    path = "/v1/verify/code",
    tag = "verify",
    request_body(content = CodeRequest, examples(
        ("what a program writes" = (value = json!({
            "items": [{
                "id": "a",
                "completion": "```python\na, b = map(int, input().split())\nprint(a + b)\n```",
                "tests": {"mode": "stdio", "cases": [
                    {"stdin": "20 22\n", "stdout": "42\n"},
                    {"stdin": "-1 1\n", "stdout": "0\n"}
                ]}
            }]
        }))),
        ("what a function returns" = (value = json!({
            "items": [{
                "code": "class Solution:\n    def twoSum(self, nums: List[int], target: int) -> List[int]:\n        seen = {}\n        for i, n in enumerate(nums):\n            if target - n in seen:\n                return [seen[target - n], i]\n            seen[n] = i\n",
                "tests": {"mode": "call", "entry": "Solution.twoSum", "cases": [
                    {"args": [[2, 7, 11, 15], 9], "expected": [0, 1]},
                    {"args": [[3, 3], 6], "expected": [0, 1]}
                ]},
                "limits": {"cpu_ms": 2000, "memory_mb": 128}
            }],
            "scoring": "all"
        }))),
        ("asserts, and a check" = (value = json!({
            "items": [
                {"code": "def add(a, b):\n    return a + b\n",
                 "tests": {"mode": "assert", "asserts": ["assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'"]}},
                {"code": "def add(a, b):\n    return a - b\n",
                 "tests": {"mode": "assert", "entry": "add",
                           "check": "def check(candidate):\n    assert candidate(1, 2) == 3\n"}}
            ],
            "scoring": "graded",
            "stop": "first_failure"
        }))),
        ("as in APPS, TACO and LiveCodeBench" = (value = json!({
            "items": [{
                "code": "print(int(input()) ** 2)",
                "tests": {"inputs": ["12345678901234567890"], "outputs": ["152415787532388367501905199875019052100"]}
            }]
        }))),
    )),
    responses((status = 200, body = CodeResponse), Failures)
)]
pub(super) async fn code(
    State(app): State<App>,
    Json(request): Json<CodeRequest>,
) -> Result<Reply<CodeResponse>, Problem> {
    Ok(Reply(app.service().verify_code(request).await?))
}

/// What programs can be run here, and how they are isolated
///
/// Found out at the start, by attacks that were really carried out.
#[utoipa::path(
    get,
    path = "/v1/verify/code/capabilities",
    tag = "verify",
    responses((status = 200, body = Capabilities), Failures)
)]
pub(super) async fn capabilities(State(app): State<App>) -> Result<Reply<Capabilities>, Problem> {
    let found = tokio::task::spawn_blocking(move || app.service().code_capabilities()).await;
    let starting = || Problem::new(Code::SandboxUnavailable).detail("the sandbox is starting");
    found.ok().flatten().map(Reply).ok_or_else(starting)
}
