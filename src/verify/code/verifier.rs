//! The verifier: programs in, verdicts out.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, Shared, WeakShared},
    stream,
};
use lru::LruCache;
use sha2::{Digest, Sha256};

use super::{
    Capabilities, Grade, Program,
    grade::Grading,
    language::LANGUAGES,
    pool::{Pool, PoolStats, SandboxConfig},
    sandbox::Tier,
    verdict::Verdict,
};
use crate::domain::{Miss, MissStatus};

/// Programs of one request that are in work at the same time.
const AT_ONCE: usize = 256;

type Key = [u8; 32];
type Running = Shared<BoxFuture<'static, Arc<Grade>>>;

/// Runs programs against tests.
pub struct CodeVerifier {
    pub(super) pool: Pool,
    known: Option<Mutex<LruCache<Key, Arc<Grade>>>>,
    running: Mutex<HashMap<Key, WeakShared<BoxFuture<'static, Arc<Grade>>>>>,
    verdicts: [AtomicU64; Verdict::ALL.len()],
}

impl std::fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeVerifier")
    }
}

impl CodeVerifier {
    /// A verifier. Its runners start when they are first needed, or by [`Self::start`].
    #[must_use]
    pub fn new(config: SandboxConfig) -> Self {
        let known = NonZeroUsize::new(config.cache_entries);
        let known = known.map(|entries| Mutex::new(LruCache::new(entries)));
        let (running, verdicts) = Default::default();
        Self { pool: Pool::new(config), known, running, verdicts }
    }

    /// Starts the runners and waits until it is known what isolation holds here.
    pub fn start(&self) {
        self.pool.wait();
    }

    /// What this machine offers; `None` before that has been found out.
    #[must_use]
    pub fn capabilities(&self) -> Option<Capabilities> {
        let found = self.pool.found()?;
        let usable = found.tier != Tier::None;
        let languages = LANGUAGES.iter().map(|language| {
            let there = language.tool().is_some() && language.runs_in(found.tier);
            (language.name.to_owned(), there)
        });
        Some(Capabilities {
            available: usable,
            tier: found.tier,
            missing: found.missing.clone(),
            remedies: if usable { Vec::new() } else { REMEDIES.map(str::to_owned).to_vec() },
            landlock_abi: found.landlock_abi,
            cgroup: found.cgroup.clone(),
            python: found.python.clone(),
            numpy: found.numpy,
            pytest: found.pytest,
            languages: languages.collect(),
            runners: self.pool.config().runners,
        })
    }

    /// The runners' counters.
    #[must_use]
    pub fn stats(&self) -> &PoolStats {
        self.pool.stats()
    }

    /// How many tests had each verdict, in the order of [`Verdict::ALL`]; remembered ones do not count.
    pub fn verdicts(&self) -> impl Iterator<Item = (Verdict, u64)> {
        Verdict::ALL.into_iter().zip(self.verdicts.iter().map(|count| count.load(Relaxed)))
    }

    /// Runs that wait for a runner.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pool.waiting()
    }

    /// The grade of each program, in order. What is not ready by `deadline` is a `timeout` miss. Equal
    /// programs with equal tests run once, also among requests.
    pub async fn grade_all(
        self: &Arc<Self>,
        programs: Vec<Program>,
        deadline: Instant,
    ) -> Vec<Arc<Grade>> {
        let request = self.pool.request();
        stream::iter(programs)
            .map(|program| self.clone().grade(request, program, deadline))
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    async fn grade(
        self: Arc<Self>,
        request: u64,
        program: Program,
        deadline: Instant,
    ) -> Arc<Grade> {
        let key = key(&program);
        if let Some(known) = self.remembered(&key) {
            return known;
        }
        let (running, ours) = self.join(key, request, &program, deadline);
        let grade = running.await;
        // Another request's time may have run out, or its sandbox failed: then it is our turn.
        let lost = grade.miss.as_ref().is_some_and(Miss::retryable);
        if lost && !ours && Instant::now() < deadline {
            return Arc::new(Grading::new(&self.pool, request, deadline).grade(&program).await);
        }
        grade
    }

    fn remembered(&self, key: &Key) -> Option<Arc<Grade>> {
        let mut known = self.known.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let grade = known.get(key)?;
        Some(Arc::new(Grade { cached: true, queue_ms: 0.0, ..Grade::clone(grade) }))
    }

    /// The work on a program: the one that is going on, or a new one (then it is ours).
    fn join(
        self: &Arc<Self>,
        key: Key,
        request: u64,
        program: &Program,
        deadline: Instant,
    ) -> (Running, bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = running.get(&key).and_then(WeakShared::upgrade) {
            return (shared, false);
        }
        let (this, program) = (Arc::clone(self), program.clone());
        let work = async move {
            let grade = Grading::new(&this.pool, request, deadline).grade(&program).await;
            let grade = Arc::new(grade);
            this.finished(key, &grade);
            grade
        };
        let shared = work.boxed().shared();
        if let Some(weak) = shared.downgrade() {
            running.insert(key, weak);
        }
        // Work that was dropped before its end is still listed.
        if running.len() > 1 << 16 {
            running.retain(|_, weak| weak.upgrade().is_some());
        }
        (shared, true)
    }

    fn finished(&self, key: Key, grade: &Arc<Grade>) {
        for test in &grade.tests {
            self.verdicts[test.verdict as usize].fetch_add(1, Relaxed);
        }
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        if let Some(known) = &self.known
            && grade.is_lasting()
        {
            known.lock().unwrap_or_else(PoisonError::into_inner).put(key, Arc::clone(grade));
        }
    }
}

/// How to get what is missing.
const REMEDIES: [&str; 3] = [
    "install python3 in /usr/bin or /usr/local/bin",
    "allow user namespaces: hostUsers: false in Kubernetes, or a seccomp profile that permits unshare, \
     clone with CLONE_NEW* and mount (docs/code-verifier.md)",
    "or run on a kernel with Landlock (5.13 or later, `landlock` in /sys/kernel/security/lsm) and seccomp",
];

/// What a grade depends on.
fn key(program: &Program) -> Key {
    let mut hash = Sha256::new();
    for part in [&program.language, program.text.as_str(), &program.tests_text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update(format!("{:?} {:?} {}", program.limits, program.stop, program.extract));
    hash.finalize().into()
}

/// The miss of a program that could not be run.
pub(super) fn miss(status: MissStatus, message: impl Into<std::borrow::Cow<'static, str>>) -> Miss {
    Miss::new(status, message)
}
