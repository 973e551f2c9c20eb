//! Answers graded against gold answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Service, ServiceError};
use crate::verify::math::{Grade, Policy, Question};

/// One answer to grade.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MathItem {
    /// The caller's own identifier, echoed in the result.
    #[serde(default)]
    pub id: Option<String>,
    /// What the model wrote.
    #[schema(example = "15 + 57 = 72, so the answer is \\boxed{72}.")]
    pub completion: String,
    /// The gold answer, or several of which any is right. A bare answer is taken whole; `$…$` and
    /// `\boxed{…}` around it are accepted.
    pub answer: Gold,
}

/// One gold answer, or alternatives.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub enum Gold {
    /// The answer.
    One(String),
    /// Alternatives, any of which is right.
    Any(Vec<String>),
}

/// Answers to grade.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MathRequest {
    /// The answers, in the order of the reply. May be empty.
    pub items: Vec<MathItem>,
    /// How answers are found and compared.
    #[serde(default)]
    pub policy: Policy,
}

/// One grade, with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MathResult {
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether the answer is right; null where the verdict does not say.
    pub correct: Option<bool>,
    /// What was found.
    #[serde(flatten)]
    pub grade: Grade,
}

/// Grades, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MathResponse {
    /// The policy that was used, as `name@version`.
    #[schema(example = "default@1")]
    pub policy: String,
    /// The grades.
    pub results: Vec<MathResult>,
}

impl Service {
    /// Grades answers.
    ///
    /// # Errors
    /// More items than one request takes, or an item without a gold answer.
    pub async fn verify_math(&self, request: MathRequest) -> Result<MathResponse, ServiceError> {
        self.check_bounds(request.items.len(), "/items")?;
        let policy = request.policy;
        let (mut ids, mut questions) = (Vec::new(), Vec::new());
        for (index, item) in request.items.into_iter().enumerate() {
            let golds = match item.answer {
                Gold::One(gold) => vec![gold],
                Gold::Any(golds) if golds.is_empty() => {
                    let pointer = format!("/items/{index}/answer");
                    return Err(ServiceError::invalid(pointer, "there is no gold answer"));
                }
                Gold::Any(golds) => golds,
            };
            ids.push(item.id);
            questions.push(Question { golds, completion: item.completion });
        }
        let grades = self.world().grader.grade_all(policy.clone(), questions).await;
        let results = ids.into_iter().zip(grades);
        let results = results
            .map(|(id, grade)| MathResult { id, correct: grade.verdict.correct(), grade })
            .collect();
        Ok(MathResponse { policy: policy.label(), results })
    }
}
