//! Keys in files: a line each, as its text or as `sha256:` and its digest. Empty lines and those that begin
//! with `#` say nothing.

use std::path::Path;

use super::ConfigError;
use crate::http::Key;

/// The keys in a file, at least one.
///
/// # Errors
/// When it cannot be read, holds none, or a line is none. The line's text is not repeated.
pub fn read_keys(path: &Path) -> Result<Vec<Key>, ConfigError> {
    let error = |line, message| ConfigError { file: path.display().to_string(), line, message };
    let text = std::fs::read_to_string(path)
        .map_err(|cause| error(None, format!("cannot be read: {cause}")))?;
    let lines = text.lines().map(str::trim).enumerate();
    let told = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<Key>, _> = told
        .map(|(at, line)| line.parse().map_err(|cause| error(Some(at + 1), format!("{cause}"))))
        .collect();
    // An empty file would open the service to everybody.
    keys.and_then(|keys| {
        if keys.is_empty() {
            Err(error(None, "there is no key in it".to_owned()))
        } else {
            Ok(keys)
        }
    })
}

/// The one key in a file.
///
/// # Errors
/// As [`read_keys`], and when there are several.
pub fn read_key(path: &Path) -> Result<Key, ConfigError> {
    let mut keys = read_keys(path)?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        _ => Err(ConfigError {
            file: path.display().to_string(),
            line: None,
            message: "one key is wanted, and there are several".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_keys_is_read_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_keys(&path)
        };
        let keys = read("# of the trainers\n a \n\nb\r\n").unwrap();
        assert_eq!(keys, [Key::new("a"), Key::new("b")]);
        for (text, message) in [
            ("", "no key"),
            ("# none\n\n", "no key"),
            ("a\nsha256:12\n", "keys:2: `sha256:`"),
            ("a secret sentence\n", "keys:1: "),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message) && !error.contains("secret sentence"), "{error}");
        }
        assert!(read_keys(&folder.path().join("none")).is_err());
        std::fs::write(&path, "a\nb\n").unwrap();
        assert!(read_key(&path).unwrap_err().to_string().contains("several"));
        std::fs::write(&path, "a\n").unwrap();
        assert_eq!(read_key(&path), Ok(Key::new("a")));
    }
}
