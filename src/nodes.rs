//! Reward nodes: what pipelines are made of.
//!
//! Sources turn samples into columns and may touch the world; combiners, shapers and group nodes turn
//! columns into columns and are pure. A node is one file: its parameter struct *is* its type, [`Kind`]
//! describes it, and one line in [`KINDS`] registers it. The catalog, the schemas, the command line's
//! listing, the README's table and the contract tests follow from the table.

mod combine;
mod group;
mod kind;
mod op;
mod shape;
mod source;
mod state;

pub use kind::{Entry, Family, Kind, Node, ParamError};
pub use op::{Arity, Context, Op, References};
pub use source::{Scored, Source, Usage, World};
pub use state::{Running, StateError, Stateful};

/// Every kind of node, in documentation order: by family, the usual choice first.
pub const KINDS: &[Entry] =
    &[Entry::stateless::<combine::wco::Wco>(), Entry::stateful::<shape::minmax::Minmax>()];

/// The kind of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Entry> {
    KINDS.iter().find(|entry| entry.name == name)
}
