//! Units: a vector of base units with a scale, read from what follows a value.

mod table;

use dashu_ratio::RBig;

use table::{is_no_unit, known};

/// A unit as a product of powers of base units times a factor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unit {
    /// Base units and their exponents, ordered by name.
    powers: Vec<(String, i32)>,
    /// One of this unit is that many of the product of base units.
    pub(super) scale: RBig,
}

impl Unit {
    /// Whether the two measure the same, up to the scale.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.powers == other.powers
    }

    /// Whether it is the measure of an angle that is no unit at all.
    pub(super) fn is_radian(&self) -> bool {
        matches!(&self.powers[..], [(name, 1)] if matches!(name.as_str(), "radian" | "rad"))
    }

    /// The unit of plain money, for amounts with a currency sign.
    pub(super) fn text(&self) -> String {
        let parts: Vec<String> = self
            .powers
            .iter()
            .map(|(name, power)| if *power == 1 { name.clone() } else { format!("{name}^{power}") })
            .collect();
        parts.join(" ")
    }
}

/// Reads a unit.
pub(super) fn unit(source: &str) -> Option<Unit> {
    let quotient = fraction(source);
    let source = quotient.as_deref().unwrap_or(source);
    let mut plain = source.replace("\\text", " ").replace("\\mathrm", " ").replace("\\mbox", " ");
    plain = plain.replace("\\cdot", "*").replace("\\textbf", " ").replace("\\,", " ");
    plain = plain.replace("^\\circ", " degree ");
    let mut words = Vec::new();
    let mut word = String::new();
    for c in plain.chars() {
        if c.is_alphabetic() || c == '\u{b5}' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        match c {
            '^' | '/' | '*' | '-' | '0'..='9' => words.push(c.to_string()),
            '\u{20ac}' => words.push("euro".to_owned()),
            '\u{a3}' => words.push("pound sterling".to_owned()),
            '\u{a5}' => words.push("yen".to_owned()),
            '\u{20b9}' => words.push("rupee".to_owned()),
            '\\' => return None,
            _ => {}
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    product(&words)
}

/// `\frac{\text{m}}{\text{s}^2}` as a line.
fn fraction(source: &str) -> Option<String> {
    let source = source.trim_start().trim_start_matches('\\');
    let rest = source.trim_start_matches(['d', 't']).strip_prefix("frac{")?;
    let mut depth = 1;
    let middle = rest.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    })?;
    let below = rest[middle + 1..].trim_start().strip_prefix('{')?;
    Some(format!("{}/{}", &rest[..middle], below.trim_end().strip_suffix('}')?))
}

fn product(words: &[String]) -> Option<Unit> {
    let mut unit = Unit { powers: Vec::new(), scale: RBig::ONE };
    let mut sign = 1;
    let mut next_power = 1;
    let mut index = 0;
    let mut noun = String::new();
    while index < words.len() {
        let word = words[index].as_str();
        index += 1;
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "/" | "per" => {
                sign = -1;
                continue;
            }
            "*" | "of" | "a" | "an" | "the" | "each" | "sq" if lower != "sq" && word != "A" => {
                continue;
            }
            "square" | "sq" => {
                next_power = 2;
                continue;
            }
            "cubic" | "cu" => {
                next_power = 3;
                continue;
            }
            "even" | "odd" | "prime" if index == words.len() => return None,
            // Millions, billions, trillions.
            _ if matches!(word, "M" | "B" | "T") => return None,
            _ if is_no_unit(&lower) && !is_kelvin(words, index - 1) => return None,
            "times" if index < words.len() => return None,
            _ if !word.chars().all(|c| c.is_alphabetic() || c == ' ') => return None,
            _ => {}
        }
        let (power, after) = exponent(words, index, next_power)?;
        (next_power, index) = (1, after);
        // `ms^{-1}`: metres per second, set without the space.
        if power < 0
            && let Some((first, last)) = run_together(word)
        {
            unit.join(first, sign)?;
            unit.join(last, power * sign)?;
            continue;
        }
        match known(word).or_else(|| known(&lower)) {
            Some(_) => {
                unit.join(if known(word).is_some() { word } else { &lower }, power * sign)?;
            }
            None => {
                // An unknown noun: the words together are one name.
                if !noun.is_empty() {
                    noun.push(' ');
                }
                noun.push_str(singular(&lower));
            }
        }
        if !noun.is_empty() && (index == words.len() || words[index] == "/") {
            unit.multiply(&std::mem::take(&mut noun), power * sign);
        }
    }
    if !noun.is_empty() {
        unit.multiply(&noun, sign);
    }
    (!unit.powers.is_empty() && noun.len() < 60).then_some(unit)
}

/// The power that follows a unit, else `plain`, and the place behind it.
fn exponent(words: &[String], index: usize, plain: i32) -> Option<(i32, usize)> {
    Some(match words.get(index).map(|w| w.to_ascii_lowercase()).as_deref() {
        Some("squared") => (2, index + 1),
        Some("cubed") => (3, index + 1),
        Some("^") => {
            let negative = words.get(index + 1).is_some_and(|w| w == "-");
            let at = index + 1 + usize::from(negative);
            let power: i32 = words.get(at)?.parse().ok()?;
            (if negative { -power } else { power }, at + 1)
        }
        _ => (plain, index),
    })
}

fn scaled(scale: &RBig, power: i32) -> RBig {
    scale.pow(power.clamp(-12, 12) as isize)
}

fn singular(word: &str) -> &str {
    if word.len() > 3 && !word.ends_with("ss") {
        word.strip_suffix('s').unwrap_or(word)
    } else {
        word
    }
}

/// Whether the word there is the unit of temperature and no thousand: it has a power, or stands beside a unit.
fn is_kelvin(words: &[String], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| words[at].as_str());
    let raised = words.get(at + 1).is_some_and(|word| word == "^");
    words[at] == "K" && (raised || before.is_some_and(|w| matches!(w, "/" | "*") || is_known(w)))
}

/// Two known units that were written as one word.
fn run_together(word: &str) -> Option<(&str, &str)> {
    if word.len() > 4 || !word.is_ascii() {
        return None;
    }
    (1..word.len())
        .map(|at| word.split_at(at))
        .find(|(first, last)| known(first).is_some() && known(last).is_some())
}

impl Unit {
    /// Multiplies by a power of a known unit.
    fn join(&mut self, word: &str, power: i32) -> Option<()> {
        let (bases, scale) = known(word)?;
        for (base, exponent) in bases {
            self.multiply(base, exponent * power);
        }
        self.scale *= scaled(&scale, power);
        Some(())
    }

    fn multiply(&mut self, base: &str, power: i32) {
        match self.powers.binary_search_by(|(name, _)| name.as_str().cmp(base)) {
            Ok(at) => {
                self.powers[at].1 += power;
                if self.powers[at].1 == 0 {
                    self.powers.remove(at);
                }
            }
            Err(at) => self.powers.insert(at, (base.to_owned(), power)),
        }
    }
}

/// Whether a word is two units without a space: `ms`, metres and seconds.
pub(super) fn is_run_together(word: &str) -> bool {
    run_together(word).is_some()
}

/// Whether a word is a unit of the table.
pub(super) fn is_known(word: &str) -> bool {
    known(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_unit_agree() {
        let same = |a: &str, b: &str| {
            let (a, b) = (unit(a).unwrap(), unit(b).unwrap());
            a.agrees(&b) && a.scale == b.scale
        };
        assert!(same("\\text{ m}^2", "square meters"));
        assert!(same("\\text{ cm}^{3}", "cubic centimeters"));
        assert!(same("\\text{km/h}", "kilometers per hour"));
        assert!(same("mph", "miles per hour"));
        assert!(same("apples", "apple"));
        assert!(same("\\text{ms}^{-1}", "m/s"));
        assert!(same("\\mathrm{kmh}^{-1}", "km/h"));
        assert!(same("\\mathrm{gcm^{-3}}", "g/cm^3"));
        assert!(same("\\mathrm{N\\,m^2/kg^2}", "\\mathrm{m^3\\,kg^{-1}\\,s^{-2}}"));
        assert!(same("J/(mol\\cdot K)", "\\mathrm{J\\,mol^{-1}\\,K^{-1}}"));
        assert!(!same("\\text{ms}^{-1}", "m/s^2"));
        assert!(!same("kg", "g"));
        assert!(!same("\\text{ m}", "\\text{ m}^2"));
    }

    #[test]
    fn conditions_are_no_units() {
        assert_eq!(unit("\\text{ or }"), None);
        assert_eq!(unit("if n is even"), None);
    }
}
