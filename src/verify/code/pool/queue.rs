//! Runs that wait: a line per request, and the lines take turns.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use futures::channel::oneshot;

use super::{Lost, Outcome};
use crate::verify::code::wire::Process;

/// A run that waits.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) processes: Vec<Process>,
    /// Payload and input of each process.
    pub(super) blobs: Vec<Arc<[u8]>>,
    pub(super) alone: bool,
    pub(super) deadline: Instant,
    /// Whether nobody waits for it any more.
    pub(super) left: Arc<AtomicBool>,
    pub(super) reply: oneshot::Sender<Result<Outcome, Lost>>,
    pub(super) queued: Instant,
}

impl Job {
    pub(super) fn is_abandoned(&self) -> bool {
        self.left.load(Relaxed)
    }
}

/// The lines.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lines: VecDeque<(u64, VecDeque<Job>)>,
    len: usize,
}

impl Queue {
    /// Runs that wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts a run at the end of its request's line.
    pub(super) fn push(&mut self, request: u64, job: Job) {
        self.len += 1;
        match self.lines.iter_mut().find(|(owner, _)| *owner == request) {
            Some((_, line)) => line.push_back(job),
            None => self.lines.push_back((request, VecDeque::from([job]))),
        }
    }

    /// The next run: each line's first in turn.
    pub(super) fn pop(&mut self) -> Option<Job> {
        let (request, mut line) = self.lines.pop_front()?;
        let job = line.pop_front();
        if !line.is_empty() {
            self.lines.push_back((request, line));
        }
        self.len -= usize::from(job.is_some());
        job
    }

    /// Takes out what nobody waits for, and answers what is too late.
    pub(super) fn sweep(&mut self, now: Instant) {
        for (_, line) in &mut self.lines {
            let (kept, gone): (VecDeque<Job>, VecDeque<Job>) = std::mem::take(line)
                .into_iter()
                .partition(|job| !job.is_abandoned() && job.deadline > now);
            *line = kept;
            for job in gone {
                // Whoever has left needs no answer.
                let _ = job.reply.send(Err(Lost::Timeout));
            }
        }
        self.lines.retain(|(_, line)| !line.is_empty());
        self.len = self.lines.iter().map(|(_, line)| line.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn job(deadline: Instant) -> (Job, oneshot::Receiver<Result<Outcome, Lost>>) {
        let (reply, answer) = oneshot::channel();
        let left = Arc::new(AtomicBool::new(false));
        let (processes, blobs, alone, queued) = (vec![], vec![], false, deadline);
        (Job { processes, blobs, alone, deadline, left, reply, queued }, answer)
    }

    #[test]
    fn requests_take_turns() {
        let now = Instant::now();
        let mut queue = Queue::default();
        // Told apart by their deadlines.
        for (request, at) in [(1, 0), (1, 1), (1, 2), (2, 10), (3, 20), (3, 21)] {
            queue.push(request, job(now + Duration::from_secs(at)).0);
        }
        let order: Vec<u64> =
            std::iter::from_fn(|| queue.pop()).map(|job| (job.deadline - now).as_secs()).collect();
        assert_eq!(order, [0, 10, 20, 1, 21, 2]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn who_has_left_or_is_late_leaves_the_line() {
        let now = Instant::now();
        let mut queue = Queue::default();
        let (late, mut answer) = job(now);
        let (gone, _) = job(now + Duration::from_secs(9));
        gone.left.store(true, Relaxed);
        let (kept, _) = job(now + Duration::from_secs(5));
        for job in [late, gone, kept] {
            queue.push(1, job);
        }
        queue.sweep(now);
        assert_eq!(queue.len(), 1);
        assert!(matches!(answer.try_recv(), Ok(Some(Err(Lost::Timeout)))));
    }
}
