//! Messages between the service and its runners: a JSON header and the bytes that go with it.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Cgroup, sandbox::Tier};

/// The largest message: a run's input with its source.
const LARGEST: u64 = 512 << 20;

/// What a child of the fork server does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// Runs a Python program as a whole.
    Stdio,
    /// Calls one function of a Python program and reports its value.
    Call {
        /// `f`, or `Class.method` of a fresh instance.
        entry: String,
    },
    /// Answers the calls of another process.
    Answer,
    /// Executes an assert or a `check`, with the candidate in another process.
    Judge,
    /// Runs pytest, with the candidate in another process.
    Suite,
    /// Executes a program.
    Exec(Exec),
}

/// A program to execute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exec {
    /// The command line.
    pub(super) argv: Vec<String>,
    /// Whether the payload is the program itself.
    pub(super) image: bool,
    /// Whether the program reads the payload as its fifth open file.
    pub(super) reads_payload: bool,
    /// Where the payload is written first.
    pub(super) write: Option<String>,
    /// The file under `/tmp` that is handed back.
    pub(super) keep: Option<String>,
    /// Whether it may start processes of its own.
    pub(super) processes: bool,
    /// Whether its input also lies at `/dev/stdin`, of which its programs are fond.
    pub(super) stdin_file: bool,
}

/// Which interpreter a run is forked from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flavour {
    /// With the standard library's usual modules.
    Plain,
    /// With NumPy, too.
    Numpy,
    /// A box of its own for tests, with pytest.
    Tests,
}

/// Bounds of one process. 0 for no bound where that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Bounds {
    /// Milliseconds of processor time.
    pub(super) cpu_ms: u64,
    /// Milliseconds.
    pub(super) wall_ms: u64,
    /// MiB of memory.
    pub(super) memory_mb: u64,
    /// Whether the address space is bounded, too. Runtimes that reserve much and use little cannot be.
    pub(super) address_space: bool,
    /// Bytes on standard output.
    pub(super) stdout: usize,
    /// Bytes on standard error.
    pub(super) stderr: usize,
    /// Threads and processes.
    pub(super) tasks: u32,
}

/// One process of a run. Its payload and standard input go with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// What it does.
    pub(super) mode: Mode,
    /// What it is forked from.
    pub(super) flavour: Flavour,
    /// Its bounds.
    pub(super) bounds: Bounds,
    /// Marks its frames.
    pub(super) nonce: String,
}

/// From the service to a runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Find out what this machine allows, or get ready for a tier that is known to hold.
    Start {
        /// The tier, if known.
        tier: Option<Tier>,
        /// The weakest tier that will do.
        minimum: Tier,
        /// The strongest to try.
        maximum: Tier,
        /// The runner's cgroup, if it has one.
        group: Option<PathBuf>,
    },
    /// Run these processes together. Blobs: payload and input of each.
    Run(Vec<Process>),
    /// End what runs.
    Cancel,
}

/// Why a runner ended a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stop {
    /// It used up its processor time.
    Cpu,
    /// It took too long.
    Wall,
    /// It used too much memory.
    Memory,
    /// It wrote too much on standard output.
    Stdout,
    /// It wrote too much on standard error.
    Stderr,
    /// Nobody waits for it, or its partner has ended.
    Cancelled,
}

/// How a process ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    /// Exit code.
    pub(super) exit: Option<i32>,
    /// The signal that ended it.
    pub(super) signal: Option<i32>,
    /// Microseconds of processor time.
    pub(super) cpu_us: u64,
    /// Microseconds from its start to its end.
    pub(super) wall_us: u64,
    /// The most memory it held, in KiB.
    pub(super) mem_kb: u64,
    /// Why the runner ended it, if it did.
    pub(super) stop: Option<Stop>,
    /// What went wrong with the sandbox, not with the program.
    pub(super) fault: Option<String>,
}

/// What a machine offers for running programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    /// The strongest tier that withstood the attacks.
    pub(super) tier: Tier,
    /// Why stronger ones did not.
    pub(super) missing: Vec<String>,
    /// The kernel's Landlock version, 0 for none.
    pub(super) landlock_abi: i32,
    /// Whether runs are bounded by cgroups.
    pub(super) cgroup: Cgroup,
    /// The interpreter's version.
    pub(super) python: Option<String>,
    /// Whether NumPy is there.
    pub(super) numpy: bool,
    /// Whether pytest is there.
    pub(super) pytest: bool,
}

/// From a runner to the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// What was found at the start.
    Ready(Found),
    /// How each process ended. Blobs: output, error output, frames and kept file of each.
    Ran(Vec<Ended>),
}

/// Writes a message.
pub(super) fn send<T: Serialize>(
    to: &mut impl Write,
    message: &T,
    blobs: &[&[u8]],
) -> io::Result<()> {
    let header = serde_json::to_vec(message)?;
    let mut head = Vec::with_capacity(16 + 8 * blobs.len() + header.len());
    head.extend((header.len() as u32).to_le_bytes());
    head.extend((blobs.len() as u32).to_le_bytes());
    for blob in blobs {
        head.extend((blob.len() as u64).to_le_bytes());
    }
    head.extend(header);
    to.write_all(&head)?;
    blobs.iter().try_for_each(|blob| to.write_all(blob))
}

/// Reads a message.
pub(super) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<(T, Vec<Vec<u8>>)> {
    let mut four = [0; 4];
    from.read_exact(&mut four)?;
    let header = u32::from_le_bytes(four);
    from.read_exact(&mut four)?;
    let count = u32::from_le_bytes(four);
    if header > 1 << 24 || count > 64 {
        return Err(io::Error::other("the message's head is not one"));
    }
    let mut sizes = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let mut eight = [0; 8];
        from.read_exact(&mut eight)?;
        sizes.push(u64::from_le_bytes(eight));
    }
    if sizes.iter().sum::<u64>() > LARGEST {
        return Err(io::Error::other("the message is too large"));
    }
    let mut text = vec![0; header as usize];
    from.read_exact(&mut text)?;
    let message = serde_json::from_slice(&text)?;
    let mut blobs = Vec::with_capacity(sizes.len());
    for size in sizes {
        let mut blob = vec![0; size as usize];
        from.read_exact(&mut blob)?;
        blobs.push(blob);
    }
    Ok((message, blobs))
}
