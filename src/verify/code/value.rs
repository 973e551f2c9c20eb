//! Plain data, exactly: integers keep every digit.
//!
//! Read from JSON text with tags for what JSON lacks: `{"$float": "nan" | "inf" | "-inf"}`,
//! `{"$tuple": […]}`, `{"$set": […]}`, `{"$frozenset": […]}`, `{"$dict": [[key, value], …]}` and others that
//! are kept as they are. (`serde_json` reads large integers as floats, and so cannot serve.)

use dashu_int::IBig;

/// The deepest nesting that is read.
const DEPTH: usize = 128;

/// A value of a program, or the one that is expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(IBig),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Set(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// Bytes, decimals and the like: equal when written alike.
    Other(String, String),
}

/// The text is not a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {at}")]
pub(super) struct ValueError {
    message: &'static str,
    at: usize,
}

impl Value {
    /// Reads a value.
    pub(super) fn parse(text: &str) -> Result<Self, ValueError> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.blank();
        if reader.at < text.len() {
            Err(reader.error("more text after the value"))
        } else {
            Ok(value)
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn error(&self, message: &'static str) -> ValueError {
        ValueError { message, at: self.at }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value, ValueError> {
        if depth > DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.blank();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => Ok(Value::List(self.list(depth)?)),
            Some(b'"') => Ok(Value::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Value::Null),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ => Err(self.error("not a value")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Value>, ValueError> {
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if self.take("]") {
            return Ok(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blank();
            if self.take("]") {
                return Ok(items);
            }
            if !self.take(",") {
                return Err(self.error("`,` or `]` is missing"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, ValueError> {
        let mut fields = Vec::new();
        self.at += 1;
        self.blank();
        if self.take("}") {
            return Ok(Value::Dict(Vec::new()));
        }
        loop {
            self.blank();
            if self.peek() != Some(b'"') {
                return Err(self.error("a name is missing"));
            }
            let name = self.string()?;
            self.blank();
            if !self.take(":") {
                return Err(self.error("`:` is missing"));
            }
            fields.push((name, self.value(depth + 1)?));
            self.blank();
            if self.take("}") {
                return Ok(tagged(fields));
            }
            if !self.take(",") {
                return Err(self.error("`,` or `}` is missing"));
            }
        }
    }

    /// A string, by the rules of JSON. A lone surrogate, which Python allows, becomes U+FFFD.
    fn string(&mut self) -> Result<String, ValueError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error("the string does not end")),
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let quoted = self.text.get(start..self.at).ok_or_else(|| self.error("broken text"))?;
        let plain = serde_json::from_str(quoted);
        plain
            .or_else(|_| serde_json::from_str(&mend(quoted)))
            .map_err(|_| self.error("not a string"))
    }

    fn number(&mut self) -> Result<Value, ValueError> {
        let end = self.rest().find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let text = &self.rest()[..end.unwrap_or(self.rest().len())];
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value = if whole {
            text.parse().ok().map(Value::Int)
        } else {
            text.parse().ok().filter(|float: &f64| float.is_finite()).map(Value::Float)
        };
        let value = value.ok_or_else(|| self.error("not a number"))?;
        self.at += text.len();
        Ok(value)
    }
}

/// A quoted string without its lone surrogates.
fn mend(quoted: &str) -> String {
    let mut mended = String::new();
    let mut rest = quoted;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = if escape.starts_with("\\u") { 6 } else { 2 }.min(escape.len());
        let unit = |text: &str| text.get(2..6).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let first = unit(escape).filter(|_| length == 6);
        let second = escape.get(6..12).filter(|next| next.starts_with("\\u")).and_then(unit);
        let (used, kept) = match (first, second) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, escape.get(..12)),
            (Some(0xd800..=0xdfff), _) => (6, Some("\\ufffd")),
            _ => (length, escape.get(..length)),
        };
        mended.push_str(kept.unwrap_or(""));
        rest = escape.get(used..).unwrap_or("");
    }
    mended + rest
}

/// What a single field with a tag stands for.
fn tagged(mut fields: Vec<(String, Value)>) -> Value {
    if let [(name, value)] = &mut fields[..] {
        let value = std::mem::replace(value, Value::Null);
        match (name.as_str(), value) {
            ("$tuple" | "$deque" | "$range", Value::List(items)) => return Value::List(items),
            ("$set" | "$frozenset", Value::List(items)) => return Value::Set(items),
            ("$dict", Value::List(items)) if items.iter().all(is_pair) => {
                return Value::Dict(items.into_iter().filter_map(pair).collect());
            }
            ("$float", Value::Text(text)) => {
                if let Ok(float) = text.parse() {
                    return Value::Float(float);
                }
                fields[0].1 = Value::Text(text);
            }
            (tag, Value::Text(text)) if tag.starts_with('$') => {
                return Value::Other(tag.to_owned(), text);
            }
            (tag, Value::List(items)) if tag == "$iter" || tag == "$complex" => {
                return Value::Other(tag.to_owned(), format!("{items:?}"));
            }
            (_, value) => fields[0].1 = value,
        }
    }
    Value::Dict(fields.into_iter().map(|(name, value)| (Value::Text(name), value)).collect())
}

fn is_pair(value: &Value) -> bool {
    matches!(value, Value::List(items) if items.len() == 2)
}

fn pair(value: Value) -> Option<(Value, Value)> {
    let Value::List(items) = value else { return None };
    let [key, value] = <[Value; 2]>::try_from(items).ok()?;
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_every_digit() {
        let digits = "9".repeat(6000);
        assert_eq!(Value::parse(&digits).unwrap(), Value::Int(digits.parse().unwrap()));
        assert_eq!(Value::parse("-0").unwrap(), Value::Int(IBig::ZERO));
        assert_eq!(Value::parse("1e2").unwrap(), Value::Float(100.0));
        assert_ne!(
            Value::parse("9007199254740993").unwrap(),
            Value::parse("9007199254740992").unwrap()
        );
    }

    #[test]
    fn tags_say_what_json_cannot() {
        assert!(matches!(Value::parse(r#"{"$float":"nan"}"#), Ok(Value::Float(x)) if x.is_nan()));
        let dict = Value::parse(r#"{"$dict":[[1,"a"]]}"#).unwrap();
        assert_eq!(dict, Value::Dict(vec![(Value::Int(1.into()), Value::Text("a".into()))]));
        let plain = Value::parse(r#"{"$tuple":5}"#).unwrap();
        assert_eq!(plain, Value::Dict(vec![(Value::Text("$tuple".into()), Value::Int(5.into()))]));
    }

    #[test]
    fn broken_text_is_an_error() {
        for text in ["", "[1", "{\"a\"}", "01x", "\"\\u12\"", "nul", "1 2", "-", "\"", "[,]", "NaN"]
        {
            assert!(Value::parse(text).is_err(), "{text}");
        }
        assert!(Value::parse(&"[".repeat(100_000)).is_err());
        assert_eq!(Value::parse(r#""\ud800x""#).unwrap(), Value::Text("\u{fffd}x".into()));
        assert_eq!(Value::parse(r#""\ud83d\ude00""#).unwrap(), Value::Text("😀".into()));
    }
}
