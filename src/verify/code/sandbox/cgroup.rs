//! cgroup v2: the kernel's own bounds on what a run holds, where a group is delegated to the service.
//!
//! ```text
//! base          the service's own group, or the one that it was given
//! ├ service     the service: a group that hands out controllers may hold no process itself
//! └ runner-N
//!   ├ host      the runner, its guards and fork servers
//!   └ run-0, 1  the processes of the run that goes on
//! ```
//!
//! A run is born in its group (`CLONE_INTO_CGROUP`): to move a process from one to another waits for every
//! processor of the machine. Files and rules: *Control Group v2* in the kernel's documentation.

use std::{
    cell::Cell,
    fs, io,
    os::{fd::OwnedFd, unix::fs::chown},
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags};

/// Processes of one run, each with a group.
const RUNS: usize = 2;

/// The group of the service itself.
const SERVICE: &str = "service";

/// A group below which the service may make others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify::code) struct Delegated {
    base: PathBuf,
}

impl Delegated {
    /// The group that was given, or the service's own; ready for groups of runners.
    ///
    /// # Errors
    /// Why there is none.
    pub(in crate::verify::code) fn find(given: Option<&Path>) -> Result<Self, String> {
        let base = match given {
            Some(base) => base.to_owned(),
            None => own()?,
        };
        Self::prepared(base, given.is_none())
    }

    /// Has `base` hand out its controllers; before that the service leaves it, if it is its own.
    fn prepared(base: PathBuf, own: bool) -> Result<Self, String> {
        let said = |error: io::Error| format!("{}: {error}", base.display());
        let offered = fs::read_to_string(base.join("cgroup.controllers")).map_err(said)?;
        for wanted in ["memory", "pids"] {
            if !offered.split_whitespace().any(|controller| controller == wanted) {
                return Err(format!("{} has no controller `{wanted}`", base.display()));
            }
        }
        // The root of all groups has no type, and may hold processes.
        let leaves = own && base.join("cgroup.type").exists();
        if leaves {
            make(&base.join(SERVICE)).map_err(said)?;
            fs::write(base.join(SERVICE).join("cgroup.procs"), "0").map_err(said)?;
        }
        if let Err(error) = fs::write(base.join("cgroup.subtree_control"), "+memory +pids") {
            if leaves {
                // Back to where it was: what fails here leaves an empty group behind, and no more.
                let _ = fs::write(base.join("cgroup.procs"), "0");
                let _ = fs::remove_dir(base.join(SERVICE));
            }
            return Err(format!("{} hands out no controllers: {error}", base.display()));
        }
        Ok(Self { base })
    }

    /// The group of a runner, made for processes of `user`, if that is another.
    pub(in crate::verify::code) fn runner(
        &self,
        index: usize,
        user: Option<u32>,
    ) -> io::Result<PathBuf> {
        let group = self.base.join(format!("runner-{index}"));
        make(&group)?;
        make(&group.join("host"))?;
        fs::write(group.join("cgroup.subtree_control"), "+memory +pids")?;
        chown(group.join("cgroup.procs"), user, None)?;
        for run in (0..RUNS).map(|at| group.join(format!("run-{at}"))) {
            make(&run)?;
            fs::write(run.join("memory.oom.group"), "1")?;
            // Absent where the kernel counts no swap.
            if run.join("memory.swap.max").exists() {
                fs::write(run.join("memory.swap.max"), "0")?;
            }
            for file in ["cgroup.procs", "cgroup.kill", "memory.max", "pids.max"] {
                chown(run.join(file), user, None)?;
            }
        }
        Ok(group)
    }

    /// Puts a runner's process among its hosts.
    pub(in crate::verify::code) fn adopt(group: &Path, process: u32) -> io::Result<()> {
        fs::write(group.join("host/cgroup.procs"), process.to_string())
    }
}

fn make(group: &Path) -> io::Result<()> {
    match fs::create_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// The group that this process is in, or the one above where it has left that already.
fn own() -> Result<PathBuf, String> {
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (mount, path) = place(&read("/proc/self/cgroup")?, &read("/proc/self/mountinfo")?)?;
    let path = path.strip_suffix(&format!("/{SERVICE}")).unwrap_or(&path).to_owned();
    let base = if path.is_empty() { mount } else { mount.join(&path[1..]) };
    // Whoever is not root can write to what was handed over only, and a namespace's root is its own; root has
    // to look for systemd's mark.
    let root = rustix::process::geteuid().is_root();
    if root && !matches!(path.as_str(), "" | "/") && !is_marked(&base) {
        return Err(format!("{} is not delegated", base.display()));
    }
    Ok(base)
}

/// Where groups are mounted, and the path below it of who has these `cgroup` and `mountinfo`.
fn place(cgroup: &str, mountinfo: &str) -> Result<(PathBuf, String), String> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"));
    let path = path.ok_or("there is no cgroup v2")?;
    let mounts = mountinfo.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        kind.starts_with("cgroup2 ").then_some((root, point))
    });
    for (root, point) in mounts {
        let below = path.strip_prefix(root.trim_end_matches('/'));
        if let Some(below) = below.filter(|below| below.is_empty() || below.starts_with('/')) {
            return Ok((point.into(), below.to_owned()));
        }
    }
    Err("the service's cgroup is not mounted".to_owned())
}

/// Whether systemd says that it keeps its hands off.
fn is_marked(group: &Path) -> bool {
    ["trusted.delegate", "user.delegate"].iter().any(|name| {
        let mut value = [0; 8];
        let length = rustix::fs::getxattr(group, *name, &mut value[..]);
        length.is_ok_and(|length| &value[..length] == b"1")
    })
}

/// The group of one process of a run.
#[derive(Debug)]
pub(in crate::verify::code) struct Group {
    path: PathBuf,
    /// For who clones into it.
    pub(in crate::verify::code) directory: OwnedFd,
    /// Bytes and tasks, as they were set last.
    bound: Cell<(u64, u32)>,
    kills: Cell<u64>,
}

impl Group {
    /// The groups of a runner's runs.
    pub(in crate::verify::code) fn of(runner: &Path) -> io::Result<Vec<Self>> {
        let group = |at| {
            let path = runner.join(format!("run-{at}"));
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let directory = rustix::fs::open(&path, flags, Mode::empty())?;
            Ok(Self { path, directory, bound: Cell::default(), kills: Cell::default() })
        };
        (0..RUNS).map(group).collect()
    }

    /// Sets what the next process, with all that it starts, may hold: bytes of memory, and tasks.
    pub(in crate::verify::code) fn bind(&self, bytes: u64, tasks: u32) -> io::Result<()> {
        if self.bound.replace((bytes, tasks)) != (bytes, tasks) {
            fs::write(self.path.join("memory.max"), bytes.to_string())?;
            fs::write(self.path.join("pids.max"), tasks.to_string())?;
        }
        Ok(())
    }

    /// Ends all that is in it.
    pub(in crate::verify::code) fn kill(&self) {
        // Older kernels have no such file; the first process is ended by its own number.
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
    }

    /// Whether the kernel has ended something in it for its memory since this was last asked.
    pub(in crate::verify::code) fn ran_out_of_memory(&self) -> bool {
        let events = fs::read_to_string(self.path.join("memory.events")).unwrap_or_default();
        let kills = count(&events, "oom_kill");
        self.kills.replace(kills) < kills
    }

    /// Whether no process is in it.
    pub(in crate::verify::code) fn is_empty(&self) -> bool {
        let events = fs::read_to_string(self.path.join("cgroup.events")).unwrap_or_default();
        count(&events, "populated") == 0
    }
}

/// The number of that name in a file of names and numbers.
fn count(text: &str, name: &str) -> u64 {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "25 20 0:20 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
        26 20 0:21 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

    #[test]
    fn a_process_is_found_below_the_mount() {
        let found = |cgroup, mounts| place(cgroup, mounts);
        let unit = "4:memory:/x\n0::/system.slice/assay.service\n";
        let below = "/system.slice/assay.service".to_owned();
        assert_eq!(found(unit, HYBRID), Ok(("/sys/fs/cgroup/unified".into(), below)));
        // A container without a namespace sees its part of the tree only.
        let part = "9 1 0:21 /pods/a /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        assert_eq!(found("0::/pods/a/b\n", part), Ok(("/sys/fs/cgroup".into(), "/b".into())));
        assert!(found("0::/pods/ab\n", part).is_err());
        assert!(found("4:memory:/x\n", HYBRID).is_err() && found(unit, "").is_err());
    }

    fn group(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        directory
    }

    #[test]
    fn a_group_without_the_controllers_is_of_no_use() {
        let bare = group(&[("cgroup.controllers", "cpu pids\n")]);
        let error = Delegated::find(Some(bare.path())).unwrap_err();
        assert!(error.ends_with("has no controller `memory`"), "{error}");
        assert!(Delegated::find(Some(Path::new("/nonexistent"))).is_err());
    }

    #[test]
    fn the_service_leaves_its_own_group_before_that_hands_out_controllers() {
        let files = [("cgroup.controllers", "cpu memory pids\n"), ("cgroup.type", "domain\n")];
        let base = group(&files);
        let read = |name: &str| fs::read_to_string(base.path().join(name)).unwrap();
        let found = Delegated::prepared(base.path().to_owned(), true).unwrap();
        assert_eq!(read("service/cgroup.procs"), "0");
        assert_eq!(read("cgroup.subtree_control"), "+memory +pids");
        assert_eq!(found.base, base.path());
        // One that was given is not its own, and the root of all groups may hold processes.
        for (base, own) in [(group(&files), false), (group(&files[..1]), true)] {
            Delegated::prepared(base.path().to_owned(), own).unwrap();
            assert!(!base.path().join("service").exists());
        }
    }

    #[test]
    fn a_run_is_bound_and_its_end_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let run = directory.path().join("run-0");
        for at in 0..RUNS {
            fs::create_dir(directory.path().join(format!("run-{at}"))).unwrap();
        }
        let group = Group::of(directory.path()).unwrap().remove(0);
        group.bind(1 << 20, 8).unwrap();
        assert_eq!(fs::read_to_string(run.join("memory.max")).unwrap(), "1048576");
        assert_eq!(fs::read_to_string(run.join("pids.max")).unwrap(), "8");
        fs::remove_file(run.join("pids.max")).unwrap();
        group.bind(1 << 20, 8).unwrap();
        assert!(!run.join("pids.max").exists(), "what holds is not set again");
        assert!(!group.ran_out_of_memory() && group.is_empty());
        fs::write(run.join("memory.events"), "low 0\noom 3\noom_kill 2\n").unwrap();
        assert!(group.ran_out_of_memory() && !group.ran_out_of_memory());
        fs::write(run.join("cgroup.events"), "populated 1\nfrozen 0\n").unwrap();
        assert!(!group.is_empty());
    }
}
