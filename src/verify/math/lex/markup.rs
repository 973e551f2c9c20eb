//! TeX commands and their arguments.

use super::super::ast::NamedSet;
use super::super::units;
use super::commands::{self, Meaning};
use super::{Kind, LexError, Lexer, letter};

impl<'a> Lexer<'a> {
    pub(super) fn command(&mut self) -> Result<(), LexError> {
        let (start, rest) = (self.at, self.rest());
        let name = command_name(rest);
        let end = start + 1 + name.len();
        let Some(meaning) = commands::command(name) else {
            return Err(LexError::Unknown(start));
        };
        match meaning {
            Meaning::Token(kind) => self.push(kind, start, end),
            Meaning::Symbol => self.push(Kind::Symbol(name), start, end),
            Meaning::Operator => self.push(Kind::Operator(name), start, end),
            Meaning::Space => {
                self.at = end;
                self.spaced = true;
            }
            Meaning::Accent => {
                // A unit vector goes by its letter alone.
                let base = self.source[end..].trim_start_matches(['{', ' ', '\\']);
                let unit = ["i", "j", "k"].iter().any(|letter| base.starts_with(letter));
                self.at = end;
                if !unit {
                    self.push(Kind::Overline, start, end);
                }
            }
            Meaning::Skip => {
                self.vector |= commands::marks_vector(name);
                if commands::is_arrow(name) && spans_letters(&self.source[end..]) {
                    self.push(Kind::Overline, start, end);
                }
                self.at = end;
            }
            Meaning::SkipArgument => {
                self.at = end;
                self.argument().ok_or(LexError::Unknown(start))?;
            }
            Meaning::Delimiter(side) => {
                self.at = end;
                self.side = side;
            }
            Meaning::Environment(opens) => {
                self.at = end;
                let name = self.argument().ok_or(LexError::Unknown(start))?;
                let kind = if opens { Kind::Begin(name) } else { Kind::End(name) };
                self.push(kind, start, self.at);
            }
            Meaning::Text | Meaning::Upright | Meaning::Blackboard => {
                self.at = end;
                return self.upright(start, &meaning);
            }
        }
        Ok(())
    }

    /// The content of the braces that follow, which are consumed.
    fn argument(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let open = rest.len() - rest.trim_start().len();
        if rest.as_bytes().get(open) != Some(&b'{') {
            return None;
        }
        let mut depth = 0usize;
        let bytes = rest.as_bytes();
        let mut index = open;
        while index < bytes.len() {
            match bytes[index] {
                b'\\' => index += 1,
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at += index + 1;
                return Some(&rest[open + 1..index]);
            }
            index += 1;
        }
        None
    }

    fn upright(&mut self, start: usize, meaning: &Meaning) -> Result<(), LexError> {
        if *meaning == Meaning::Blackboard
            && let Some(set) = self.rest().trim_start().get(..1).and_then(named_set)
        {
            let end = self.source.len() - self.rest().trim_start().len() + 1;
            self.push(Kind::Set(set), start, end);
            return Ok(());
        }
        let Some(content) = self.argument() else {
            // `\mathrm e`: the next token alone, which needs no telling apart.
            return if self.rest().trim_start().is_empty() {
                Err(LexError::Unknown(start))
            } else {
                Ok(())
            };
        };
        let end = self.at;
        let name = content.trim();
        if *meaning == Meaning::Blackboard {
            let kind = named_set(name).map_or(Kind::Text(name), Kind::Set);
            self.push(kind, start, end);
            return Ok(());
        }
        let stop = name.bytes().all(|b| b".,;".contains(&b)) && self.rest().trim().is_empty();
        if name.is_empty() || stop {
            self.spaced = true;
            return Ok(());
        }
        let mut letters = name.chars();
        let single = (letters.next(), letters.next());
        let currency = commands::currency(name).filter(|_| self.precedes_number());
        let kind = match single {
            _ if currency.is_some() => Kind::Currency(currency.unwrap_or("")),
            // `5\,\mathrm{N}`
            (Some(_), None) if *meaning == Meaning::Upright && self.is_unit_of_number(name) => {
                Kind::Text(name)
            }
            (Some(one), None) if one.is_ascii_alphabetic() && *meaning == Meaning::Upright => {
                letter(one)
            }
            _ if is_unit(name) => Kind::Text(name),
            // `\text{1A3}_{16}`
            _ if self.rest().starts_with("_{16}")
                && name.bytes().all(|b| b.is_ascii_hexdigit()) =>
            {
                Kind::Text(name)
            }
            _ if name.bytes().any(|b| b.is_ascii_digit() || b == b'\\' || b == b'{') => {
                // Mathematics set upright: read it where it stands.
                self.at = end - 1 - content.len();
                return self.nested(end);
            }
            _ => match name {
                "and" | "And" => Kind::And,
                "or" | "Or" => Kind::Or,
                "mod" => Kind::Modulo,
                _ => commands::word(name)
                    .filter(|_| *meaning == Meaning::Upright)
                    .unwrap_or(Kind::Text(name)),
            },
        };
        self.push(kind, start, end);
        Ok(())
    }

    /// Whether an upright letter is a unit: it follows a number, and nothing but more of the unit follows it.
    fn is_unit_of_number(&self, name: &str) -> bool {
        let number =
            matches!(self.out.tokens.last(), Some(last) if matches!(last.kind, Kind::Number(_)));
        let rest = self.rest().trim_start_matches(['~', ' ', '\\', ',', ';']);
        let more =
            rest.is_empty() || rest.starts_with(['^', '/', '$']) || rest.starts_with("mathrm");
        number && more && units::is_known(name)
    }

    /// A digit is the next thing that is printed.
    pub(super) fn precedes_number(&self) -> bool {
        let rest = self.rest().trim_start_matches(['~', ' ', '\\', ',', ';', ':']);
        rest.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Reads tokens up to the closing brace before `end`, which is dropped.
    fn nested(&mut self, end: usize) -> Result<(), LexError> {
        let inner = Lexer::new(&self.source[self.at..end - 1], self.sense, self.brackets).run()?;
        let offset = self.at;
        inner.senses.into_iter().for_each(|sense| self.out.notes(sense));
        for mut token in inner.tokens {
            token.start += offset;
            token.end += offset;
            self.out.tokens.push(token);
        }
        self.at = end;
        self.spaced = false;
        Ok(())
    }
}

/// Whether a braced group of several letters comes next, `{AB}` or `{P_1P_2}`: together they are one name.
fn spans_letters(rest: &str) -> bool {
    let Some(inner) = rest.trim_start().strip_prefix('{') else { return false };
    let Some((inner, _)) = inner.split_once('}') else { return false };
    let part = |b: u8| b.is_ascii_alphanumeric() || b"_' ".contains(&b);
    inner.bytes().all(part) && inner.bytes().filter(u8::is_ascii_alphabetic).count() > 1
}

/// The name after a backslash: letters (with a star), or one character.
fn command_name(rest: &str) -> &str {
    let letters = rest[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters > 0 {
        let starred = usize::from(
            rest.as_bytes().get(1 + letters) == Some(&b'*')
                && matches!(&rest[1..=letters], "operatorname" | "hspace" | "vspace"),
        );
        return &rest[1..1 + letters + starred];
    }
    let length = rest[1..].chars().next().map_or(0, char::len_utf8);
    &rest[1..1 + length]
}

/// A unit with a power or a divisor: `m^2`, `km/h`, `g/cm^{3}`.
fn is_unit(name: &str) -> bool {
    let name = &name.replace("\\,", " ").replace("\\cdot", " ");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"^/{}()- ".contains(&b);
    let known = name.split(|c: char| !c.is_ascii_alphabetic()).next().is_some_and(|word| {
        !matches!(word, "" | "e" | "i" | "x" | "y" | "n" | "d") && units::is_known(word)
    });
    known && name.bytes().all(plain)
}

fn named_set(name: &str) -> Option<NamedSet> {
    Some(match name {
        "N" => NamedSet::Naturals,
        "Z" => NamedSet::Integers,
        "Q" => NamedSet::Rationals,
        "R" => NamedSet::Reals,
        "C" => NamedSet::Complexes,
        _ => return None,
    })
}
