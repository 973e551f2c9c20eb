//! Where in a TOML file a value stands.

use toml::de::{DeArray, DeTable, DeValue};

/// The line (from 1) of the value at JSON pointer `pointer`, or of the nearest one above it that is
/// there; `None` when even the first step is not.
pub(super) fn line_of(source: &str, pointer: &str) -> Option<usize> {
    let root = DeTable::parse(source).ok()?;
    let mut inside = Inside::Table(root.get_ref());
    let mut start = None;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let Some((at, value)) = inside.step(&step) else { break };
        start = Some(at);
        inside = Inside::of(value);
    }
    let before = source.get(..start?)?;
    Some(before.matches('\n').count() + 1)
}

/// Where a pointer has led so far.
enum Inside<'a, 'de> {
    Table(&'a DeTable<'de>),
    Array(&'a DeArray<'de>),
    Leaf,
}

impl<'a, 'de> Inside<'a, 'de> {
    fn of(value: &'a DeValue<'de>) -> Self {
        match value {
            DeValue::Table(table) => Self::Table(table),
            DeValue::Array(array) => Self::Array(array),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => Self::Leaf,
        }
    }

    /// Where the step begins in the file, and what is there.
    fn step(&self, step: &str) -> Option<(usize, &'a DeValue<'de>)> {
        match self {
            Self::Table(table) => {
                let (key, value) = table.iter().find(|(key, _)| key.get_ref() == step)?;
                Some((key.span().start, value.get_ref()))
            }
            Self::Array(array) => {
                let item = array.get(step.parse::<usize>().ok()?)?;
                Some((item.span().start, item.get_ref()))
            }
            Self::Leaf => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "a = 1\n\n[b.c]\nd = [\n  1,\n  2,\n]\n[b]\n[b.e]\nf.g = { h = 1 }\n";

    #[test]
    fn a_pointer_leads_to_its_line() {
        for (pointer, line) in [
            ("/a", Some(1)),
            ("/b/c/d", Some(4)),
            ("/b/c/d/1", Some(6)),
            ("/b/e/f/g/h", Some(10)),
            ("/b/c/unknown/x", Some(3)),
            ("/unknown", None),
            ("", None),
        ] {
            assert_eq!(line_of(SOURCE, pointer), line, "{pointer}");
        }
    }
}
