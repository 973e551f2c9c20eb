//! Which tier holds here: each is built and attacked, strongest first, and trusted only if nothing got
//! through.

use super::{Runner, python};
use crate::verify::code::{
    sandbox::{Tier, rules},
    wire::{Bounds, Flavour, Found, Mode, Process},
};

const ATTACKS: &str = include_str!("../python/attacks.py");

/// What an honest program must still be able to do: memory, threads, its own files where there are any.
const HONEST: &str = "import threading\n\
    t = threading.Thread(target=lambda: print(sum(map(int, input().split())), end=''))\n\
    t.start(); t.join()\n";

/// Finds the strongest tier that holds, or takes the one that is known to.
pub(super) fn find(
    runner: &mut Runner,
    known: Option<Tier>,
    minimum: Tier,
    maximum: Tier,
) -> Found {
    let mut found = Found {
        tier: Tier::None,
        missing: Vec::new(),
        landlock_abi: rules::abi(),
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

fn has(runner: &mut Runner, module: &str) -> bool {
    let source = format!("import importlib.util as u; print(u.find_spec('{module}') is not None)");
    python_says(runner, &source, b"").is_ok_and(|said| said.trim() == "True")
}

/// What a Python program prints.
fn python_says(runner: &mut Runner, source: &str, input: &[u8]) -> Result<String, String> {
    let bounds = Bounds {
        cpu_ms: 5000,
        wall_ms: 20_000,
        memory_mb: 128,
        address_space: true,
        stdout: 1 << 16,
        stderr: 1 << 16,
        tasks: 8,
    };
    let process =
        Process { mode: Mode::Stdio, flavour: Flavour::Plain, bounds, nonce: "00".repeat(16) };
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
