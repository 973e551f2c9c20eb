//! The table's line: what every kind of node says of itself.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Op, Source, Stateful, source::PerSample, source::SampleSource};
use crate::domain::{ParamError, Scope, parse, schema_of};

/// What a node does to columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Samples to columns; may touch the world.
    Source,
    /// Several columns to one.
    Combine,
    /// One column to one.
    Shape,
    /// One column to one, by comparison within a group.
    Group,
}

/// What a node's file declares beside its behaviour. The parameter struct is the type.
pub trait Kind: DeserializeOwned + ToSchema + 'static {
    /// Unique snake_case name over all families.
    const NAME: &'static str;
    /// What it does to columns.
    const FAMILY: Family;
    /// What a value depends on with default parameters.
    const SCOPE: Scope;
    /// One line, at most 80 characters, without a final stop.
    const SUMMARY: &'static str;
    /// The formula, in plain text.
    const EQUATION: &'static str;
    /// Where it comes from: paper, section, equation.
    const PAPER: &'static str;

    /// Parameters that work, as documentation and as a test.
    fn example() -> Value;

    /// Checks what types cannot say (finite numbers, positive widths).
    ///
    /// # Errors
    /// At the first parameter that cannot be used.
    fn validate(&self) -> Result<(), ParamError> {
        Ok(())
    }
}

/// A node, built from its parameters.
#[derive(Clone, Debug)]
pub enum Node {
    /// Samples to columns.
    Source(Arc<dyn Source>),
    /// Columns to a column.
    Op(Arc<dyn Op>),
    /// Columns and state to a column and state.
    Stateful(Arc<dyn Stateful>),
}

/// A line of the table of kinds.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Unique snake_case name.
    pub name: &'static str,
    /// What it does to columns.
    pub family: Family,
    /// What a value depends on with default parameters.
    pub scope: Scope,
    /// One line.
    pub summary: &'static str,
    /// The formula.
    pub equation: &'static str,
    /// Where it comes from.
    pub paper: &'static str,
    /// Parameters that work.
    pub example: fn() -> Value,
    /// The parameters' JSON schema; it refers to nothing outside itself.
    pub schema: fn() -> Value,
    build: fn(Value) -> Result<Node, ParamError>,
}

impl Entry {
    /// The line of a combiner, shaper or group node without state.
    #[must_use]
    pub const fn stateless<K: Kind + Op>() -> Self {
        Self::new::<K>(|params| Ok(Node::Op(Arc::new(checked::<K>(params)?))))
    }

    /// The line of a node with run-scoped state.
    #[must_use]
    pub const fn stateful<K: Kind + Stateful>() -> Self {
        Self::new::<K>(|params| Ok(Node::Stateful(Arc::new(checked::<K>(params)?))))
    }

    /// The line of a source that touches the world.
    #[must_use]
    pub const fn source<K: Kind + Source>() -> Self {
        Self::new::<K>(|params| Ok(Node::Source(Arc::new(checked::<K>(params)?))))
    }

    /// The line of a source that is a pure function of the sample.
    #[must_use]
    pub const fn per_sample<K: Kind + SampleSource>() -> Self {
        Self::new::<K>(|params| Ok(Node::Source(Arc::new(PerSample(checked::<K>(params)?)))))
    }

    const fn new<K: Kind>(build: fn(Value) -> Result<Node, ParamError>) -> Self {
        Self {
            name: K::NAME,
            family: K::FAMILY,
            scope: K::SCOPE,
            summary: K::SUMMARY,
            equation: K::EQUATION,
            paper: K::PAPER,
            example: K::example,
            schema: schema_of::<K>,
            build,
        }
    }

    /// The node with the given parameters (a JSON object; `null` for none).
    ///
    /// # Errors
    /// When a parameter is unknown, missing, of the wrong type or out of range; with its pointer.
    pub fn build(&self, params: Value) -> Result<Node, ParamError> {
        (self.build)(params)
    }
}

fn checked<K: Kind>(params: Value) -> Result<K, ParamError> {
    let kind: K = parse(params)?;
    kind.validate()?;
    Ok(kind)
}
