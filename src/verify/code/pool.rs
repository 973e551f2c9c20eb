//! Runners and the queue before them.
//!
//! As many runners as runs may go on at once, each with a thread that feeds it. Runs wait in one line per
//! request, and the lines take turns, so that a request of a thousand tests does not keep one of a single
//! test waiting. Whoever waits no longer (a caller that left, a deadline that passed) leaves the line or
//! has its run ended. A runner that dies is started anew, and its run is tried once more.

mod feed;
mod queue;

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, Once, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use futures::channel::oneshot;

use self::queue::{Job, Queue};
use super::{
    sandbox::{Tier, cgroup::Delegated},
    wire::{Ended, Found, Process},
};

/// Runs that may wait, over all requests.
const WAITING: usize = 1 << 17;

/// How programs are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Runs at the same time.
    pub runners: usize,
    /// The weakest isolation that will do.
    pub minimum: Tier,
    /// The strongest isolation to try.
    pub maximum: Tier,
    /// The program that runners are: this one, unless said otherwise.
    pub program: std::path::PathBuf,
    /// A cgroup (v2) that is delegated to the service and holds no process, for groups of runs. `None`: the
    /// service's own, where that is delegated.
    pub cgroup: Option<std::path::PathBuf>,
    /// Items whose verdicts are remembered.
    pub cache_entries: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            runners: std::thread::available_parallelism().map_or(1, usize::from),
            minimum: Tier::Filters,
            maximum: Tier::Namespaces,
            program: "/proc/self/exe".into(),
            cgroup: None,
            cache_entries: 1 << 14,
        }
    }
}

impl SandboxConfig {
    /// Runs nothing.
    #[must_use]
    pub fn off() -> Self {
        Self { program: "/nonexistent".into(), maximum: Tier::None, ..Self::default() }
    }
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Its deadline passed.
    Timeout,
    /// Too many runs wait.
    Overloaded,
    /// No isolation holds here.
    Unavailable,
    /// The runner failed, twice.
    Fault(String),
}

/// How a run went.
#[derive(Debug)]
pub(super) struct Outcome {
    /// How each process ended.
    pub(super) ended: Vec<Ended>,
    /// Output, error output, frames and kept file of each.
    pub(super) blobs: Vec<Vec<u8>>,
    /// How long the run waited.
    pub(super) queued: Duration,
}

/// Counters of the pool.
#[derive(Debug, Default)]
pub struct PoolStats {
    /// Runs that ended.
    pub runs: AtomicU64,
    /// Microseconds that runs waited.
    pub queued_us: AtomicU64,
    /// Microseconds of processor time that runs took.
    pub cpu_us: AtomicU64,
    /// Runs going on.
    pub running: AtomicU64,
    /// Runners that were started in another's place.
    pub respawns: AtomicU64,
    /// Runs that were ended because nobody waited any more.
    pub abandoned: AtomicU64,
}

/// What the threads share.
#[derive(Debug)]
struct Shared {
    config: SandboxConfig,
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Held shared by every run, and alone by one that must not be disturbed.
    alone: RwLock<()>,
    found: OnceLock<Found>,
    /// Where runners have groups; none where that did not hold.
    delegated: OnceLock<Delegated>,
    closed: AtomicBool,
    stats: PoolStats,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs processes in sandboxes. Runners start with the first run, or when asked for.
#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    started: Once,
    threads: Mutex<Vec<JoinHandle<()>>>,
    requests: AtomicU64,
}

impl Pool {
    pub(super) fn new(config: SandboxConfig) -> Self {
        let shared = Shared {
            config,
            queue: Mutex::default(),
            wake: Condvar::new(),
            alone: RwLock::new(()),
            found: OnceLock::new(),
            delegated: OnceLock::new(),
            closed: AtomicBool::new(false),
            stats: PoolStats::default(),
        };
        let (started, threads, requests) = (Once::new(), Mutex::default(), AtomicU64::new(0));
        Self { shared: Arc::new(shared), started, threads, requests }
    }

    /// Starts the runners, once; the first finds out what isolation holds.
    pub(super) fn start(&self) {
        self.started.call_once(|| {
            let feeder = |index| {
                let shared = Arc::clone(&self.shared);
                let name = format!("sandbox-{index}");
                std::thread::Builder::new().name(name).spawn(move || feed::feed(&shared, index))
            };
            let threads =
                (0..self.shared.config.runners.max(1)).map_while(|index| feeder(index).ok());
            let mut held = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            held.extend(threads);
        });
    }

    /// What was found at the start, once it is known.
    pub(super) fn found(&self) -> Option<&Found> {
        self.shared.found.get()
    }

    /// Waits until it is known what isolation holds. For use before requests are served.
    pub(super) fn wait(&self) -> Option<&Found> {
        self.start();
        let begun = Instant::now();
        while self.found().is_none() && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.found()
    }

    pub(super) fn config(&self) -> &SandboxConfig {
        &self.shared.config
    }

    pub(super) fn stats(&self) -> &PoolStats {
        &self.shared.stats
    }

    /// Runs that wait.
    pub(super) fn waiting(&self) -> usize {
        self.shared.queue().len()
    }

    /// A number for a request's line in the queue.
    pub(super) fn request(&self) -> u64 {
        self.requests.fetch_add(1, Relaxed)
    }

    /// Runs processes together. `alone`: while nothing else runs. Dropping the future ends the run.
    pub(super) async fn run(
        &self,
        request: u64,
        processes: Vec<Process>,
        blobs: Vec<Arc<[u8]>>,
        alone: bool,
        deadline: Instant,
    ) -> Result<Outcome, Lost> {
        self.start();
        if deadline <= Instant::now() {
            return Err(Lost::Timeout);
        }
        let (reply, answer) = oneshot::channel();
        let left = Arc::new(AtomicBool::new(false));
        let _leaving = Leaving(Arc::clone(&left));
        let queued = Instant::now();
        let job = Job { processes, blobs, alone, deadline, left, reply, queued };
        {
            let mut queue = self.shared.queue();
            if queue.len() >= WAITING {
                return Err(Lost::Overloaded);
            }
            queue.push(request, job);
        }
        self.shared.wake.notify_one();
        answer.await.unwrap_or_else(|_| Err(Lost::Fault("the sandbox is stopping".to_owned())))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.closed.store(true, Relaxed);
        self.shared.wake.notify_all();
        let threads = self.threads.get_mut().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // A thread that panicked has nothing left to end.
            let _ = thread.join();
        }
    }
}

/// Says that nobody waits any more.
struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}
