//! Chat templates: messages to the text a model was trained on.
//!
//! A template is a program by whoever published the model: it runs in minijinja with limited fuel and
//! no access to anything. The environment is Hugging Face's (`trim_blocks`, `lstrip_blocks`, Python's
//! string methods, `raise_exception`, `tojson`), except for the clock: a reward must not depend on the
//! day, so `strftime_now` is left undefined where a template asks whether it is defined, and otherwise
//! formats 26 July 2024, the date Llama's own templates fall back to.

use std::collections::BTreeMap;

use minijinja::{
    Environment, Error, ErrorKind, State, Value, context, syntax::SyntaxConfig, value::Serde,
};
use minijinja_contrib::pycompat::unknown_method_callback;
use sha2::{Digest, Sha256};

use crate::domain::Message;

/// Instructions a rendering may use; a long conversation needs some ten per character.
const FUEL: u64 = 20_000_000;
const NAME: &str = "chat_template";

/// A template that cannot be compiled, or that refused these messages.
#[derive(Debug, thiserror::Error)]
#[error("chat template: {0}")]
pub struct TemplateError(String);

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

/// A compiled chat template with the special tokens it may use.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    special_tokens: BTreeMap<String, String>,
    sha256: String,
}

impl ChatTemplate {
    /// Compiles `source`; `special_tokens` are its variables (`bos_token`, `eos_token`, …).
    ///
    /// # Errors
    /// When the source is not a template.
    pub fn new(
        source: &str,
        special_tokens: BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment
            .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(python_method);
        environment.add_function("raise_exception", raise_exception);
        environment.add_filter("tojson", tojson);
        if !source.contains("strftime_now is defined") {
            environment.add_function("strftime_now", strftime_fixed);
        }
        environment.add_template_owned(NAME, without_generation(source))?;
        let sha256 = crate::domain::hex(&Sha256::digest(source.as_bytes()));
        Ok(Self { environment, special_tokens, sha256 })
    }

    /// The conversation as the model reads it.
    ///
    /// # Errors
    /// When the template raises, fails or runs out of fuel.
    pub fn render(&self, messages: &[Message]) -> Result<String, TemplateError> {
        let tokens = Value::from_pairs(self.special_tokens.clone());
        let template = self.environment.get_template(NAME)?;
        Ok(template.render(context! {
            messages => Value::from(Serde(messages)),
            add_generation_prompt => false,
            ..tokens
        })?)
    }

    /// SHA-256 of the template's source, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// Hugging Face's `{% generation %}` marks what a trainer learns from and renders as its content: an `if`
/// that always holds.
fn without_generation(source: &str) -> String {
    let mut rest = source;
    let mut out = String::with_capacity(source.len());
    while let Some((before, after)) = rest.split_once("{%") {
        let Some((tag, after)) = after.split_once("%}") else { break };
        let name = tag.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        let tag = match name {
            "generation" => tag.replace(name, "if true"),
            "endgeneration" => tag.replace(name, "endif"),
            _ => tag.to_owned(),
        };
        out.extend([before, "{%", &tag, "%}"]);
        rest = after;
    }
    out + rest
}

/// Python's methods of strings, lists and dictionaries.
fn python_method(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match (method, value.as_str(), args) {
        // Python capitalises after anything that is no letter, the library after fewer things.
        ("title", Some(text), []) => Ok(Value::from(title(text))),
        _ => unknown_method_callback(state, value, method, args),
    }
}

fn title(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        if inside {
            titled.extend(c.to_lowercase());
        } else {
            titled.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    titled
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Python's `json.dumps(…, ensure_ascii=False)`: a space after each comma and colon.
fn tojson(value: &Value, indent: Option<usize>) -> Result<Value, Error> {
    let failed = |error: serde_json::Error| {
        Error::new(ErrorKind::BadSerialization, "cannot be JSON").with_source(error)
    };
    let mut out = Vec::new();
    match indent {
        Some(width) => {
            let indent = " ".repeat(width);
            let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
            let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
            serde::Serialize::serialize(value, &mut serializer).map_err(failed)?;
        }
        None => {
            let mut serializer = serde_json::Serializer::with_formatter(&mut out, PythonJson);
            serde::Serialize::serialize(value, &mut serializer).map_err(failed)?;
        }
    }
    Ok(Value::from_safe_string(String::from_utf8_lossy(&out).into_owned()))
}

struct PythonJson;

impl serde_json::ser::Formatter for PythonJson {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

/// 26 July 2024 in the directives that templates use.
fn strftime_fixed(format: String) -> String {
    const PARTS: [(&str, &str); 9] = [
        ("%Y", "2024"),
        ("%m", "07"),
        ("%d", "26"),
        ("%b", "Jul"),
        ("%B", "July"),
        ("%y", "24"),
        ("%A", "Friday"),
        ("%a", "Fri"),
        ("%H:%M:%S", "00:00:00"),
    ];
    PARTS.iter().fold(format, |text, (directive, value)| text.replace(directive, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: &str, content: &str) -> Message {
        Message { role: role.to_owned(), content: content.to_owned() }
    }

    fn render(source: &str, messages: &[Message]) -> Result<String, TemplateError> {
        let tokens = BTreeMap::from([("bos_token".to_owned(), "<s>".to_owned())]);
        ChatTemplate::new(source, tokens)?.render(messages)
    }

    #[test]
    fn blocks_are_trimmed_as_hugging_face_does() {
        let source = "{{ bos_token }}\n{% for m in messages %}\n    {% if m.role == 'user' %}\n[{{ m['content'].strip() }}]\n    {% endif %}\n{% endfor %}\n";
        assert_eq!(render(source, &[message("user", " hi ")]).unwrap(), "<s>\n[hi]\n");
    }

    #[test]
    fn a_raised_exception_is_an_error_with_its_message() {
        let error = render("{{ raise_exception('no system role') }}", &[]).unwrap_err();
        assert!(error.to_string().contains("no system role"), "{error}");
    }

    #[test]
    fn an_endless_template_runs_out_of_fuel() {
        let source = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}";
        assert!(render(source, &[]).unwrap_err().to_string().contains("fuel"));
    }

    #[test]
    fn json_is_spelled_as_python_does() {
        let rendered = render("{{ messages | tojson }}", &[message("user", "é<")]).unwrap();
        assert_eq!(rendered, r#"[{"role": "user", "content": "é<"}]"#);
    }

    #[test]
    fn the_clock_stands_still() {
        let guarded = "{% if strftime_now is defined %}now{% else %}then{% endif %}";
        assert_eq!(render(guarded, &[]).unwrap(), "then");
        assert_eq!(render("{{ strftime_now('%d %b %Y') }}", &[]).unwrap(), "26 Jul 2024");
    }
}
