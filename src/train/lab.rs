//! The laboratory: what an ensemble, a shaper or a penalty does to a policy, in minutes.
//!
//! A toy language ([`language`]) has a hidden, known reward: the *gold*. Reward models learn it from noisy
//! preferences ([`proxies`]), are served like any others, and policies are trained on what the service
//! answers while gold is only watched. [`overopt`] and [`shaping`] say which arms are run, [`bon`]
//! ranks a pool of completions instead, [`rlvr`] has tasks that a verifier can check. Who starts the
//! service is not known here.

pub mod arms;
pub mod bon;
pub mod language;
pub mod overopt;
pub mod proxies;
pub mod rlvr;
pub mod shaping;
pub mod summary;
pub mod vocabulary;
