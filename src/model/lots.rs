//! A batch cut into lots that are computed side by side, one on each idle core.
//!
//! A core that takes whole sequences through the network waits for no other between operations, and keeps
//! what it computes in its own cache.

use std::cmp::Reverse;

use rayon::prelude::*;

/// One lot for each item.
pub(super) fn single(items: usize) -> Vec<Vec<usize>> {
    (0..items).map(|item| vec![item]).collect()
}

/// Deals `units`, sets of items that belong together, into at most `lots` lots of about equal cost: the
/// costliest first, each to the lot that has the least so far (Graham 1969, *Bounds on Multiprocessing
/// Timing Anomalies*, §5). No lot is empty, and each has its items in ascending order.
pub(super) fn deal(
    units: Vec<Vec<usize>>,
    lots: usize,
    cost: impl Fn(usize) -> usize,
) -> Vec<Vec<usize>> {
    let total = |unit: &[usize]| unit.iter().map(|item| cost(*item)).sum::<usize>();
    let mut units: Vec<_> = units.into_iter().map(|unit| (total(&unit), unit)).collect();
    units.sort_by_key(|(cost, _)| Reverse(*cost));
    let mut dealt = vec![(0, Vec::new()); lots.clamp(1, units.len().max(1))];
    for (cost, unit) in units {
        if let Some((sum, lot)) = dealt.iter_mut().min_by_key(|(sum, _)| *sum) {
            *sum += cost;
            lot.extend(unit);
        }
    }
    let sorted = |(_, mut lot): (usize, Vec<usize>)| {
        lot.sort_unstable();
        lot
    };
    dealt.into_iter().map(sorted).filter(|lot| !lot.is_empty()).collect()
}

/// `f` of each lot, at the same time if `side_by_side`; what it gives for each item, in the order of the items.
pub(super) fn each<R: Send, E: Send>(
    lots: &[Vec<usize>],
    side_by_side: bool,
    f: impl Fn(&[usize]) -> Result<Vec<R>, E> + Sync,
) -> Result<Vec<R>, E> {
    let results: Vec<Vec<R>> = if side_by_side && lots.len() > 1 {
        lots.par_iter().map(|lot| f(lot)).collect::<Result<_, E>>()?
    } else {
        lots.iter().map(|lot| f(lot)).collect::<Result<_, E>>()?
    };
    let mut placed: Vec<_> = lots.iter().flatten().zip(results.into_iter().flatten()).collect();
    placed.sort_unstable_by_key(|(item, _)| **item);
    Ok(placed.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_belongs_together_stays_together() {
        let costs = [5, 1, 9, 5, 3, 3];
        let units = vec![vec![0, 3], vec![1], vec![2], vec![4, 5]];
        // 10, 9, 6, 1: the third joins the second's lot, the last the first's.
        let lots = deal(units.clone(), 2, |item| costs[item]);
        assert_eq!(lots, [vec![0, 1, 3], vec![2, 4, 5]]);
        assert_eq!(deal(units, 1, |item| costs[item]), [vec![0, 1, 2, 3, 4, 5]]);
        assert_eq!(deal(Vec::new(), 3, |_| 1), Vec::<Vec<usize>>::new());
    }

    proptest! {
        /// No lot is more than an item above the mean: it had the least before it got its last one.
        #[test]
        fn lots_are_even_and_answers_in_order(
            costs in prop::collection::vec(1_usize..500, 1..60),
            count in 1_usize..5,
        ) {
            let lots = deal(single(costs.len()), count, |item| costs[item]);
            prop_assert_eq!(lots.len(), count.min(costs.len()));
            let worst = lots.iter().map(|lot| lot.iter().map(|item| costs[*item]).sum::<usize>()).max();
            let sum: usize = costs.iter().sum();
            let longest = costs.iter().max().copied().unwrap_or(0);
            prop_assert!(worst.unwrap_or(0) <= sum.div_ceil(count) + longest);
            let of = |lot: &[usize]| Ok::<_, ()>(lot.iter().map(|item| costs[*item]).collect());
            prop_assert_eq!(each(&lots, true, of), Ok(costs.clone()));
            prop_assert_eq!(each(&lots, false, of), Ok(costs));
        }
    }

    #[test]
    fn one_failure_is_the_answer() {
        let of = |lot: &[usize]| if lot == [2] { Err("no") } else { Ok(lot.to_vec()) };
        assert_eq!(each(&single(4), true, of), Err("no"));
        assert_eq!(each(&single(2), false, of), Ok(vec![0, 1]));
    }
}
