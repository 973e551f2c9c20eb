//! `assay serve` as a process of its own, so that what it leaves behind can be seen.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use assay::verify::code::Tier;
use serde_json::Value;

/// Who serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    /// Who runs the tests.
    Own,
    /// Somebody without privileges.
    Nobody,
}

/// A served program.
pub(super) struct Server {
    child: Child,
    url: String,
    /// Held open: it goes on talking.
    _said: BufReader<ChildStdout>,
    /// A copy of the program that anybody may execute.
    _copy: Option<tempfile::TempDir>,
}

impl Server {
    /// Starts one. None, with a loud word, where another user would have to be taken and may not.
    pub(super) fn start(tier: Tier, user: User) -> Option<Self> {
        let own = env!("CARGO_BIN_EXE_assay");
        let mut copy = None;
        let mut command = match user {
            User::Own => Command::new(own),
            User::Nobody if !rustix::process::geteuid().is_root() => {
                super::loudly("an unprivileged server: these tests are not run by root");
                return None;
            }
            User::Nobody => {
                let directory = tempfile::tempdir().unwrap();
                fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
                let path = directory.path().join("assay");
                fs::copy(own, &path).unwrap();
                copy = Some(directory);
                let mut command = Command::new(path);
                command.uid(65_534).gid(65_534);
                command
            }
        };
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--code-isolation", tier.as_str()])
            .args(["--log", "error"])
            .current_dir("/")
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().unwrap().to_owned();
        Some(Self { child, url, _said: said, _copy: copy })
    }

    pub(super) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    fn text(&self, path: &str) -> String {
        let mut answer = ureq::get(format!("{}{path}", self.url)).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    pub(super) fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    /// The value of a series without labels.
    pub(super) fn metric(&self, name: &str) -> f64 {
        let text = self.text("/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// The results of these items, each JSON text.
    pub(super) fn verify(&self, items: impl Iterator<Item = String>, stop: &str) -> Vec<Value> {
        let items = items.collect::<Vec<_>>().join(",");
        let body = format!(r#"{{"items":[{items}],"stop":"{stop}","deadline_ms":550000}}"#);
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.post(format!("{}/v1/verify/code", self.url));
        let mut answer = request.content_type("application/json").send(&body).unwrap();
        let answer: Value = answer.body_mut().with_config().limit(1 << 30).read_json().unwrap();
        answer["results"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }

    /// Waits until something holds.
    pub(super) fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The service answers, and of what ran nothing is left: its processes are runners, guards and fork
    /// servers, and no fork server has a child. (Runs that were not needed any more end a moment after the
    /// answer.)
    pub(super) fn is_clean(&self) {
        assert_eq!(self.get("/readyz")["ready"], true);
        self.until("no run is left", |server| {
            let processes = processes();
            let of_fork_server = |parent: &u32| {
                processes.get(parent).is_some_and(|(_, command)| is_fork_server(command))
            };
            let left = |(pid, (parent, _)): (&u32, &(u32, String))| {
                of_fork_server(parent) && server.is_descendant(&processes, *pid)
            };
            !processes.iter().any(left)
        });
    }

    /// Files that lie in the `/tmp` of a box. (Only who may look into another's root can say.)
    pub(super) fn files(&self) -> Option<String> {
        let processes = processes();
        let boxes = processes.iter().filter(|(pid, (_, command))| {
            is_fork_server(command) && self.is_descendant(&processes, **pid)
        });
        let left = boxes.flat_map(|(pid, _)| {
            let seen = Path::new("/proc").join(pid.to_string()).join("root");
            fs::read_dir(seen.join("box/tmp")).into_iter().flatten().flatten()
        });
        let left: Vec<_> = left.map(|entry| entry.path().display().to_string()).collect();
        (!left.is_empty()).then(|| left.join(", "))
    }

    /// What the service and its helpers hold.
    pub(super) fn memory(&self) -> Memory {
        let processes = processes();
        let mut memory = Memory { service: self.resident_kb(), helpers: 0, count: 0 };
        for pid in processes.keys().filter(|pid| self.is_descendant(&processes, **pid)) {
            memory.helpers = memory.helpers.max(resident_kb(*pid).unwrap_or(0));
            memory.count += 1;
        }
        memory
    }

    fn is_descendant(&self, processes: &BTreeMap<u32, (u32, String)>, mut pid: u32) -> bool {
        while let Some((parent, _)) = processes.get(&pid) {
            if *parent == self.child.id() {
                return true;
            }
            pid = *parent;
        }
        false
    }

    /// The processes of its runners.
    pub(super) fn runners(&self) -> Vec<u32> {
        let own = self.child.id();
        processes()
            .into_iter()
            .filter(|(_, (parent, _))| *parent == own)
            .map(|(pid, _)| pid)
            .collect()
    }

    pub(super) fn resident_kb(&self) -> u64 {
        resident_kb(self.child.id()).unwrap()
    }
}

/// KiB of memory.
#[derive(Debug)]
pub(super) struct Memory {
    /// Of the service.
    service: u64,
    /// The most that a runner, guard or fork server holds.
    helpers: u64,
    /// How many of those there are.
    count: usize,
}

impl Memory {
    /// What is more than it was: 64 MiB of the service, whose caches grow with each case; 24 MiB of a helper, which is
    /// less than any hostile program takes; and helpers beyond a runner with its three boxes per core.
    pub(super) fn growth(&self, after: &Self) -> Option<String> {
        let most = 7 * std::thread::available_parallelism().map_or(1, usize::from);
        let grown = after.service > self.service + (64 << 10)
            || after.helpers > self.helpers + (24 << 10)
            || after.count > self.count.max(most);
        grown.then(|| format!("{self:?} became {after:?}"))
    }
}

fn is_fork_server(command: &str) -> bool {
    command.contains("-I\0-X\0utf8")
}

fn resident_kb(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // Killed without a word: its runners and their boxes end by themselves.
        let begun = Instant::now();
        while processes().values().any(|(parent, _)| *parent == pid) {
            assert!(begun.elapsed() < Duration::from_secs(60), "runners outlive their service");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Parent and command line by process.
fn processes() -> BTreeMap<u32, (u32, String)> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((pid, (parent, command)))
    })
    .collect()
}
