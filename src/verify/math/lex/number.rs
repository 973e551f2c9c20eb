//! Numeric literals: grouping of thousands, decimals, repeating decimals, exponents.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::super::ast::{Decimal, Number};
use super::{LexError, Sense};

/// Greatest number of digits read from a literal: about 64 Kbit.
const MAX_DIGITS: usize = 19_000;

/// A literal and how it was written.
pub(super) struct Read {
    pub(super) number: Number,
    /// Bytes of the source.
    pub(super) length: usize,
    /// The sense in which it would have been read differently.
    pub(super) otherwise: Option<Sense>,
}

/// Bits of numerator and denominator together.
pub(in crate::verify::math) fn rational_bits(value: &RBig) -> usize {
    use dashu_int::ops::BitTest;
    value.numerator().bit_len() + value.denominator().bit_len()
}

/// The value of a run of decimal digits.
pub(in crate::verify::math) fn digits_value(digits: &[u8]) -> Option<UBig> {
    if digits.len() <= 18 {
        let value = digits.iter().fold(0u64, |sum, &digit| sum * 10 + u64::from(digit - b'0'));
        return Some(UBig::from(value));
    }
    if digits.len() > MAX_DIGITS {
        return None;
    }
    std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok())
}

/// Reads the literal at the start of `source`, which begins with a digit or with a point and a digit. Commas
/// group thousands only `outside` of brackets.
pub(super) fn read(source: &str, sense: Sense, outside: bool) -> Result<Read, LexError> {
    let grouping = outside && sense != Sense::Listed;
    let bytes = source.as_bytes();
    let mut digits = Vec::with_capacity(16);
    let mut at = run(bytes, 0, &mut digits);
    let mut commas = false;
    if let Some((end, by_comma)) = groups(bytes, at, grouping) {
        digits.clear();
        digits.extend(bytes[..end].iter().copied().filter(u8::is_ascii_digit));
        at = end;
        // A list has no member `000`.
        let padded = bytes[..end].windows(2).any(|pair| pair == b",0");
        commas = by_comma && !padded;
    }
    let mut places = 0;
    let mut decimal = false;
    let mut repeating = Vec::new();
    if bytes.get(at) == Some(&b'.') {
        let integral = digits.len();
        let end = run(bytes, at + 1, &mut digits);
        let repeat = repetend(&source[end..]);
        if end > at + 1 || repeat.is_some() {
            decimal = true;
            places = digits.len() - integral;
            at = end;
        }
        if let Some((block, length)) = repeat {
            repeating = block;
            at += length;
        }
    }
    let certain = decimal || digits == b"1" || sense == Sense::Scientific;
    let power = exponent(bytes, at, certain);
    let program = power.is_none() && exponent(bytes, at, true).is_some();
    let mut number = literal(&digits, places, &repeating).ok_or(LexError::Number)?;
    if decimal && repeating.is_empty() {
        number.decimal = Some(spelling(&digits, places));
        if let Some(length) = ellipsis(&source[at..]) {
            at += length;
            continued(&mut number, &digits, places);
        }
    }
    if let Some((power, end)) = power {
        at = end;
        number.value = scaled(number.value, power).ok_or(LexError::Number)?;
        number.decimal = number.decimal.map(|d| Decimal { places: d.places - power, ..d });
    }
    let otherwise = if commas { Some(Sense::Listed) } else { program.then_some(Sense::Scientific) };
    Ok(Read { number, length: at, otherwise })
}

/// The length of digits and letters in front of the base 16, if there are both: `1A3_{16}`.
pub(super) fn hexadecimal(bytes: &[u8]) -> Option<usize> {
    let length = bytes.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (digits, behind) = bytes.split_at(length);
    let lettered = length > 1 && !digits.iter().all(u8::is_ascii_digit);
    let cased = !digits.iter().any(u8::is_ascii_lowercase);
    (lettered && cased && behind.starts_with(b"_{16}")).then_some(length)
}

fn run(bytes: &[u8], from: usize, digits: &mut Vec<u8>) -> usize {
    let length = bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    digits.extend_from_slice(&bytes[from..from + length]);
    from + length
}

/// The end of a number whose thousands are separated, and whether commas did it.
fn groups(bytes: &[u8], first: usize, commas: bool) -> Option<(usize, bool)> {
    if first == 0 || first > 3 || bytes[0] == b'0' {
        return None;
    }
    let separators: [&[u8]; 9] =
        [b"{,}", b",\\!", b"\\,", b"\\;", b"\\:", b"\\ ", b"~", b" ", b","];
    let separator = *separators.iter().find(|s| bytes[first..].starts_with(s))?;
    if separator == b"," && !commas {
        return None;
    }
    let mut at = first;
    let mut count = 0;
    while bytes[at..].starts_with(separator) {
        let group = &bytes[at + separator.len()..];
        let length = group.iter().take_while(|b| b.is_ascii_digit()).count();
        if length == 0 {
            break;
        }
        if length != 3 {
            return None;
        }
        at += separator.len() + 3;
        count += 1;
    }
    // `2 300/7` would be a mixed number, `1 000.5` is one number.
    let blank = separator == b" " || separator == b"~";
    if count == 0 || (blank && bytes.get(at) == Some(&b'/')) {
        return None;
    }
    Some((at, separator == b","))
}

/// The overlined or dotted block after a decimal point, and its length in the source.
fn repetend(rest: &str) -> Option<(Vec<u8>, usize)> {
    if let Some(found) = dotted(rest) {
        return Some(found);
    }
    for name in ["\\overline{", "\\bar{", "\\dot{", "\\overline ", "\\bar "] {
        if let Some(tail) = rest.strip_prefix(name) {
            let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
            let digits = if name.ends_with(' ') { digits.min(1) } else { digits };
            let closed = name.ends_with(' ') || tail.as_bytes().get(digits) == Some(&b'}');
            let close = usize::from(!name.ends_with(' '));
            return (digits > 0 && closed)
                .then(|| (tail.as_bytes()[..digits].to_vec(), name.len() + digits + close));
        }
    }
    // `0.(3)`
    let tail = rest.strip_prefix('(')?;
    let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && tail.as_bytes().get(digits) == Some(&b')'))
        .then(|| (tail.as_bytes()[..digits].to_vec(), digits + 2))
}

/// `\dot{1}4285\dot{7}`: a dot over the first and the last digit of the block. The block itself, and its length
/// in the source.
fn dotted(rest: &str) -> Option<(Vec<u8>, usize)> {
    let digit = |text: &str| text.bytes().next().filter(u8::is_ascii_digit);
    let first = rest.strip_prefix("\\dot{")?;
    let mut block = vec![digit(first)?];
    let middle = first[1..].strip_prefix('}')?;
    let count = middle.bytes().take_while(u8::is_ascii_digit).count();
    block.extend_from_slice(&middle.as_bytes()[..count]);
    let last = middle[count..].strip_prefix("\\dot{")?;
    block.push(digit(last)?);
    let behind = last[1..].strip_prefix('}')?;
    Some((block, rest.len() - behind.len()))
}

fn ellipsis(rest: &str) -> Option<usize> {
    let trimmed = rest.trim_start();
    let skipped = rest.len() - trimmed.len();
    ["\\ldots", "\\dots", "\\cdots", "..."]
        .iter()
        .find(|mark| trimmed.starts_with(**mark))
        .map(|mark| skipped + mark.len())
}

/// A power of ten in the notation of programs. `2e-1` is Euler's number unless the power is `certain`: the
/// mantissa is a decimal or 1, or the sense says so.
fn exponent(bytes: &[u8], at: usize, certain: bool) -> Option<(i32, usize)> {
    if !matches!(bytes.get(at), Some(b'e' | b'E')) {
        return None;
    }
    let sign = bytes.get(at + 1).copied().filter(|b| matches!(b, b'+' | b'-'));
    if sign.is_some() && !certain {
        return None;
    }
    let from = at + 1 + usize::from(sign.is_some());
    let length = bytes.get(from..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    if length == 0 || length > 4 {
        return None;
    }
    let power: i32 = std::str::from_utf8(&bytes[from..from + length]).ok()?.parse().ok()?;
    Some((if sign == Some(b'-') { -power } else { power }, from + length))
}

fn literal(digits: &[u8], places: usize, repeating: &[u8]) -> Option<Number> {
    let head = digits_value(digits)?;
    if places == 0 && repeating.is_empty() {
        return Some(Number { value: RBig::from(head), decimal: None });
    }
    let value = if repeating.is_empty() {
        RBig::from_parts(IBig::from(head), ten(places))
    } else {
        // d.aaa(bbb) = (daaabbb - daaa) / (10^a (10^b - 1))
        let block = digits_value(repeating)?;
        let nines = ten(repeating.len()) - UBig::ONE;
        RBig::from_parts(IBig::from(head * &nines + block), ten(places) * nines)
    };
    Some(Number { value, decimal: None })
}

fn ten(power: usize) -> UBig {
    UBig::from(10u8).pow(power)
}

fn scaled(value: RBig, power: i32) -> Option<RBig> {
    let factor = RBig::from(ten(usize::try_from(power.unsigned_abs()).ok()?));
    Some(if power < 0 { value / factor } else { value * factor })
}

fn spelling(digits: &[u8], places: usize) -> Decimal {
    let zeros = digits.iter().take_while(|&&d| d == b'0').count();
    Decimal {
        significant: u32::try_from(digits.len() - zeros).unwrap_or(u32::MAX),
        places: i32::try_from(places).unwrap_or(i32::MAX),
        ellipsis: false,
    }
}

/// `0.58333…`: the block that repeats is the value; without one the literal is a truncation.
fn continued(number: &mut Number, digits: &[u8], places: usize) {
    let fraction = &digits[digits.len() - places..];
    for block in 1..=6usize.min(places) {
        let (times, tail) = (if block == 1 { 3 } else { 2 }, &fraction[places - block..]);
        if places >= block * times
            && fraction[places - block * times..].chunks(block).all(|chunk| chunk == tail)
        {
            let mut start = places - block * times;
            while start >= block && fraction[start - block..start] == *tail {
                start -= block;
            }
            let head = &digits[..digits.len() - places + start];
            if let Some(repeating) = literal(head, start, tail) {
                *number = repeating;
                return;
            }
        }
    }
    if let Some(decimal) = &mut number.decimal {
        decimal.ellipsis = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> (String, usize) {
        let read = read(source, Sense::Usual, true).unwrap();
        (read.number.value.to_string(), read.length)
    }

    #[test]
    fn thousands_are_grouped_by_threes_only() {
        assert_eq!(value("48,250"), ("48250".into(), 6));
        assert_eq!(value("48{,}250 x"), ("48250".into(), 8));
        assert_eq!(value("48,\\!250"), ("48250".into(), 8));
        assert_eq!(value("48\\,250"), ("48250".into(), 7));
        assert_eq!(value("48,25,0"), ("48".into(), 2));
        assert_eq!(value("1,234, 5"), ("1234".into(), 5));
        assert_eq!(value("0,234"), ("0".into(), 1));
        assert_eq!(read("48,250", Sense::Listed, true).unwrap().length, 2);
    }

    #[test]
    fn decimals_repeat() {
        assert_eq!(value("0.\\overline{5}").0, "5/9");
        assert_eq!(value("0.58\\overline{3}").0, "7/12");
        assert_eq!(value("0.555\\ldots").0, "5/9");
        assert_eq!(value("0.(142857)").0, "1/7");
        assert_eq!(value("0.\\dot{1}4285\\dot{7}").0, "1/7");
        assert_eq!(value("0.5\\dot{1}\\dot{2}").0, "169/330");
        assert_eq!(value("2.5e3").0, "2500");
        assert_eq!(value("4.5e-4").0, "9/20000");
        assert_eq!(value("2e-1"), ("2".into(), 1));
        let program = read("2e-1", Sense::Scientific, true).unwrap();
        assert_eq!((program.number.value.to_string().as_str(), program.length), ("1/5", 4));
    }

    #[test]
    fn the_spelling_of_a_decimal_is_kept() {
        let decimal = |source| read(source, Sense::Usual, true).unwrap().number.decimal;
        assert_eq!(decimal("12"), None);
        let of = |significant, places, ellipsis| Some(Decimal { significant, places, ellipsis });
        assert_eq!(decimal("0.0120"), of(3, 4, false));
        assert_eq!(decimal("1.25e3"), of(3, -1, false));
        assert_eq!(decimal("3.1415..."), of(5, 4, true));
    }
}
