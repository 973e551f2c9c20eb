//! A thread that feeds one runner.

use std::{
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{PoisonError, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Lost, Outcome, Shared, queue::Job};
use crate::verify::code::{
    Cgroup,
    runner::user,
    sandbox::{Tier, cgroup::Delegated},
    wire::{self, Found, Order, Report},
};

/// How often a waiting thread looks around.
const TICK: Duration = Duration::from_millis(50);

/// How much longer than its runs' limits a runner may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(90);

/// A runner's process.
struct Runner {
    child: Child,
    socket: UnixStream,
    /// Its cgroup, if it has one.
    group: Option<PathBuf>,
}

impl Runner {
    /// Starts a process. It is spawned, not forked: nothing of this process's memory is copied.
    fn spawn(shared: &Shared, index: usize) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        let child = Command::new(&shared.config.program)
            .args(["sandbox-runner", &format!("worker-{index}")])
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut runner = Self { child, socket, group: None };
        runner.group = runner.grouped(shared, index)?;
        Ok(runner)
    }

    /// Its group, with itself in it. Where it is not yet known whether groups hold, failing to is an answer.
    fn grouped(&self, shared: &Shared, index: usize) -> io::Result<Option<PathBuf>> {
        let holds = shared.found.get().map(|found| found.cgroup.enforced);
        let Some(delegated) = shared.delegated.get().filter(|_| holds != Some(false)) else {
            return Ok(None);
        };
        let group = delegated.runner(index, user(index)).and_then(|group| {
            Delegated::adopt(&group, self.child.id())?;
            Ok(group)
        });
        match group {
            Err(_) if holds.is_none() => Ok(None),
            group => group.map(Some),
        }
    }

    /// Has it find, or get ready for, a tier.
    fn start(&mut self, shared: &Shared, tier: Option<Tier>) -> io::Result<Found> {
        let (minimum, maximum) = (shared.config.minimum, shared.config.maximum);
        let group = self.group.clone();
        wire::send(&mut self.socket, &Order::Start { tier, minimum, maximum, group }, &[])?;
        self.socket.set_read_timeout(Some(PATIENCE))?;
        let (report, _) = wire::receive(&mut self.socket)?;
        match report {
            Report::Ready(found) => Ok(found),
            Report::Ran(_) => Err(io::Error::other("the runner answered something else")),
        }
    }

    fn run(&mut self, shared: &Shared, job: &Job) -> io::Result<(Report, Vec<Vec<u8>>)> {
        let blobs: Vec<&[u8]> = job.blobs.iter().map(|blob| &**blob).collect();
        wire::send(&mut self.socket, &Order::Run(job.processes.clone()), &blobs)?;
        let longest = job.processes.iter().map(|process| process.bounds.wall_ms).max();
        let hopeless = Instant::now() + Duration::from_millis(longest.unwrap_or(0)) + PATIENCE;
        let mut cancelled = false;
        while !readable(&self.socket)? {
            let now = Instant::now();
            shared.queue().sweep(now);
            let over = job.is_abandoned() || job.deadline <= now || shared.closed.load(Relaxed);
            if over && !cancelled {
                wire::send(&mut self.socket, &Order::Cancel, &[])?;
                shared.stats.abandoned.fetch_add(1, Relaxed);
                cancelled = true;
            }
            if now > hopeless {
                return Err(io::Error::other("the runner does not answer"));
            }
        }
        wire::receive(&mut self.socket)
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn readable(socket: &UnixStream) -> io::Result<bool> {
    let mut fds = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)];
    let tick = Timespec { tv_sec: 0, tv_nsec: TICK.as_nanos() as i64 };
    Ok(poll(&mut fds, Some(&tick))? > 0)
}

/// Takes runs from the queue until the pool closes.
pub(super) fn feed(shared: &Shared, index: usize) {
    let mut runner = if index == 0 { first(shared) } else { None };
    let mut started = runner.is_some();
    while let Some(job) = next(shared) {
        if job.is_abandoned() {
            continue;
        }
        let queued = job.queued.elapsed();
        let answer = match shared.found.get().map(|found| found.tier) {
            _ if job.deadline <= Instant::now() => Err(Lost::Timeout),
            None | Some(Tier::None) => Err(Lost::Unavailable),
            Some(tier) => run(shared, index, tier, (&mut runner, &mut started), &job)
                .map(|(ended, blobs)| Outcome { ended, blobs, queued }),
        };
        shared.stats.queued_us.fetch_add(queued.as_micros() as u64, Relaxed);
        // A caller that left needs no answer.
        let _ = job.reply.send(answer);
    }
}

/// Where runners may have groups, if one can be made there.
fn delegated(shared: &Shared) -> Result<(), String> {
    if shared.config.maximum == Tier::None {
        return Err("nothing is run".to_owned());
    }
    let delegated = Delegated::find(shared.config.cgroup.as_deref())?;
    delegated.runner(0, user(0)).map_err(|error| format!("no group for a runner: {error}"))?;
    // This thread alone sets it.
    let _ = shared.delegated.set(delegated);
    Ok(())
}

/// Starts the first runner, and with it finds out what holds here.
fn first(shared: &Shared) -> Option<Runner> {
    let ungrouped = delegated(shared).err();
    let begun = Runner::spawn(shared, 0).and_then(|mut runner| {
        let mut found = runner.start(shared, None)?;
        let alone = || runner.group.is_none().then(|| "runners cannot be moved there".to_owned());
        found.cgroup.reason = found.cgroup.reason.or(ungrouped).or_else(alone);
        Ok((runner, found))
    });
    let (runner, found) = match begun {
        Ok((runner, found)) => (Some(runner), found),
        Err(error) => {
            let missing = vec![format!("the runner did not start: {error}")];
            let nothing = Found {
                tier: Tier::None,
                missing,
                landlock_abi: 0,
                cgroup: Cgroup::default(),
                python: None,
                numpy: false,
                pytest: false,
            };
            (None, nothing)
        }
    };
    // This thread alone sets it.
    let _ = shared.found.set(found);
    // Under the lock, so that no thread is between looking and waiting.
    drop(shared.queue());
    shared.wake.notify_all();
    runner
}

/// The next run; none when the pool closes.
fn next(shared: &Shared) -> Option<Job> {
    let mut queue = shared.queue();
    loop {
        if shared.closed.load(Relaxed) {
            return None;
        }
        if shared.found.get().is_some()
            && let Some(job) = queue.pop()
        {
            return Some(job);
        }
        queue = shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

type Ran = (Vec<wire::Ended>, Vec<Vec<u8>>);

fn run(
    shared: &Shared,
    index: usize,
    tier: Tier,
    (runner, started): (&mut Option<Runner>, &mut bool),
    job: &Job,
) -> Result<Ran, Lost> {
    let mut failure = String::new();
    for _ in 0..2 {
        if runner.is_none() {
            match replace(shared, index, tier) {
                Ok(fresh) => {
                    shared.stats.respawns.fetch_add(u64::from(*started), Relaxed);
                    *started = true;
                    *runner = Some(fresh);
                }
                Err(error) => {
                    failure = format!("the runner did not start: {error}");
                    continue;
                }
            }
        }
        let Some(ready) = runner.as_mut() else { continue };
        let (_shared, _alone) = if job.alone {
            (None, Some(shared.alone.write().unwrap_or_else(PoisonError::into_inner)))
        } else {
            (Some(shared.alone.read().unwrap_or_else(PoisonError::into_inner)), None)
        };
        shared.stats.running.fetch_add(1, Relaxed);
        let answer = ready.run(shared, job);
        shared.stats.running.fetch_sub(1, Relaxed);
        match answer {
            Ok((Report::Ran(ended), blobs)) if blobs.len() == 4 * ended.len() => {
                shared.stats.runs.fetch_add(1, Relaxed);
                let cpu_us = ended.iter().map(|ended| ended.cpu_us).sum();
                shared.stats.cpu_us.fetch_add(cpu_us, Relaxed);
                if job.deadline <= Instant::now() {
                    return Err(Lost::Timeout);
                }
                // A box that broke is rebuilt; a program gets a second chance in a sound one.
                match ended.iter().find_map(|ended| ended.fault.clone()) {
                    Some(fault) => failure = fault,
                    None => return Ok((ended, blobs)),
                }
            }
            Ok(_) => {
                failure = "the runner answered something else".to_owned();
                *runner = None;
            }
            Err(error) => {
                failure = format!("the runner failed: {error}");
                *runner = None;
            }
        }
    }
    Err(Lost::Fault(failure))
}

fn replace(shared: &Shared, index: usize, tier: Tier) -> io::Result<Runner> {
    let mut fresh = Runner::spawn(shared, index)?;
    fresh.start(shared, Some(tier))?;
    Ok(fresh)
}
