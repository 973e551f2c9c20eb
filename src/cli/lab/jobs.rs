//! Several runs at a time.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::cli::output::progress;

/// Does all items on up to `jobs` threads and returns their results in the items' order. After a failure
/// no further item is begun.
///
/// # Errors
/// The first failure, by the items' order.
pub(super) fn all<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    unit: &str,
    work: impl Fn(&T) -> anyhow::Result<R> + Sync,
) -> anyhow::Result<Vec<R>> {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let done = Mutex::new(Vec::new());
    let bar = progress(items.len() as u64, unit);
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while failed.load(Relaxed) == 0 {
                    let index = next.fetch_add(1, Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    failed.fetch_add(usize::from(result.is_err()), Relaxed);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_a_failure_stops_the_rest() {
        let items: Vec<u64> = (0..20).collect();
        let squares = all(&items, 3, "items", |item| Ok(item * item)).unwrap();
        assert_eq!(squares, items.iter().map(|item| item * item).collect::<Vec<_>>());
        let failure =
            all(&items, 3, "items", |item| if *item == 4 { anyhow::bail!("four") } else { Ok(()) });
        assert_eq!(failure.unwrap_err().to_string(), "four");
        assert!(all(&[] as &[u64], 2, "items", |_| Ok(())).unwrap().is_empty());
    }
}
