//! `POST /v1/verify/math`.

use axum::{Json as Reply, extract::State};

use super::{App, Problem, extract::Json, problem::Failures};
use crate::service::{MathRequest, MathResponse};

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
