//! The units that are known, and the words that are none.

use dashu_ratio::RBig;

/// Words that make a phrase a condition, an alternative or another number, not a unit.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn is_no_unit(word: &str) -> bool {
    matches!(
        word,
        "or" | "and"
            | "if"
            | "when"
            | "for"
            | "where"
            | "not"
            | "is"
            | "are"
            | "isn"
            | "aren"
            | "least"
            | "most"
            | "than"
            | "more"
            | "less"
            | "about"
            | "otherwise"
            | "mod"
            | "with"
            | "to"
            | "from"
            | "but"
            | "then"
            | "because"
            | "since"
            | "plus"
            | "minus"
            | "divided"
            | "any"
            | "all"
            | "no"
            | "i"
            | "dozen"
            | "dozens"
            | "score"
            | "gross"
            | "squared"
            | "cubed"
            | "factorial"
            | "half"
            | "halves"
            | "third"
            | "thirds"
            | "fourth"
            | "fourths"
            | "quarter"
            | "quarters"
            | "fifth"
            | "fifths"
            | "sixth"
            | "sixths"
            | "seventh"
            | "sevenths"
            | "eighth"
            | "eighths"
            | "ninth"
            | "ninths"
            | "tenth"
            | "tenths"
            | "hundredth"
            | "hundredths"
            | "thousandth"
            | "thousandths"
            | "hundred"
            | "hundreds"
            | "thousand"
            | "thousands"
            | "million"
            | "millions"
            | "billion"
            | "billions"
            | "trillion"
            | "root"
            | "power"
            | "over"
            | "choose"
            | "out"
            | "k"
            | "percent"
            | "maybe"
            | "bn"
            | "mn"
            | "mil"
            | "mill"
            | "mio"
            | "lakh"
            | "lakhs"
            | "lac"
            | "crore"
            | "crores"
            | "ten"
            | "tens"
            | "doz"
            | "ths"
            | "below"
            | "under"
            | "off"
            | "short"
            | "myriad"
            | "perhaps"
            | "either"
            | "between"
            | "approximately"
            | "roughly"
            | "wrong"
            | "incorrect"
            | "never"
            | "twice"
            | "double"
            | "infinity"
            | "unless"
            | "except"
            | "nor"
            | "neither"
    )
}

/// The base units of a known unit, and its scale.
pub(super) fn known(word: &str) -> Option<(&'static [(&'static str, i32)], RBig)> {
    const METRE: &[(&str, i32)] = &[("m", 1)];
    const VOLUME: &[(&str, i32)] = &[("m", 3)];
    const GRAM: &[(&str, i32)] = &[("g", 1)];
    const SECOND: &[(&str, i32)] = &[("s", 1)];
    const DOLLAR: &[(&str, i32)] = &[("dollar", 1)];
    const FORCE: &[(&str, i32)] = &[("g", 1), ("m", 1), ("s", -2)];
    const ENERGY: &[(&str, i32)] = &[("g", 1), ("m", 2), ("s", -2)];
    const POWER: &[(&str, i32)] = &[("g", 1), ("m", 2), ("s", -3)];
    const PRESSURE: &[(&str, i32)] = &[("g", 1), ("m", -1), ("s", -2)];
    const FREQUENCY: &[(&str, i32)] = &[("s", -1)];
    const SPEED: &[(&str, i32)] = &[("m", 1), ("s", -1)];
    let (bases, above, below): (&'static [(&'static str, i32)], u64, u64) = match word {
        "m" | "meter" | "meters" | "metre" | "metres" => (METRE, 1, 1),
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => (METRE, 1, 100),
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => (METRE, 1, 1000),
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => (METRE, 1000, 1),
        "nm" | "nanometer" | "nanometers" => (METRE, 1, 1_000_000_000),
        "in" | "inch" | "inches" => (METRE, 254, 10_000),
        "ft" | "foot" | "feet" => (METRE, 3048, 10_000),
        "yd" | "yard" | "yards" => (METRE, 9144, 10_000),
        "mi" | "mile" | "miles" => (METRE, 1_609_344, 1000),
        "g" | "gram" | "grams" => (GRAM, 1, 1),
        "kg" | "kilogram" | "kilograms" | "kgs" => (GRAM, 1000, 1),
        "mg" | "milligram" | "milligrams" => (GRAM, 1, 1000),
        "lb" | "lbs" | "pound" | "pounds" => (GRAM, 45_359_237, 100_000),
        "oz" | "ounce" | "ounces" => (GRAM, 45_359_237, 1_600_000),
        "s" | "sec" | "secs" | "second" | "seconds" => (SECOND, 1, 1),
        "min" | "mins" | "minute" | "minutes" => (SECOND, 60, 1),
        "h" | "hr" | "hrs" | "hour" | "hours" => (SECOND, 3600, 1),
        "day" | "days" => (SECOND, 86_400, 1),
        "week" | "weeks" => (SECOND, 604_800, 1),
        "L" | "l" | "liter" | "liters" | "litre" | "litres" => (VOLUME, 1, 1000),
        "mL" | "ml" | "milliliter" | "milliliters" | "millilitre" | "millilitres" => {
            (VOLUME, 1, 1_000_000)
        }
        "dollar" | "dollars" | "usd" | "USD" => (DOLLAR, 1, 1),
        "cent" | "cents" => (DOLLAR, 1, 100),
        "N" | "newton" | "newtons" => (FORCE, 1000, 1),
        "J" | "joule" | "joules" => (ENERGY, 1000, 1),
        "kJ" | "kilojoule" | "kilojoules" => (ENERGY, 1_000_000, 1),
        "W" | "watt" | "watts" => (POWER, 1000, 1),
        "kW" | "kilowatt" | "kilowatts" => (POWER, 1_000_000, 1),
        "Pa" | "pascal" | "pascals" => (PRESSURE, 1000, 1),
        "kPa" => (PRESSURE, 1_000_000, 1),
        "Hz" | "hertz" => (FREQUENCY, 1, 1),
        "V" | "volt" | "volts" => (&[("V", 1)], 1, 1),
        "A" | "ampere" | "amperes" | "amp" | "amps" => (&[("A", 1)], 1, 1),
        "C" | "coulomb" | "coulombs" => (&[("C", 1)], 1, 1),
        "tesla" | "teslas" => (&[("T", 1)], 1, 1),
        "F" | "farad" | "farads" => (&[("F", 1)], 1, 1),
        "ohm" | "ohms" => (&[("ohm", 1)], 1, 1),
        "mol" | "mole" | "moles" => (&[("mol", 1)], 1, 1),
        "K" | "kelvin" | "kelvins" => (&[("K", 1)], 1, 1),
        "mph" => (SPEED, 1_609_344, 3_600_000),
        "kph" | "kmh" => (SPEED, 1000, 3600),
        _ => return None,
    };
    Some((bases, RBig::from_parts(above.into(), below.into())))
}
