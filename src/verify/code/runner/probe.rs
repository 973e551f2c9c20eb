//! Which tier holds here: each is built and attacked, strongest first, and trusted only if nothing got
//! through.

use std::path::Path;

use super::{Runner, python};
use crate::verify::code::{
    Cgroup,
    sandbox::{Tier, cgroup::Group, rules},
    wire::{Bounds, Ended, Exec, Flavour, Found, Mode, Process, Stop},
};

const ATTACKS: &str = include_str!("../python/attacks.py");

/// What an honest program must still be able to do: memory, threads, its own files where there are any.
const HONEST: &str = "import threading\n\
    t = threading.Thread(target=lambda: print(sum(map(int, input().split())), end=''))\n\
    t.start(); t.join()\n";

/// What a group must end: far more memory than it may hold.
const HOG: &str = "x = bytearray(512 << 20)\n";

/// What a group must hold: as many processes as there can be, which stay.
const BOMB: &str = "import os, time\n\
    count = 0\n\
    while count < 200:\n    \
        try:\n        pid = os.fork()\n    \
        except OSError:\n        break\n    \
        if pid == 0:\n        time.sleep(60)\n    \
        count += 1\n\
    print(count)\n";

/// Finds the strongest tier that holds, or takes the one that is known to; and whether groups hold in it.
pub(super) fn find(
    runner: &mut Runner,
    known: Option<Tier>,
    (minimum, maximum): (Tier, Tier),
    group: Option<&Path>,
) -> Found {
    let mut found = Found {
        tier: Tier::None,
        missing: Vec::new(),
        landlock_abi: rules::abi(),
        cgroup: Cgroup::default(),
        python: None,
        numpy: false,
        pytest: false,
    };
    if python().is_none() {
        found.missing.push("python3 is not installed in /usr/bin or /usr/local/bin".to_owned());
        return found;
    }
    if let Some(tier) = known {
        runner.tier = tier;
        runner.groups = group.and_then(|group| Group::of(group).ok()).unwrap_or_default();
        return Found { tier, ..found };
    }
    for tier in [Tier::Namespaces, Tier::Filters] {
        if tier > maximum || tier < minimum {
            found.missing.push(format!("{}: not allowed by the configuration", tier.as_str()));
            continue;
        }
        match attack(runner, tier) {
            Ok(version) => {
                found.tier = tier;
                found.python = Some(version);
                found.numpy = has(runner, "numpy");
                // It works on files, of which there are none behind filters.
                found.pytest = tier == Tier::Namespaces && has(runner, "pytest");
                found.cgroup = group.map_or_else(Cgroup::default, |group| grouped(runner, group));
                return found;
            }
            Err(reason) => found.missing.push(format!("{}: {reason}", tier.as_str())),
        }
    }
    runner.tier = Tier::None;
    found
}

/// Builds a box of this tier and attacks it; the interpreter's version when nothing got through.
fn attack(runner: &mut Runner, tier: Tier) -> Result<String, String> {
    runner.tier = tier;
    runner.boxes.clear();
    let honest = python_says(runner, HONEST, b"20 22\n")?;
    let version = runner.boxes.get(&Flavour::Plain).map(|sandbox| sandbox.version.clone());
    let version = version.ok_or("no box")?;
    if honest != "42" {
        return Err(format!("an honest program failed: {honest:?}"));
    }
    // A root of its own holds nothing to hide; the machine's must not be listed.
    let own = if tier == Tier::Namespaces { "True" } else { "False" };
    let said = python_says(runner, &format!("OWN_ROOT = {own}\n{ATTACKS}"), b"")?;
    match said.as_str() {
        "blocked" => Ok(version),
        _ => Err(format!("an attack got through: {said}")),
    }
}

/// Puts runs into groups, if those hold.
fn grouped(runner: &mut Runner, group: &Path) -> Cgroup {
    let held = Group::of(group).map_err(|error| error.to_string()).and_then(|groups| {
        runner.groups = groups;
        runner.boxes.clear();
        bounded(runner)
    });
    if held.is_err() {
        runner.groups.clear();
        runner.boxes.clear();
    }
    Cgroup { enforced: held.is_ok(), reason: held.err() }
}

/// Whether a group ends who takes too much memory, and holds who starts processes without end.
fn bounded(runner: &mut Runner) -> Result<(), String> {
    let bounds = Bounds { address_space: false, memory_mb: 64, ..BOUNDS };
    let process = Process { mode: Mode::Stdio, flavour: Flavour::Plain, bounds, nonce: nonce() };
    let (ended, _) = runner.run(&[process], &[HOG.as_bytes().to_vec(), Vec::new()], None);
    match &ended[0] {
        Ended { signal: Some(libc::SIGKILL), stop: Some(Stop::Memory), .. } => {}
        other => return Err(format!("a program took memory without end: {other:?}")),
    }
    let python = python().map(|python| python.to_string_lossy().into_owned());
    let argv = python.into_iter().chain(["-I", "-S", "-c", BOMB].map(str::to_owned)).collect();
    let mode = Mode::Exec(Exec { argv, processes: true, ..Exec::default() });
    let process = Process { mode, flavour: Flavour::Plain, bounds: BOUNDS, nonce: nonce() };
    let (ended, outputs) = runner.run(&[process], &[Vec::new(), Vec::new()], None);
    let count = String::from_utf8_lossy(&outputs[0]).trim().parse::<u32>();
    if !count.as_ref().is_ok_and(|count| (1..64).contains(count)) {
        return Err(format!("a fork bomb started {count:?} processes: {:?}", ended[0]));
    }
    let left = runner.groups.iter().any(|group| !group.is_empty());
    if left { Err("a process outlived its run".to_owned()) } else { Ok(()) }
}

fn nonce() -> String {
    "00".repeat(16)
}

/// Bounds of what is tried.
const BOUNDS: Bounds = Bounds {
    cpu_ms: 5000,
    wall_ms: 20_000,
    memory_mb: 128,
    address_space: true,
    stdout: 1 << 16,
    stderr: 1 << 16,
    tasks: 8,
};

fn has(runner: &mut Runner, module: &str) -> bool {
    let source = format!("import importlib.util as u; print(u.find_spec('{module}') is not None)");
    python_says(runner, &source, b"").is_ok_and(|said| said.trim() == "True")
}

/// What a Python program prints.
fn python_says(runner: &mut Runner, source: &str, input: &[u8]) -> Result<String, String> {
    let (mode, flavour, bounds) = (Mode::Stdio, Flavour::Plain, BOUNDS);
    let process = Process { mode, flavour, bounds, nonce: nonce() };
    let blobs = [source.as_bytes().to_vec(), input.to_vec()];
    let (ended, outputs) = runner.run(&[process], &blobs, None);
    let ended = &ended[0];
    if let Some(fault) = &ended.fault {
        return Err(fault.clone());
    }
    let text = |at: usize| String::from_utf8_lossy(&outputs[at]).into_owned();
    if ended.exit != Some(0) {
        let said = format!("{}{}", text(1), text(2).replace(|c: char| c.is_control(), " "));
        return Err(format!("a program ended by {:?}, {:?}: {said}", ended.exit, ended.signal));
    }
    Ok(text(0))
}
