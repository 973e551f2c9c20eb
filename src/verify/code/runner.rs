//! A runner: one process of one thread that keeps boxes and runs one thing at a time in them.
//!
//! The service starts as many as runs may go on at once, and talks to each over the socket that is its
//! standard input. A runner holds no secret, has an unprivileged user of its own where it can, and ends
//! with the service. It is this program again: `assay sandbox-runner`.

mod boxes;
mod pipes;
mod probe;
mod run;

use std::{
    collections::HashMap,
    io,
    os::{fd::AsFd, unix::net::UnixStream},
    path::PathBuf,
};

use rustix::{
    process::{DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal},
    thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};

use self::{boxes::Sandbox, run::Means};
use super::{
    sandbox::{Tier, cgroup::Group, runtime},
    wire::{self, Ended, Flavour, Order, Process, Report},
};

/// The first of the users that runners take when they may.
const USERS: u32 = 64_200;

/// The user that a runner takes, where it may.
pub(super) fn user(index: usize) -> Option<u32> {
    let root = rustix::process::geteuid().is_root();
    root.then_some(USERS + (index % 1000) as u32)
}

/// The interpreter that boxes are built around.
pub(super) fn python() -> Option<PathBuf> {
    runtime::find("python3")
}

/// The runner's whole life: `worker-INDEX`, or `guard-TIER` for a box's own guard.
///
/// # Errors
/// When it is not called by the service, or the service has gone.
pub fn main(role: &str) -> io::Result<()> {
    match role.split_once('-') {
        Some(("worker", index)) => worker(index.parse().map_err(io::Error::other)?),
        Some(("guard", tier)) => {
            let tier: Tier = serde_json::from_str(&format!("\"{tier}\""))?;
            let python = python().ok_or_else(|| io::Error::other("there is no python3"))?;
            super::sandbox::build::guard(tier, &python)
        }
        _ => Err(io::Error::other("this is started by the service, not by hand")),
    }
}

fn worker(index: usize) -> io::Result<()> {
    let own_user = user(index).is_some_and(turn_into);
    set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::chdir("/")?;
    let mut service = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (tier, groups, boxes) = (Tier::None, Vec::new(), HashMap::new());
    let mut runner = Runner { tier, own_user, groups, boxes };
    loop {
        let (order, blobs): (Order, _) = match wire::receive(&mut service) {
            Ok(order) => order,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        match order {
            Order::Start { tier, minimum, maximum, group } => {
                let found = probe::find(&mut runner, tier, (minimum, maximum), group.as_deref());
                wire::send(&mut service, &Report::Ready(found), &[])?;
            }
            Order::Run(processes) => {
                let (ended, blobs) = runner.run(&processes, &blobs, Some(&service));
                let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
                wire::send(&mut service, &Report::Ran(ended), &blobs)?;
            }
            // What it meant has ended by itself.
            Order::Cancel => {}
        }
    }
}

/// Takes an unprivileged user. False where that is not allowed: then it stays who it is.
fn turn_into(user: u32) -> bool {
    let (user, group) =
        (rustix::process::Uid::from_raw(user), rustix::process::Gid::from_raw(user));
    let changed = set_thread_groups(&[]).is_ok()
        && set_thread_res_gid(group, group, group).is_ok()
        && set_thread_res_uid(user, user, user).is_ok();
    // A change of user hides a process from itself; boxes need to write their own maps.
    changed && set_dumpable_behavior(DumpableBehavior::Dumpable).is_ok()
}

/// Boxes by what is loaded in them.
struct Runner {
    tier: Tier,
    own_user: bool,
    /// One for each process of a run; none where the kernel does not bound them so.
    groups: Vec<Group>,
    boxes: HashMap<Flavour, Sandbox>,
}

impl Runner {
    /// Runs the processes together; how each ended, and four blobs for each.
    fn run(
        &mut self,
        processes: &[Process],
        blobs: &[Vec<u8>],
        service: Option<&UnixStream>,
    ) -> (Vec<Ended>, Vec<Vec<u8>>) {
        if let Err(error) = self.ready(processes) {
            return run::fault(processes.len(), &format!("no box: {error}"));
        }
        let mut taken = Vec::new();
        for process in processes {
            match self.boxes.remove(&process.flavour) {
                Some(sandbox) => taken.push(sandbox),
                None => return run::fault(processes.len(), "two processes in one box"),
            }
        }
        let outcome = run::run(&mut taken, processes, blobs, service, &self.means());
        for (process, sandbox) in processes.iter().zip(taken) {
            if sandbox.is_fit() {
                self.boxes.insert(process.flavour, sandbox);
            }
        }
        outcome
    }

    fn means(&self) -> Means<'_> {
        Means { own_user: self.own_user, groups: &self.groups }
    }

    fn ready(&mut self, processes: &[Process]) -> io::Result<()> {
        for process in processes {
            if !self.boxes.contains_key(&process.flavour) {
                let mut sandbox = Sandbox::start(self.tier, process.flavour, &self.groups)?;
                sandbox.base_kb = run::empty(&mut sandbox, &self.means())?;
                self.boxes.insert(process.flavour, sandbox);
            }
        }
        Ok(())
    }
}
