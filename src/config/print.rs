//! The resolved configuration as text, without its secrets.

use serde_json::{Map, Value, json};

use super::Settings;

/// What stands where a secret would.
const HIDDEN: &str = "(hidden)";

/// Ends of the names under which nodes and doors may be given secrets.
const SECRET: [&str; 5] = ["key", "token", "secret", "password", "authorization"];

impl Settings {
    /// Everything that is in force, as TOML. `callers` and `admin` tell how many keys there are, and whether
    /// there is one; the keys themselves are not known here.
    #[must_use]
    pub fn print(&self, callers: usize, admin: bool) -> String {
        let engine = self.lanes;
        let mut all = json!({
            "server": {
                "listen": self.listen.to_string(),
                "api_keys": vec![HIDDEN; callers],
                "admin_key": admin.then_some(HIDDEN),
                "registry": self.registry,
                "body_limit_mb": self.body_limit >> 20,
                "deadline_ms": millis(self.service.deadline),
                "max_deadline_ms": millis(self.service.max_deadline),
                "max_samples": self.service.max_samples,
                "max_images": self.service.max_images,
                "max_references": self.service.max_references,
                "max_connections": self.limits.connections,
                "header_timeout_ms": millis(self.limits.header_timeout),
                "body_timeout_ms": millis(self.limits.body_timeout),
                "write_timeout_ms": millis(self.limits.write_timeout),
                "header_limit_kb": self.limits.header_bytes >> 10,
                "grace_s": self.grace.as_secs(),
            },
            "engine": {
                "batch_tokens": engine.batch_tokens,
                "batch_sequences": engine.batch_sequences,
                "queue_tokens": engine.queue_tokens,
                "cache_entries": engine.cache_entries,
            },
            "images": {
                "hosts": texts(&self.fetch.hosts),
                "networks": texts(&self.fetch.networks),
                "max_mb": self.fetch.max_bytes >> 20,
                "timeout_ms": millis(self.fetch.timeout),
                "ca_file": self.fetch.authorities,
            },
            "code": {
                "runners": self.sandbox.runners,
                "min_isolation": self.sandbox.minimum,
                "cgroup": self.sandbox.cgroup,
                "cache_entries": self.sandbox.cache_entries,
            },
            "models_root": self.models_root.directory(),
            "models": self.models,
            "pipelines": self.pipelines,
            "doors": self.doors,
        });
        hide(&mut all);
        toml::to_string_pretty(&all).unwrap_or_else(|error| error.to_string())
    }
}

fn texts(entries: &[impl ToString]) -> Vec<String> {
    entries.iter().map(ToString::to_string).collect()
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Hides what is named as a secret, and passwords in addresses; drops nulls, which TOML has not.
fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => hide_fields(fields),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::String(text) => {
            if let Some(hidden) = without_password(text) {
                *text = hidden;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hide_fields(fields: &mut Map<String, Value>) {
    fields.retain(|_, value| !value.is_null());
    for (name, value) in fields {
        let name = name.to_lowercase();
        if value.is_string() && SECRET.iter().any(|end| name.ends_with(end)) {
            *value = HIDDEN.into();
        }
        hide(value);
    }
}

/// `scheme://user:password@host` without its password, if it is that.
fn without_password(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, host) = authority.rsplit_once('@')?;
    let (user, _) = user.split_once(':')?;
    Some(format!("{scheme}://{user}:{HIDDEN}@{host}{}", &rest[authority.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_read_again() {
        let settings = Settings::embedded().unwrap();
        let printed = settings.print(2, true);
        let read: toml::Table = printed.parse().unwrap();
        assert_eq!(read["server"]["api_keys"].as_array().unwrap().len(), 2);
        assert_eq!(read["models"]["tiny-rm-0"]["path"].as_str(), Some("embedded:tiny-rm-0"));
        assert_eq!(read["doors"]["openrlhf"]["pipeline"].as_str(), Some("helpful"));
        assert_eq!(read["pipelines"].as_table().unwrap().len(), settings.pipelines.len());
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let mut all = json!({"nodes": {"remote": {
            "api_key": "s3cret", "Authorization": "s3cret", "max_tokens": 5, "hub_token": "s3cret",
            "url": "redis://user:s3cret@host:6379/0?x=@", "also": ["http://u:s3cret:more@h"],
            "plain": "http://host/a:b@c", "nothing": null
        }}});
        hide(&mut all);
        let text = all.to_string();
        assert!(!text.contains("s3cret"), "{text}");
        assert!(text.contains("redis://user:(hidden)@host:6379/0?x=@"), "{text}");
        assert!(text.contains("http://host/a:b@c") && text.contains("\"max_tokens\":5"), "{text}");
        assert!(!text.contains("nothing"));
    }
}
