//! One run: its processes from the first to the last, with clocks and budgets.

use std::{
    fs::File,
    io::{self, Read},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{AddressFamily, SocketFlags, SocketType, socketpair},
    process::{Signal, pidfd_send_signal},
};
use serde_json::{Value, json};

use super::{
    boxes::Sandbox,
    pipes::{Collector, sealed},
};
use crate::verify::code::{
    sandbox::{Tier, cgroup::Group, filter::Profile},
    wire::{Bounds, Ended, Flavour, Mode, Process, Stop},
};

/// How often clocks and memory are looked at.
const TICK: Duration = Duration::from_millis(20);

/// How long a box may take to report the end of a child that was killed.
const GRACE: Duration = Duration::from_secs(5);

/// Tasks that a runtime has beside those of the program.
const SPARE: u32 = 8;

/// Bytes of a process's frames.
const FRAMES: usize = 4 << 20;

/// The largest file that is handed back.
const KEPT: u64 = 64 << 20;

/// What a process may use beyond its processor time before it is ended: one that ends within this margin is
/// tried again alone before it is said to have been too slow.
fn patience(cpu_ms: u64) -> Duration {
    Duration::from_millis(cpu_ms + cpu_ms / 5)
}

/// What a runner has to bound its runs with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means<'a> {
    /// Whether it has a user of its own, whose processes can be counted.
    pub(super) own_user: bool,
    /// A group for each process of a run, or none at all.
    pub(super) groups: &'a [Group],
}

/// The outcome of a run that could not be.
pub(super) fn fault(count: usize, message: &str) -> (Vec<Ended>, Vec<Vec<u8>>) {
    let ended = Ended { fault: Some(message.to_owned()), ..Ended::default() };
    (vec![ended; count], vec![Vec::new(); 4 * count])
}

/// Runs each process in its box, all at the same time.
pub(super) fn run(
    boxes: &mut [Sandbox],
    processes: &[Process],
    blobs: &[Vec<u8>],
    service: Option<&UnixStream>,
    means: &Means<'_>,
) -> (Vec<Ended>, Vec<Vec<u8>>) {
    let mut lives = Vec::new();
    let begun = begin(boxes, processes, blobs, means, &mut lives);
    if let Err(error) = begun {
        boxes.iter_mut().for_each(Sandbox::condemn);
        return fault(processes.len(), &format!("the run did not begin: {error}"));
    }
    let mut looked = Instant::now();
    while lives.iter().any(|life| life.ended.is_none()) {
        wait(boxes, &mut lives, service);
        if looked.elapsed() >= TICK {
            lives.iter_mut().for_each(Life::look);
            looked = Instant::now();
        }
        // The last process decides; the others are there for it.
        let decided = lives.last().is_some_and(|life| life.ended.is_some());
        if decided && lives.len() > 1 {
            lives.iter_mut().for_each(|life| life.stop(Stop::Cancelled));
        }
    }
    lives.into_iter().map(Life::close).fold((Vec::new(), Vec::new()), |mut all, (ended, blobs)| {
        all.0.push(ended);
        all.1.extend(blobs);
        all
    })
}

/// Runs a program that does nothing; what it held, in KiB.
pub(super) fn empty(sandbox: &mut Sandbox, means: &Means<'_>) -> io::Result<u64> {
    let bounds = Bounds {
        cpu_ms: 10_000,
        wall_ms: 30_000,
        memory_mb: 1024,
        address_space: false,
        stdout: 1 << 12,
        stderr: 1 << 12,
        tasks: 1,
    };
    let process =
        Process { mode: Mode::Stdio, flavour: Flavour::Plain, bounds, nonce: "0".repeat(32) };
    let blobs = [Vec::new(), Vec::new()];
    let boxes = std::slice::from_mut(sandbox);
    let (ended, outputs) = run(boxes, &[process], &blobs, None, means);
    match &ended[0] {
        Ended { fault: Some(fault), .. } => Err(io::Error::other(fault.clone())),
        Ended { exit: Some(0), mem_kb, .. } => Ok(*mem_kb),
        other => {
            let said = String::from_utf8_lossy(&outputs[2]).into_owned();
            Err(io::Error::other(format!("an empty program ended by {:?}: {said}", other.exit)))
        }
    }
}

fn begin<'a>(
    boxes: &mut [Sandbox],
    processes: &[Process],
    blobs: &[Vec<u8>],
    means: &Means<'a>,
    lives: &mut Vec<Life<'a>>,
) -> io::Result<()> {
    let mut ends: Vec<OwnedFd> = Vec::new();
    if processes.len() > 1 {
        let (one, other) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        ends.extend([one, other]);
    }
    let inputs = blobs.chunks_exact(2);
    for ((at, (process, sandbox)), input) in
        processes.iter().zip(boxes.iter_mut()).enumerate().zip(inputs)
    {
        let (stdout, out) = Collector::new(process.bounds.stdout)?;
        let (stderr, err) = Collector::new(process.bounds.stderr)?;
        let (status, private) = Collector::new(FRAMES)?;
        let (payload, stdin) = (sealed(&input[0])?, sealed(&input[1])?);
        let mut fds =
            vec![stdin.as_fd(), out.as_fd(), err.as_fd(), private.as_fd(), payload.as_fd()];
        fds.extend(ends.get(at).map(AsFd::as_fd));
        let group = means.groups.get(at);
        let (mut request, tmp) = request(process, sandbox.tier(), means, input[1].len() as u64);
        if let Some(group) = group {
            let most = (sandbox.base_kb << 10) + (process.bounds.memory_mb << 20) + tmp;
            group.bind(most, process.bounds.tasks + SPARE)?;
            request["group"] = json!(at);
        }
        sandbox.ask(&request, &fds)?;
        lives.push(Life {
            process: process.clone(),
            group,
            begun: Instant::now(),
            base_kb: sandbox.base_kb,
            pidfd: None,
            pid: None,
            outputs: [stdout, stderr, status],
            stopped: None,
            kept: Vec::new(),
            ended: None,
        });
    }
    Ok(())
}

/// What is asked of the fork server, and how many bytes its files may take.
fn request(process: &Process, tier: Tier, means: &Means<'_>, stdin: u64) -> (Value, u64) {
    let bounds = &process.bounds;
    let (name, exec) = match &process.mode {
        Mode::Stdio => ("stdio", None),
        Mode::Call { .. } => ("call", None),
        Mode::Answer => ("answer", None),
        Mode::Judge => ("judge", None),
        Mode::Suite => ("suite", None),
        Mode::Exec(exec) => ("exec", Some(exec)),
    };
    let profile = match exec {
        None => Profile::Interpreter,
        Some(exec) if exec.processes => Profile::Processes,
        Some(_) => Profile::Program,
    };
    let apart = tier == Tier::Namespaces;
    // Threads reserve their stacks: the address space is bounded well above the memory, which is watched.
    // A thread of a compiled program has a stack as large as the first one's.
    let image = exec.is_some_and(|exec| exec.image);
    let stacks = if image { u64::from(bounds.tasks.min(16)) * bounds.memory_mb } else { 0 };
    let space = (bounds.memory_mb + stacks + 768) << 20;
    let tmp = match exec {
        Some(exec) if exec.keep.is_some() => 128 << 20,
        Some(exec) if exec.stdin_file => (16 << 20) + stdin.next_multiple_of(4096),
        Some(_) | None => 16 << 20,
    };
    // A user's processes are counted where no group counts them.
    let counted = means.groups.is_empty() && (apart || means.own_user);
    let mut request = json!({
        "mode": name,
        "profile": profile.name(),
        "nonce": process.nonce,
        "cwd": if apart { "/tmp" } else { "/usr/lib" },
        "limits": {
            "as": if bounds.address_space { space } else { 0 },
            "cpu_s": bounds.cpu_ms.div_ceil(1000) * 2 + 1,
            "file": if apart { 16 << 20 } else { 1 << 20 },
            // A compiled program recurses on its own stack; an interpreter hardly uses it.
            "stack": if image { bounds.memory_mb << 20 } else { 64 << 20 },
            "nproc": if counted { bounds.tasks + SPARE } else { 0 },
            "tmp": tmp,
        },
    });
    if let Some(exec) = exec {
        request["argv"] = json!(exec.argv);
        request["image"] = json!(exec.image);
        request["reads_payload"] = json!(exec.reads_payload);
        request["stdin_file"] = json!(exec.stdin_file && apart);
        request["write"] = json!(exec.write);
        request["keep"] = json!(exec.keep);
        if exec.keep.is_some() {
            request["limits"]["file"] = json!(KEPT);
        }
    }
    if let Mode::Call { entry } = &process.mode {
        request["entry"] = json!(entry);
    }
    (request, tmp)
}

/// One process, while it lives.
struct Life<'a> {
    process: Process,
    /// What bounds it with all that it starts.
    group: Option<&'a Group>,
    begun: Instant,
    base_kb: u64,
    pidfd: Option<OwnedFd>,
    pid: Option<u32>,
    outputs: [Collector; 3],
    stopped: Option<(Stop, Instant)>,
    kept: Vec<u8>,
    ended: Option<Ended>,
}

impl Life<'_> {
    fn stop(&mut self, why: Stop) {
        if self.ended.is_none() && self.stopped.is_none() {
            self.stopped = Some((why, Instant::now()));
            if let Some(pidfd) = &self.pidfd {
                // It may have ended by itself, which its end will say.
                let _ = pidfd_send_signal(pidfd, Signal::KILL);
            }
            if let Some(group) = self.group {
                group.kill();
            }
        }
    }

    /// The fork server's word: a child has started, or ended.
    fn hear(&mut self, reply: &Value, fds: Vec<OwnedFd>) {
        if reply["started"] == true {
            self.pidfd = fds.into_iter().next();
            if let (Some(_), Some(pidfd)) = (&self.stopped, &self.pidfd) {
                let _ = pidfd_send_signal(pidfd, Signal::KILL);
            }
            return;
        }
        if let Some(file) = fds.into_iter().next() {
            let mut kept = Vec::new();
            if File::from(file).take(KEPT).read_to_end(&mut kept).is_ok() {
                self.kept = kept;
            }
        }
        let number = |name: &str| reply[name].as_u64().unwrap_or(0);
        let small = |name: &str| reply[name].as_i64().and_then(|value| i32::try_from(value).ok());
        let signal = small("signal");
        // Who was no longer needed may have ended by itself just before.
        let killed = signal == Some(Signal::KILL.as_raw());
        let mut stopped = self.stopped.map(|(why, _)| why);
        if killed && self.group.is_some_and(Group::ran_out_of_memory) {
            stopped = stopped.or(Some(Stop::Memory));
        }
        self.ended = Some(Ended {
            exit: small("exit"),
            signal,
            cpu_us: number("cpu_us"),
            wall_us: self.begun.elapsed().as_micros() as u64,
            mem_kb: number("mem_kb"),
            stop: stopped.filter(|why| killed || *why != Stop::Cancelled),
            fault: reply["fault"].as_str().map(str::to_owned),
        });
    }

    /// Looks at the clocks and at the memory.
    fn look(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let bounds = self.process.bounds;
        if self.begun.elapsed() > Duration::from_millis(bounds.wall_ms) {
            self.stop(Stop::Wall);
        }
        // Most runs end before anybody looks.
        self.pid = self.pid.or_else(|| self.pidfd.as_ref().and_then(process_id));
        let Some(pid) = self.pid else { return };
        if cpu_time(pid).is_some_and(|used| used > patience(bounds.cpu_ms)) {
            self.stop(Stop::Cpu);
        }
        if self.group.is_some() {
            return;
        }
        let most = self.base_kb + bounds.memory_mb * 1024;
        if resident_kb(pid).is_some_and(|held| held > most) {
            self.stop(Stop::Memory);
        }
    }

    fn lost(&mut self, why: &str) {
        let ended = Ended { fault: Some(why.to_owned()), ..Ended::default() };
        self.ended.get_or_insert(ended);
    }

    fn close(mut self) -> (Ended, Vec<Vec<u8>>) {
        let mut ended = self.ended.take().unwrap_or_default();
        for (at, output) in self.outputs.iter_mut().enumerate() {
            output.drain();
            if output.over && ended.stop.is_none_or(|stop| stop == Stop::Cancelled) {
                ended.stop = Some(if at == 1 { Stop::Stderr } else { Stop::Stdout });
            }
        }
        let held = ended.mem_kb.saturating_sub(self.base_kb);
        if ended.stop.is_none() && held > self.process.bounds.memory_mb * 1024 {
            ended.stop = Some(Stop::Memory);
        }
        let [stdout, stderr, status] = self.outputs.map(|output| output.bytes);
        (ended, vec![stdout, stderr, status, self.kept])
    }
}

/// Waits for something to happen, a tick at most, and takes note of it.
fn wait(boxes: &mut [Sandbox], lives: &mut [Life<'_>], service: Option<&UnixStream>) {
    let cancelled = {
        let mut fds = Vec::new();
        let ask = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        for (sandbox, life) in boxes.iter().zip(lives.iter()) {
            if life.ended.is_none() {
                fds.push(ask(sandbox.control()));
            }
            fds.extend(life.outputs.iter().filter_map(Collector::fd).map(ask));
        }
        let known = fds.len();
        fds.extend(service.map(|service| ask(service.as_fd())));
        let tick = Timespec { tv_sec: 0, tv_nsec: TICK.as_nanos() as i64 };
        if poll(&mut fds, Some(&tick)).is_err() {
            return;
        }
        fds.get(known).is_some_and(|fd| !fd.revents().is_empty())
    };
    // The service says nothing during a run but that it shall end, or goes away.
    if cancelled {
        lives.iter_mut().for_each(|life| life.stop(Stop::Cancelled));
    }
    for (sandbox, life) in boxes.iter_mut().zip(lives.iter_mut()) {
        for at in 0..life.outputs.len() {
            life.outputs[at].drain();
            if life.outputs[at].over {
                life.stop(if at == 1 { Stop::Stderr } else { Stop::Stdout });
            }
        }
        if life.ended.is_none() && has_word(sandbox) {
            match sandbox.reply() {
                Ok((reply, fds)) => life.hear(&reply, fds),
                Err(error) => {
                    sandbox.condemn();
                    life.lost(&format!("the box broke: {error}"));
                }
            }
        }
        if life.ended.is_none() && life.stopped.is_some_and(|(_, at)| at.elapsed() > GRACE) {
            sandbox.condemn();
            life.lost("the box did not end its child");
        }
    }
}

fn has_word(sandbox: &Sandbox) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(sandbox.control(), PollFlags::IN)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0)
}

/// The process id here of what a descriptor stands for.
fn process_id(pidfd: &OwnedFd) -> Option<u32> {
    let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
    line.trim().parse().ok()
}

fn cpu_time(pid: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    // Fields 14 to 17 of proc(5): own and waited-for children's time, in hundredths of a second.
    Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)? + ticks(13)? + ticks(14)?)))
}

fn resident_kb(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
