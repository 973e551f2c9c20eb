//! Whether a program's value is the expected one, by Python's `==` on plain data.

use std::cmp::Ordering;

use dashu_int::IBig;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::value::Value;

/// How values are compared: integers and texts exactly, floats within `abs + rel * |expected|`. Tuples
/// equal lists (JSON has no tuples), numbers equal numbers of another type, a set equals a set only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValueRule {
    /// Always `value`.
    pub kind: ValueKind,
    /// The absolute difference that floats may have. Default: 0.
    pub abs: f64,
    /// The difference relative to the expected float. Default: 0.
    pub rel: f64,
}

/// The only kind there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// By value.
    #[default]
    Value,
}

impl ValueRule {
    /// Whether `got` is `expected`. Where NaN is expected, NaN it must be; else NaN equals nothing.
    pub(super) fn equal(&self, expected: &Value, got: &Value) -> bool {
        match (expected, got) {
            (Value::Null, Value::Null) => true,
            (Value::Text(one), Value::Text(other)) => one == other,
            (Value::List(one), Value::List(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| self.equal(one, other))
            }
            (Value::Set(one), Value::Set(other)) => {
                matched(one, other, |one, other| self.equal(one, other))
            }
            (Value::Dict(one), Value::Dict(other)) => matched(one, other, |one, other| {
                self.same_key(&one.0, &other.0) && self.equal(&one.1, &other.1)
            }),
            (Value::Other(tag, one), Value::Other(kind, other)) => tag == kind && one == other,
            _ => match (number(expected), number(got)) {
                (Some(one), Some(other)) => self.near(&one, &other),
                _ => false,
            },
        }
    }

    /// A key of an expected JSON object is always a text; the program's may be the number it spells.
    fn same_key(&self, expected: &Value, got: &Value) -> bool {
        if let (Value::Text(text), Value::Int(int)) = (expected, got) {
            return *text == int.to_string();
        }
        self.equal(expected, got)
    }

    fn near(&self, expected: &Number, got: &Number) -> bool {
        if compare(expected, got) == Some(Ordering::Equal) {
            return true;
        }
        // Integers are exact: only an expected float has a margin.
        let Number::Float(expected) = expected else { return false };
        if expected.is_nan() {
            return matches!(got, Number::Float(got) if got.is_nan());
        }
        let got = match got {
            Number::Float(got) => *got,
            Number::Int(int) => int.to_f64().value(),
        };
        let difference = (expected - got).abs();
        difference.is_finite() && difference <= self.abs + self.rel * expected.abs()
    }
}

/// Whether the two can be paired off.
fn matched<T>(one: &[T], other: &[T], equal: impl Fn(&T, &T) -> bool) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut left: Vec<&T> = other.iter().collect();
    one.iter().all(|item| {
        // Usually both are in the same order.
        let place = left.iter().rposition(|candidate| equal(item, candidate));
        place.map(|place| left.swap_remove(place)).is_some()
    })
}

enum Number {
    Int(IBig),
    Float(f64),
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(bool) => Some(Number::Int(IBig::from(*bool as u8))),
        Value::Int(int) => Some(Number::Int(int.clone())),
        Value::Float(float) => Some(Number::Float(*float)),
        Value::Null
        | Value::Text(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Dict(_)
        | Value::Other(..) => None,
    }
}

/// The exact order of two numbers; none with NaN.
fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    match (one, other) {
        (Number::Int(one), Number::Int(other)) => Some(one.cmp(other)),
        (Number::Float(one), Number::Float(other)) => one.partial_cmp(other),
        (Number::Int(int), Number::Float(float)) | (Number::Float(float), Number::Int(int)) => {
            let whole = float.is_finite() && float.fract() == 0.0;
            let equal = whole && IBig::try_from(*float).is_ok_and(|float| float == *int);
            Some(if equal { Ordering::Equal } else { Ordering::Less })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(expected: &str, got: &str) -> bool {
        by(ValueRule::default(), expected, got)
    }

    fn by(rule: ValueRule, expected: &str, got: &str) -> bool {
        rule.equal(&Value::parse(expected).unwrap(), &Value::parse(got).unwrap())
    }

    #[test]
    fn values_are_equal_as_in_python() {
        assert!(equal("1", "1.0") && equal("1", "true") && equal("0.5", "0.5"));
        assert!(equal("[1,2]", r#"{"$tuple":[1,2]}"#) && !equal("[1,2]", "[2,1]"));
        assert!(!equal("[1,2]", r#"{"$set":[1,2]}"#));
        assert!(equal(r#"{"$set":[1,2]}"#, r#"{"$set":[2,1]}"#));
        assert!(equal(r#"{"a":1,"b":2}"#, r#"{"$dict":[["b",2],["a",1]]}"#));
        assert!(equal(r#"{"1":2}"#, r#"{"$dict":[[1,2]]}"#) && !equal(r#"{"1":2}"#, "[[1,2]]"));
        assert!(!equal("\"1\"", "1") && !equal("null", "false") && !equal("[]", "{}"));
        assert!(equal(r#"{"$float":"nan"}"#, r#"{"$float":"nan"}"#));
        assert!(!equal(r#"{"$float":"nan"}"#, "0.0") && !equal("0.5", r#"{"$float":"nan"}"#));
        assert!(equal(r#"{"$float":"inf"}"#, r#"{"$float":"inf"}"#));
        assert!(!equal(r#"{"$float":"inf"}"#, r#"{"$float":"-inf"}"#));
    }

    #[test]
    fn integers_are_exact_and_floats_have_a_margin_if_asked() {
        let big = "1606938044258990275541962092341162602522202993782792835301376";
        assert!(equal(big, big) && !equal(big, &format!("{}7", &big[..big.len() - 1])));
        // 2^200 is a float exactly.
        assert!(equal(big, "1.6069380442589903e60"));
        assert!(!equal("9007199254740993", "9007199254740992.0"));
        let rule = ValueRule { abs: 1e-6, ..ValueRule::default() };
        assert!(by(rule, "0.3", "0.30000000000000004") && !by(rule, "0.3", "0.31"));
        assert!(!equal("0.3", "0.30000000000000004"));
        assert!(!by(rule, "1000000", "1000000.0000001"));
        assert!(!by(rule, r#"{"$float":"inf"}"#, "1e308"));
    }
}
