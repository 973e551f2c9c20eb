//! A box is built by a process of its own, the *guard*: it takes the namespaces, enters the root, starts
//! the interpreter as process 1 in there, and ends with it.
//!
//! The guard is this program again (`assay sandbox-runner guard`), freshly executed: nothing of the
//! service's memory is in it.

use std::{
    fs, io,
    os::fd::OwnedFd,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::{
    process::{
        Signal, getgid, getpid, getuid, set_child_subreaper, set_parent_process_death_signal,
    },
    thread::{
        CapabilitySet, UnshareFlags, capabilities, configure_capability_in_ambient_set,
        set_capabilities,
    },
};

use super::{Tier, root, rules, runtime::Runtime, sys::unshare};

/// The user of a box, by its number inside.
const INSIDE: u32 = 1000;

/// Reads the program and becomes it. The folder it was started in is no place for modules.
const BEGIN: &str = "import sys\n\
    sys.path[:] = filter(None, sys.path)\n\
    import socket\n\
    control = socket.socket(fileno=0)\n\
    program = control.recv(1 << 18)\n\
    control.detach()\n\
    exec(compile(program, 'fork server', 'exec'), globals())\n";

/// Starts a guard. `control` becomes its standard input.
pub(in crate::verify::code) fn spawn_guard(tier: Tier, control: OwnedFd) -> io::Result<Child> {
    Command::new("/proc/self/exe")
        .args(["sandbox-runner", &format!("guard-{}", tier.as_str())])
        .env_clear()
        .stdin(Stdio::from(control))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

/// The guard's whole life. Returns only when the box could not be built.
pub(in crate::verify::code) fn guard(tier: Tier, python: &Path) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let runtime = Runtime::found(python);
    let rules = match tier {
        Tier::Namespaces => {
            enter_namespaces()?;
            root::enter(&runtime)?;
            rules::ruleset([Path::new("/")], Some(Path::new("/box")))?
        }
        Tier::Filters => {
            let devices = ["/dev/zero", "/dev/urandom", "/dev/random"].map(PathBuf::from);
            let devices = devices.iter().filter(|device| device.exists());
            let readable = runtime.paths.iter().chain(devices).map(PathBuf::as_path);
            rules::ruleset(readable, None)?
        }
        Tier::None => return Err(io::Error::other("no tier")),
    };
    if rules.is_none() && tier == Tier::Filters {
        return Err(io::Error::other("the kernel has no Landlock"));
    }
    rustix::process::chdir("/")?;
    let mut command = Command::new(python);
    // Not `-I`, which ignores `PYTHONHASHSEED`, too: sets and dictionaries would have another order in each box.
    // What it keeps away is not in `ENVIRONMENT`.
    command
        .args(["-s", "-X", "utf8", "-c", BEGIN])
        .env_clear()
        .envs(ENVIRONMENT)
        .stdin(Stdio::inherit())
        .stdout(rules.map_or_else(Stdio::null, Stdio::from))
        .stderr(Stdio::inherit());
    if tier == Tier::Filters {
        // Without a process namespace the interpreter itself collects what its children leave behind.
        set_child_subreaper(Some(getpid()))?;
        return Err(command.exec());
    }
    let mut child = command.spawn()?;
    drop(command);
    let status = child.wait()?;
    Err(io::Error::other(format!("the interpreter ended: {status}")))
}

/// All that a program finds in its environment.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("PATH", "/usr/bin:/bin"),
    ("HOME", "/tmp"),
    ("LC_ALL", "C.UTF-8"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("OMP_NUM_THREADS", "1"),
    ("OPENBLAS_NUM_THREADS", "1"),
    ("TMPDIR", "/tmp"),
];

/// New namespaces for everything but time and cgroups, with one user in them. (No cgroup can be seen inside, and
/// a run could not be born in its own from another namespace of them.)
fn enter_namespaces() -> io::Result<()> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    unshare(UnshareFlags::NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{INSIDE} {user} 1\n"))?;
    fs::write("/proc/self/gid_map", format!("{INSIDE} {group} 1\n"))?;
    unshare(
        UnshareFlags::NEWNS
            | UnshareFlags::NEWPID
            | UnshareFlags::NEWNET
            | UnshareFlags::NEWIPC
            | UnshareFlags::NEWUTS,
    )?;
    // The fork server mounts each run's /tmp and ends what a run left; it needs no more than this, and its
    // children give it up.
    let wanted = CapabilitySet::SYS_ADMIN | CapabilitySet::KILL;
    let mut sets = capabilities(None)?;
    sets.inheritable = wanted;
    set_capabilities(None, sets)?;
    for capability in [CapabilitySet::SYS_ADMIN, CapabilitySet::KILL] {
        configure_capability_in_ambient_set(capability, true)?;
    }
    Ok(())
}

/// A socket to a fork server: ours and its own end.
pub(in crate::verify::code) fn control_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
    let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
    Ok(socketpair(AddressFamily::UNIX, kind, flags, None)?)
}
