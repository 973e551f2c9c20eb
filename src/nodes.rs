//! Reward nodes: what pipelines are made of.
//!
//! Sources turn samples into columns and may touch the world; combiners, shapers and group nodes turn
//! columns into columns and are pure. A node is one file: its parameter struct *is* its type, [`Kind`]
//! describes it, and one line in [`KINDS`] registers it. The catalog, the schemas, the command line's
//! listing, the README's table and the contract tests follow from the table.

mod combine;
#[cfg(test)]
mod contract;
mod group;
mod kind;
mod length;
mod op;
mod shape;
mod source;
mod state;
#[cfg(test)]
mod testing;

use combine::{
    coalesce::Coalesce, entropic::Entropic, gate::Gate, mean::Mean, median::Median,
    product::Product, switch::Switch, uwo::Uwo, wco::Wco, weighted::Weighted,
};
use group::{advantage::Advantage, rank::Rank, win_rate::WinRate};
pub use kind::{Entry, Family, Kind, Node};
pub use op::{Arity, Context, Op, References};
use shape::{
    affine::Affine, ceiling::Ceiling, centered::Centered, clip_range::ClipRange,
    fitted_poly::FittedPoly, length_penalty::LengthPenalty, lsc::Lsc, meanstd::Meanstd,
    minmax::Minmax, par::Par,
};
pub use source::{PerSample, SampleSource, Scored, Source, Usage, World};
use source::{
    code::Code, constant::Constant, feature::Feature, length::Length, math::Math,
    reference::Reference, regex::Regex, reward_models::RewardModels,
};
pub use state::{Running, StateError, Stateful};

pub use crate::domain::ParamError;
use crate::verify::text::{
    choice::Choice,
    format::Format,
    json_schema::JsonSchema,
    overlap::{ExactMatch, TokenF1},
};

/// Every kind of node, in documentation order: by family, the usual choice first.
pub const KINDS: &[Entry] = &[
    Entry::source::<RewardModels>(),
    Entry::source::<Math>(),
    Entry::source::<Code>(),
    Entry::per_sample::<Choice>(),
    Entry::per_sample::<ExactMatch>(),
    Entry::per_sample::<TokenF1>(),
    Entry::per_sample::<Format>(),
    Entry::per_sample::<JsonSchema>(),
    Entry::per_sample::<Length>(),
    Entry::per_sample::<Regex>(),
    Entry::per_sample::<Feature>(),
    Entry::per_sample::<Reference>(),
    Entry::per_sample::<Constant>(),
    Entry::stateless::<Mean>(),
    Entry::stateless::<Wco>(),
    Entry::stateless::<Uwo>(),
    Entry::stateless::<Entropic>(),
    Entry::stateless::<Median>(),
    Entry::stateless::<Weighted>(),
    Entry::stateless::<Product>(),
    Entry::stateless::<Gate>(),
    Entry::stateless::<Switch>(),
    Entry::stateless::<Coalesce>(),
    Entry::stateless::<Par>(),
    Entry::stateless::<Centered>(),
    Entry::stateless::<Lsc>(),
    Entry::stateless::<FittedPoly>(),
    Entry::stateless::<Ceiling>(),
    Entry::stateless::<Affine>(),
    Entry::stateless::<LengthPenalty>(),
    Entry::stateful::<Minmax>(),
    Entry::stateful::<Meanstd>(),
    Entry::stateful::<ClipRange>(),
    Entry::stateless::<WinRate>(),
    Entry::stateless::<Rank>(),
    Entry::stateless::<Advantage>(),
];

/// The kind of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Entry> {
    KINDS.iter().find(|entry| entry.name == name)
}
