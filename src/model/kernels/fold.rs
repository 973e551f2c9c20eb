//! Reductions that compilers vectorise.

/// Interleaved parts: a register's width, or two.
const PARTS: usize = 16;

/// `f` folded over the values, in interleaved parts that are folded last. Always in the same order.
#[inline(always)]
pub(super) fn fold<T, U>(values: &[T], from: U, f: impl Fn(U, U) -> U + Copy) -> U
where
    T: Copy,
    U: Copy + From<T>,
{
    fold_map(values, |value| value, from, f)
}

/// [`fold`] over what `map` makes of the values.
#[inline(always)]
pub(super) fn fold_map<T, U>(
    values: &[T],
    map: impl Fn(T) -> T,
    from: U,
    f: impl Fn(U, U) -> U + Copy,
) -> U
where
    T: Copy,
    U: Copy + From<T>,
{
    let mut parts = [from; PARTS];
    let (chunks, rest) = values.as_chunks::<PARTS>();
    for chunk in chunks {
        for (part, value) in parts.iter_mut().zip(chunk) {
            *part = f(*part, U::from(map(*value)));
        }
    }
    for (part, value) in parts.iter_mut().zip(rest) {
        *part = f(*part, U::from(map(*value)));
    }
    parts.into_iter().fold(from, f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_counts_once() {
        for length in [0_u16, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (1..=length).map(f32::from).collect();
            let sum = f32::from(length * (length + 1) / 2);
            assert_eq!(fold(&values, 0.0_f32, |a, b| a + b), sum);
            assert_eq!(fold(&values, 0.0_f64, |a, b| a + b), f64::from(sum));
            assert_eq!(fold(&values, 0.0_f32, f32::max), f32::from(length));
            let squares = sum * (2.0 * f32::from(length) + 1.0) / 3.0;
            assert_eq!(fold_map(&values, |v| v * v, 0.0_f64, |a, b| a + b), f64::from(squares));
        }
    }
}
