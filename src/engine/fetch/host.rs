//! The hosts that images may be fetched from.

use std::{fmt, str::FromStr};

/// The port of `https`.
const HTTPS: u16 = 443;

/// One entry of the list: `name`, or `*.name` for whatever is below it, either with `:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: String,
    below: bool,
    port: u16,
}

impl Host {
    /// Whether an address may name this host and port; names are compared without case.
    pub(super) fn admits(&self, name: &str, port: Option<u16>) -> bool {
        let name = name.to_ascii_lowercase();
        let fits = if self.below {
            name.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            name == self.name
        };
        fits && port.unwrap_or(HTTPS) == self.port
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no host: `name`, `*.name`, either with `:port`");
        let (name, port) = match text.rsplit_once(':') {
            // The colons of an IPv6 address are within brackets.
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().map_err(|_| bad())?),
            _ => (text, HTTPS),
        };
        let (name, below) = match name.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.[:]".contains(c);
        if name.is_empty() || port == 0 || !name.chars().all(known) {
            return Err(bad());
        }
        Ok(Self { name: name.to_ascii_lowercase(), below, port })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, below, port } = self;
        write!(f, "{}{name}", if *below { "*." } else { "" })?;
        if *port == HTTPS { Ok(()) } else { write!(f, ":{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_admits_itself_or_what_is_below_it() {
        for (entry, name, port, admitted) in [
            ("a.org", "a.org", None, true),
            ("a.org", "A.ORG", Some(443), true),
            ("A.org", "a.org", None, true),
            ("a.org", "a.org", Some(8443), false),
            ("a.org", "b.a.org", None, false),
            ("a.org", "a.org.", None, false),
            ("a.org", "xa.org", None, false),
            ("*.a.org", "b.a.org", None, true),
            ("*.a.org", "c.b.a.org", None, true),
            ("*.a.org", "a.org", None, false),
            ("*.a.org", ".a.org", None, false),
            ("*.a.org", "xa.org", None, false),
            ("a.org:9000", "a.org", Some(9000), true),
            ("a.org:9000", "a.org", None, false),
            ("[::1]:9000", "[::1]", Some(9000), true),
            ("[::1]", "[::1]", None, true),
        ] {
            let host: Host = entry.parse().unwrap();
            assert_eq!(host.admits(name, port), admitted, "{entry}: {name} {port:?}");
            assert_eq!(host.to_string().parse::<Host>().unwrap(), host);
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for entry in
            ["", "*", "*.", "a b", "https://a.org", "a.org/x", "a.org:", "a.org:0", "u@a.org"]
        {
            assert!(entry.parse::<Host>().is_err(), "{entry}");
        }
    }
}
