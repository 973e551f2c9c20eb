//! One column to one, sample by sample (with references or running statistics where a shaper needs them).

pub(super) mod affine;
pub(super) mod ceiling;
pub(super) mod centered;
pub(super) mod clip_range;
pub(super) mod fitted_poly;
pub(super) mod length_penalty;
pub(super) mod lsc;
pub(super) mod meanstd;
pub(super) mod minmax;
pub(super) mod par;
mod running;

use crate::{
    domain::{Column, ParamError},
    nodes::Context,
};

/// Shapes each reward against its sample's first `limit` reference rewards (never none).
fn against_references(
    input: &Column,
    cx: &Context<'_>,
    limit: usize,
    fallback: Option<f64>,
    shape: impl Fn(f64, &[f64]) -> f64,
) -> Column {
    Column::new(input.cells().iter().enumerate().map(|(sample, cell)| {
        let reward = cell.clone()?;
        let references = cx.references_or(sample, fallback)?;
        Ok(shape(reward, &references[..references.len().min(limit)]))
    }))
}

/// Checks that at least one reference is used.
fn check_max_references(max_references: usize) -> Result<(), ParamError> {
    if max_references == 0 {
        return Err(ParamError::at("/max_references", "must be at least 1"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        domain::{Column, MissStatus},
        nodes::testing::{apply, grouped, miss, rejects, shape},
    };

    const CENTRED: [&str; 3] = ["par", "centered", "lsc"];

    #[test]
    fn without_references_the_fallback_stands_in_for_them() {
        for name in CENTRED {
            let missing = shape(name, Value::Null, 1.2, &[]).unwrap_err();
            assert_eq!(missing.status, MissStatus::MissingField, "{name}");
            let fallback = shape(name, json!({"fallback": 0.25}), 1.2, &[]);
            assert_eq!(fallback, shape(name, Value::Null, 1.2, &[0.25]), "{name}");
            let ignored = shape(name, json!({"fallback": 9.0}), 1.2, &[0.25]);
            assert_eq!(fallback, ignored, "{name}");
        }
    }

    #[test]
    fn a_reference_that_could_not_be_scored_is_a_miss_for_its_sample_alone() {
        let lost = miss(MissStatus::Timeout).unwrap_err();
        for name in CENTRED {
            let rewards = [Column::new([Ok(1.0), Ok(1.0), miss(MissStatus::TooLong)])];
            let references = [Err(lost.clone()), Ok(vec![1.0]), Err(lost.clone())];
            let batch = grouped(&["a", "b", "c"]);
            let cells = apply(name, json!({"fallback": 0.0}), &rewards, &batch, &references);
            assert_eq!(cells[0], Err(lost.clone()), "{name}");
            assert!(cells[1].is_ok(), "{name}");
            assert_eq!(cells[2], miss(MissStatus::TooLong), "{name}");
        }
    }

    #[test]
    fn only_the_first_references_count() {
        for name in ["par", "centered"] {
            let two = shape(name, json!({"max_references": 2}), 1.2, &[0.2, -0.3, 1e6]);
            assert_eq!(two, shape(name, Value::Null, 1.2, &[0.2, -0.3]), "{name}");
            let many = [[0.5; 10].as_slice(), &[1e6]].concat();
            assert_eq!(
                shape(name, Value::Null, 1.2, &many),
                shape(name, Value::Null, 1.2, &many[..10])
            );
            assert_eq!(rejects(name, json!({"max_references": 0})), "/max_references");
        }
    }
}
