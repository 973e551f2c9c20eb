//! Policies: how an answer is found in a completion and what counts as equal. Named, versioned presets
//! with knobs.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// How decimals are compared with values that are not written that way.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Tolerance {
    /// Equal or not.
    Exact,
    /// A decimal literal of at least this many significant digits stands for any value that rounds to it.
    SignificantDigits(u32),
    /// Where either side is a decimal literal: greatest absolute difference.
    Absolute(f64),
    /// Where either side is a decimal literal: greatest difference relative to the gold value.
    Relative(f64),
}

/// What a percent sign means when only one side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PercentRule {
    /// `35%` is 0.35 and nothing else.
    Value,
    /// `35%` is 0.35, or 35 with a label.
    Label,
}

/// What units do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitRule {
    /// Units are not looked at.
    Ignore,
    /// A missing unit is filled in; two different ones disagree.
    ConflictRejects,
    /// A gold unit must be given.
    Require,
}

/// Whether an inequality and an interval can stand for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InequalityRule {
    /// Either way.
    Both,
    /// An interval may answer an inequality, not the reverse.
    GoldInequality,
    /// Never.
    Never,
}

/// What `\log` without a base is, where only one side is written with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogarithmRule {
    /// Natural.
    Natural,
    /// Natural or decimal, the same throughout: the other side chooses.
    Either,
}

/// A policy as it arrives: a preset's name, or a preset with knobs turned.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected the name of a preset, or an object of knobs")]
pub enum PolicySpec {
    /// The name of a preset: one of [`Policy::NAMES`].
    Name(String),
    /// A preset and what differs from it.
    Custom(
        #[schema(inline)]
        #[serde(deserialize_with = "knobs")]
        Box<Knobs>,
    ),
}

/// Knobs by their names: serde would take a list of values in the order of the fields, too.
fn knobs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Knobs>, D::Error> {
    struct Named;
    impl<'de> Visitor<'de> for Named {
        type Value = Box<Knobs>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a preset's name or an object of knobs")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Box<Knobs>, A::Error> {
            Knobs::deserialize(MapAccessDeserializer::new(map)).map(Box::new)
        }
    }
    deserializer.deserialize_map(Named)
}

/// A preset and what differs from it.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Knobs {
    /// The preset to start from. Default: `default`.
    #[serde(default)]
    pub base: Option<String>,
    /// Read `\boxed{…}`.
    #[serde(default)]
    pub boxes: Option<bool>,
    /// Read `<answer>…</answer>`.
    #[serde(default)]
    pub tags: Option<bool>,
    /// Read a last line `#### …`.
    #[serde(default)]
    pub hashes: Option<bool>,
    /// Read what follows "the answer is".
    #[serde(default)]
    pub phrases: Option<bool>,
    /// Where nothing else is found, take the last plain number.
    #[serde(default)]
    pub last_number: Option<bool>,
    /// Where nothing else is found, take the last formula.
    #[serde(default)]
    pub last_formula: Option<bool>,
    /// Where nothing else is found, take the last choice letter that stands alone.
    #[serde(default)]
    pub last_letter: Option<bool>,
    /// Decimals against other values.
    #[serde(default)]
    #[schema(inline)]
    pub tolerance: Option<Tolerance>,
    /// Percent against plain numbers.
    #[serde(default)]
    #[schema(inline)]
    pub percent: Option<PercentRule>,
    /// Fractions of integers must be in lowest terms.
    #[serde(default)]
    pub require_reduced: Option<bool>,
    /// Units.
    #[serde(default)]
    #[schema(inline)]
    pub units: Option<UnitRule>,
    /// Intervals against inequalities.
    #[serde(default)]
    #[schema(inline)]
    pub inequalities: Option<InequalityRule>,
    /// `\log` without a base.
    #[serde(default)]
    #[schema(inline)]
    pub logarithm: Option<LogarithmRule>,
    /// `(1, 2)` and the bare list `1, 2` in the same order are equal.
    #[serde(default)]
    pub tuple_vs_list: Option<bool>,
    /// Expressions may differ by a constant if the gold has a constant of integration.
    #[serde(default)]
    pub integration_constant: Option<bool>,
    /// Pairs of opening and closing delimiters of the thoughts.
    #[serde(default)]
    pub think: Option<Vec<(String, String)>>,
}

/// What to read and what to accept.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    name: &'static str,
    custom: bool,
    pub(super) boxes: bool,
    pub(super) tags: bool,
    pub(super) hashes: bool,
    pub(super) phrases: bool,
    pub(super) last_number: bool,
    pub(super) last_formula: bool,
    pub(super) last_letter: bool,
    pub(super) tolerance: Tolerance,
    pub(super) percent: PercentRule,
    pub(super) require_reduced: bool,
    pub(super) units: UnitRule,
    pub(super) inequalities: InequalityRule,
    pub(super) logarithm: LogarithmRule,
    pub(super) tuple_vs_list: bool,
    pub(super) integration_constant: bool,
    pub(super) think: Vec<(String, String)>,
}

/// No preset has that name.
#[derive(Debug, thiserror::Error)]
#[error("no policy is named `{name}`; there are {}", Policy::NAMES.join(", "))]
pub struct UnknownPolicy {
    name: String,
}

impl Policy {
    /// The names of the presets.
    pub const NAMES: &[&str] =
        &["strict", "default", "lenient", "gsm8k", "mcq", "math_verify", "calculus"];

    /// Version of the presets, part of every [`Policy::label`].
    pub const VERSION: u32 = 1;

    /// The preset of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = *Self::NAMES.iter().find(|known| **known == name)?;
        let mut policy = Self::base(name);
        match name {
            "strict" => {
                policy.hashes = false;
                policy.phrases = false;
                policy.last_number = false;
                policy.tolerance = Tolerance::Exact;
                policy.percent = PercentRule::Value;
                policy.logarithm = LogarithmRule::Natural;
            }
            "lenient" => {
                policy.last_formula = true;
                policy.tuple_vs_list = true;
                policy.units = UnitRule::Ignore;
            }
            "gsm8k" => policy.units = UnitRule::Ignore,
            "mcq" => policy.last_letter = true,
            "math_verify" => {
                policy.tolerance = Tolerance::Absolute(5e-7);
                policy.units = UnitRule::Ignore;
                policy.inequalities = InequalityRule::GoldInequality;
                policy.last_formula = true;
            }
            "calculus" => policy.integration_constant = true,
            _ => {}
        }
        Some(policy)
    }

    fn base(name: &'static str) -> Self {
        let pair = |open: &str, close: &str| (open.to_owned(), close.to_owned());
        Self {
            name,
            custom: false,
            boxes: true,
            tags: true,
            hashes: true,
            phrases: true,
            last_number: true,
            last_formula: false,
            last_letter: false,
            tolerance: Tolerance::SignificantDigits(6),
            percent: PercentRule::Label,
            require_reduced: false,
            units: UnitRule::ConflictRejects,
            inequalities: InequalityRule::Both,
            logarithm: LogarithmRule::Either,
            tuple_vs_list: false,
            integration_constant: false,
            think: vec![
                pair("<think>", "</think>"),
                pair("<thinking>", "</thinking>"),
                pair("<|begin_of_thought|>", "<|end_of_thought|>"),
            ],
        }
    }

    /// The preset's name and version; with `+custom` if a knob was turned.
    #[must_use]
    pub fn label(&self) -> String {
        let custom = if self.custom { "+custom" } else { "" };
        format!("{}@{}{custom}", self.name, Self::VERSION)
    }

    fn turned(mut self, knobs: Knobs) -> Self {
        let before = self.clone();
        fn set<T>(target: &mut T, knob: Option<T>) {
            if let Some(value) = knob {
                *target = value;
            }
        }
        set(&mut self.boxes, knobs.boxes);
        set(&mut self.tags, knobs.tags);
        set(&mut self.hashes, knobs.hashes);
        set(&mut self.phrases, knobs.phrases);
        set(&mut self.last_number, knobs.last_number);
        set(&mut self.last_formula, knobs.last_formula);
        set(&mut self.last_letter, knobs.last_letter);
        set(&mut self.tolerance, knobs.tolerance);
        set(&mut self.percent, knobs.percent);
        set(&mut self.require_reduced, knobs.require_reduced);
        set(&mut self.units, knobs.units);
        set(&mut self.inequalities, knobs.inequalities);
        set(&mut self.logarithm, knobs.logarithm);
        set(&mut self.tuple_vs_list, knobs.tuple_vs_list);
        set(&mut self.integration_constant, knobs.integration_constant);
        set(&mut self.think, knobs.think);
        self.custom = self != before;
        self
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::base("default")
    }
}

impl TryFrom<PolicySpec> for Policy {
    type Error = UnknownPolicy;

    fn try_from(spec: PolicySpec) -> Result<Self, UnknownPolicy> {
        let named = |name: String| Self::named(&name).ok_or(UnknownPolicy { name });
        match spec {
            PolicySpec::Name(name) => named(name),
            PolicySpec::Custom(knobs) => {
                let base = knobs.base.clone().unwrap_or_else(|| "default".to_owned());
                Ok(named(base)?.turned(*knobs))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PolicySpec::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Policy {
    fn schema() -> RefOr<Schema> {
        PolicySpec::schema()
    }
}

impl ToSchema for Policy {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PolicySpec::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_known_by_its_name() {
        for name in Policy::NAMES {
            assert_eq!(Policy::named(name).unwrap().label(), format!("{name}@1"));
        }
        assert!(Policy::named("relaxed").is_none());
    }

    #[test]
    fn knobs_are_read_from_json() {
        let read = |json: &str| serde_json::from_str::<Policy>(json);
        assert_eq!(read(r#""gsm8k""#).unwrap(), Policy::named("gsm8k").unwrap());
        let custom = read(r#"{"base":"default","require_reduced":true}"#).unwrap();
        assert!(custom.require_reduced);
        assert_eq!(custom.label(), "default@1+custom");
        assert_eq!(read(r#"{"base":"default"}"#).unwrap().label(), "default@1");
        let digits = read(r#"{"tolerance":{"significant_digits":3}}"#).unwrap();
        assert_eq!(digits.tolerance, Tolerance::SignificantDigits(3));
        assert!(read(r#"{"bse":"default"}"#).is_err());
        assert!(read(r#""nothing""#).is_err());
        assert!(read("[null, null]").is_err() && read("[]").is_err());
    }
}
