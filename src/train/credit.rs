//! From rewards to advantages: pure functions of numbers.
//!
//! A reward may be missing; then its completion is left out of every baseline and has no advantage. It
//! is never a zero.

mod constrained;
mod gae;
mod group;
mod grpo_lambda;
mod kl_control;

pub use constrained::{Bound, Constraint, Multipliers, mixed};
pub use gae::{gae, token_rewards, whitened};
pub use group::{Scale, best_of_group, informative, leave_one_out, relative};
pub use grpo_lambda::GrpoLambda;
pub use kl_control::KlControl;
