//! A box as its runner sees it: a guard, and a socket to the fork server inside.

use std::{
    io::{self, IoSlice, IoSliceMut, Read},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::Child,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};
use serde_json::{Map, Value, json};

use crate::verify::code::{
    sandbox::{
        Tier,
        build::{control_pair, spawn_guard},
        cgroup::Group,
        filter::{OWN_PID, Profile, base},
        rules,
    },
    wire::Flavour,
};

/// Runs after which a box is built anew.
const RUNS: u32 = 5000;

/// How long an interpreter may take to load, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program inside a box, which is the first message on its control socket: the fork server, what its children do, and
/// one side of the tests in two processes. A box of candidates holds nothing that judges.
fn program(flavour: Flavour) -> String {
    let common = [
        include_str!("../python/zygote.py"),
        include_str!("../python/harness.py"),
        include_str!("../python/crossing.py"),
        include_str!("../python/sharing.py"),
    ];
    let candidate = [
        include_str!("../python/borrowing.py"),
        include_str!("../python/patched.py"),
        include_str!("../python/answering.py"),
    ];
    let tests = [
        include_str!("../python/lending.py"),
        include_str!("../python/asking.py"),
        include_str!("../python/deriving.py"),
        include_str!("../python/patching.py"),
        include_str!("../python/reading.py"),
        include_str!("../python/judging.py"),
    ];
    let side: &[&str] = match flavour {
        Flavour::Plain | Flavour::Numpy => &candidate,
        Flavour::Tests => &tests,
    };
    [&common.concat(), &side.concat(), "main()\n"].concat()
}

/// What is loaded before the first run.
fn preload(flavour: Flavour) -> &'static [&'static str] {
    match flavour {
        Flavour::Plain => &[],
        Flavour::Numpy => &["numpy", "numpy.linalg", "numpy.random"],
        Flavour::Tests => &["pytest", "unittest", "unittest.mock"],
    }
}

/// A box.
pub(super) struct Sandbox {
    guard: Child,
    control: OwnedFd,
    tier: Tier,
    runs: u32,
    broken: bool,
    /// The interpreter's version.
    pub(super) version: String,
    /// What a child holds before it does anything, in KiB.
    pub(super) base_kb: u64,
}

impl Sandbox {
    /// Builds a box and waits until its interpreter is ready. Its children are born in these groups.
    ///
    /// # Errors
    /// With what the guard or the interpreter said.
    pub(super) fn start(tier: Tier, flavour: Flavour, groups: &[Group]) -> io::Result<Self> {
        let (control, theirs) = control_pair()?;
        let mut guard = spawn_guard(tier, theirs)?;
        let mut filters = Map::from_iter([("base".to_owned(), hex(&base()?).into())]);
        for profile in Profile::ALL {
            filters.insert(profile.name().to_owned(), hex(&profile.program()?).into());
        }
        let setup = json!({
            "namespaces": tier == Tier::Namespaces,
            "ruled": rules::abi() > 0,
            "filters": filters,
            "marker": OWN_PID,
            "preload": preload(flavour),
        });
        let groups: Vec<_> = groups.iter().map(|group| group.directory.as_fd()).collect();
        let ready = say(control.as_fd(), &program(flavour), &[])
            .and_then(|()| send(control.as_fd(), &setup, &groups));
        let ready = ready.and_then(|()| {
            readable(control.as_fd(), PATIENCE)?;
            receive(control.as_fd()).map(|(reply, _)| reply)
        });
        match ready {
            Ok(reply) if reply["ready"].is_array() => {
                let parts = reply["ready"].as_array().into_iter().flatten();
                let version = parts.map(Value::to_string).collect::<Vec<_>>().join(".");
                let (runs, broken, base_kb) = (0, false, 0);
                Ok(Self { guard, control, tier, runs, broken, version, base_kb })
            }
            failed => {
                let _ = guard.kill();
                let mut said = String::new();
                if let Some(mut stderr) = guard.stderr.take() {
                    stderr.read_to_string(&mut said)?;
                }
                guard.wait()?;
                let last = said.trim().lines().last().unwrap_or("").to_owned();
                let error = failed.err().map_or_else(String::new, |error| format!(" ({error})"));
                Err(io::Error::other(format!("the box did not start: {last}{error}")))
            }
        }
    }

    pub(super) fn tier(&self) -> Tier {
        self.tier
    }

    pub(super) fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    /// Asks for a child.
    pub(super) fn ask(&mut self, request: &Value, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.runs += 1;
        send(self.control.as_fd(), request, fds)
    }

    /// A reply, when there is one.
    pub(super) fn reply(&mut self) -> io::Result<(Value, Vec<OwnedFd>)> {
        receive(self.control.as_fd())
    }

    /// Marks the box as not to be used again.
    pub(super) fn condemn(&mut self) {
        self.broken = true;
    }

    /// Whether it may be used again.
    pub(super) fn is_fit(&self) -> bool {
        !self.broken && self.runs < RUNS
    }
}

impl Drop for Sandbox {
    /// Ends the guard, and with it everything in the box.
    fn drop(&mut self) {
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn readable(fd: BorrowedFd<'_>, patience: Duration) -> io::Result<()> {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    let patience = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: 0 };
    match poll(&mut fds, Some(&patience))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}

fn send(to: BorrowedFd<'_>, message: &Value, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    say(to, &message.to_string(), fds)
}

fn say(to: BorrowedFd<'_>, text: &str, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::other("too many descriptors"));
    }
    sendmsg(to, &[IoSlice::new(text.as_bytes())], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

fn receive(from: BorrowedFd<'_>) -> io::Result<(Value, Vec<OwnedFd>)> {
    let mut text = vec![0; 1 << 16];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let slices = &mut [IoSliceMut::new(&mut text)];
    let message = recvmsg(from, slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = part {
            fds.extend(rights);
        }
    }
    if message.bytes == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the fork server is gone"));
    }
    Ok((serde_json::from_slice(&text[..message.bytes])?, fds))
}
