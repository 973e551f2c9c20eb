//! The configuration, resolved: every mistake is found here, with the line at fault.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    num::NonZeroU64,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    ModelsRoot,
    embedded::EMBEDDED,
    file::{File, Images, Server},
    place::line_of,
};
use crate::{
    domain::{ParamError, parse, pointer_step},
    engine::{FetchConfig, LaneConfig},
    http::{Doors, Limits},
    model::ModelSpec,
    pipeline::PipelineSpec,
    service::{ServiceConfig, Shelf},
    verify::code::SandboxConfig,
};

/// A mistake in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, or `embedded`.
    pub file: String,
    /// The line at fault, from 1, when there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Everything that a service is made from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Bytes of a body.
    pub body_limit: usize,
    /// How long open requests may take to end when the service stops.
    pub grace: Duration,
    /// Bounds of connections.
    pub limits: Limits,
    /// The file with the callers' keys.
    pub api_keys_file: Option<PathBuf>,
    /// The file with the admin key.
    pub admin_key_file: Option<PathBuf>,
    /// The directory where changes by administrators are kept.
    pub registry: Option<PathBuf>,
    /// Where models are loaded from.
    pub models_root: ModelsRoot,
    /// Bounds of each model's lane.
    pub lanes: LaneConfig,
    /// From where images may be fetched.
    pub fetch: FetchConfig,
    /// Bounds of requests and stores.
    pub service: ServiceConfig,
    /// How programs are run.
    pub sandbox: SandboxConfig,
    /// The models, by name.
    pub models: BTreeMap<String, ModelSpec>,
    /// The pipelines, by name.
    pub pipelines: BTreeMap<String, PipelineSpec>,
    /// The peers' doors that are open.
    pub doors: Doors,
    source: Source,
}

/// A file's text, to say where in it something stands.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
}

impl Source {
    fn at(&self, pointer: &str, message: impl fmt::Display) -> ConfigError {
        let path = pointer.split('/').skip(1).collect::<Vec<_>>().join(".");
        let message =
            if path.is_empty() { message.to_string() } else { format!("{path}: {message}") };
        ConfigError { file: self.name.clone(), line: line_of(&self.text, pointer), message }
    }

    fn parse<T: DeserializeOwned>(&self, value: Value, root: &str) -> Result<T, ConfigError> {
        parse(value).map_err(|ParamError { pointer, message }| {
            self.at(&format!("{root}{pointer}"), message)
        })
    }
}

impl Settings {
    /// The configuration inside the binary: the shipped models and pipelines, on loopback.
    ///
    /// # Errors
    /// Never, which a test makes sure of.
    pub fn embedded() -> Result<Self, ConfigError> {
        let source = Source { name: "embedded".to_owned(), text: EMBEDDED.to_owned() };
        Self::resolve(source, None, None)
    }

    /// The configuration in a file; models come from `models_root`, if it is given, instead of where the
    /// file says.
    ///
    /// # Errors
    /// When the file cannot be read, or says something that cannot be used.
    pub fn read(path: &Path, models_root: Option<&Path>) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            file: name.clone(),
            line: None,
            message: format!("cannot be read: {error}"),
        })?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Self::resolve(Source { name, text }, Some(directory.unwrap_or(Path::new("."))), models_root)
    }

    /// An error at the place of a pipeline or model in the file.
    #[must_use]
    pub fn error_at(&self, pointer: &str, message: impl fmt::Display) -> ConfigError {
        self.source.at(pointer, message)
    }

    /// `directory` is what paths are relative to; without one, models come from the binary only.
    fn resolve(
        source: Source,
        directory: Option<&Path>,
        models_root: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let value = read_toml(&source)?;
        let file: File = source.parse(value, "")?;
        let beside = |path: &PathBuf| directory.unwrap_or(Path::new("")).join(path);
        let root = directory.map(|_| beside(&file.models_root.clone().unwrap_or_default()));
        let models_root =
            ModelsRoot::new(models_root.map(Path::to_owned).or(root)).with_hub(file.hub.clone());
        let mut models = BTreeMap::new();
        for (name, section) in &file.models {
            let model = model(&source, name, section, &models_root)?;
            models.insert(name.clone(), model);
        }
        let mut pipelines = BTreeMap::new();
        for (name, section) in &file.pipelines {
            let pointer = format!("/pipelines{}", pointer_step(name));
            pipelines.insert(name.clone(), source.parse(section.clone(), &pointer)?);
        }
        let listen = file.server.listen.as_deref().unwrap_or("127.0.0.1:8080");
        let listen = listen.parse().map_err(|_| {
            source.at("/server/listen", format!("`{listen}` is not an address and port"))
        })?;
        Ok(Self {
            listen,
            body_limit: file.server.body_limit_mb.unwrap_or(64) << 20,
            grace: Duration::from_secs(file.server.grace_s.unwrap_or(25)),
            limits: limits(&file.server),
            api_keys_file: file.server.api_keys_file.as_ref().map(beside),
            admin_key_file: file.server.admin_key_file.as_ref().map(beside),
            registry: file.server.registry.as_ref().map(beside),
            models_root,
            lanes: lanes(&file),
            fetch: fetch(&source, &file.images, beside)?,
            service: service(&file),
            sandbox: sandbox(&file),
            models,
            pipelines,
            doors: file.doors,
            source,
        })
    }
}

fn read_toml(source: &Source) -> Result<Value, ConfigError> {
    let table: toml::Table = source.text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map(|span| span.start);
        let before = start.and_then(|start| source.text.get(..start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        ConfigError { file: source.name.clone(), line, message: error.message().to_owned() }
    })?;
    serde_json::to_value(table).map_err(|error| source.at("", error))
}

/// A model's section, checked.
fn model(
    source: &Source,
    name: &str,
    section: &Value,
    root: &ModelsRoot,
) -> Result<ModelSpec, ConfigError> {
    let pointer = format!("/models{}", pointer_step(name));
    let fields = source.parse(section.clone(), &pointer)?;
    let spec = ModelSpec::parse(fields).map_err(|ParamError { pointer: place, message }| {
        source.at(&format!("{pointer}{place}"), message)
    })?;
    root.find(&spec.path).map_err(|message| source.at(&format!("{pointer}/path"), message))?;
    Ok(spec)
}

fn limits(server: &Server) -> Limits {
    let default = Limits::default();
    let ms = Duration::from_millis;
    Limits {
        connections: server.max_connections.map_or(default.connections, |many| many.max(1)),
        header_timeout: server.header_timeout_ms.map_or(default.header_timeout, ms),
        body_timeout: server.body_timeout_ms.map_or(default.body_timeout, ms),
        write_timeout: server.write_timeout_ms.map_or(default.write_timeout, ms),
        // Below 8 KiB the library refuses to work.
        header_bytes: server.header_limit_kb.map_or(default.header_bytes, |kb| kb.max(8) << 10),
        headers: default.headers,
    }
}

fn lanes(file: &File) -> LaneConfig {
    let default = LaneConfig::default();
    let engine = &file.engine;
    LaneConfig {
        batch_tokens: engine.batch_tokens.or(default.batch_tokens),
        batch_sequences: engine.batch_sequences.unwrap_or(default.batch_sequences),
        queue_tokens: engine.queue_tokens.unwrap_or(default.queue_tokens),
        cache_entries: engine.cache_entries.unwrap_or(default.cache_entries),
    }
}

fn fetch(
    source: &Source,
    images: &Images,
    beside: impl Fn(&PathBuf) -> PathBuf,
) -> Result<FetchConfig, ConfigError> {
    let default = FetchConfig::default();
    Ok(FetchConfig {
        hosts: parsed(source, "/images/hosts", &images.hosts)?,
        networks: parsed(source, "/images/networks", &images.networks)?,
        max_bytes: images.max_mb.map_or(default.max_bytes, |mb| mb << 20),
        timeout: images.timeout_ms.map_or(default.timeout, Duration::from_millis),
        authorities: images.ca_file.as_ref().map(beside),
    })
}

/// The entries of a list, each by its own rules.
fn parsed<T: FromStr<Err: fmt::Display>>(
    source: &Source,
    list: &str,
    entries: &[String],
) -> Result<Vec<T>, ConfigError> {
    let one = |(at, entry): (usize, &String)| {
        entry.parse().map_err(|error| source.at(&format!("{list}/{at}"), error))
    };
    entries.iter().enumerate().map(one).collect()
}

fn millis(count: NonZeroU64) -> Duration {
    Duration::from_millis(count.get())
}

fn service(file: &File) -> ServiceConfig {
    let default = ServiceConfig::default();
    let server = &file.server;
    ServiceConfig {
        deadline: server.deadline_ms.map_or(default.deadline, millis),
        max_deadline: server.max_deadline_ms.map_or(default.max_deadline, millis),
        max_samples: server.max_samples.unwrap_or(default.max_samples),
        max_images: server.max_images.unwrap_or(default.max_images),
        max_references: server.max_references.unwrap_or(default.max_references),
    }
}

fn sandbox(file: &File) -> SandboxConfig {
    let default = SandboxConfig::default();
    SandboxConfig {
        runners: file.code.runners.unwrap_or(default.runners),
        minimum: file.code.min_isolation.unwrap_or(default.minimum),
        cgroup: file.code.cgroup.clone(),
        cache_entries: file.code.cache_entries.unwrap_or(default.cache_entries),
        ..default
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let source = Source { name: "f".to_owned(), text: text.to_owned() };
        Settings::resolve(source, Some(Path::new(".")), None).unwrap_err().to_string()
    }

    #[test]
    fn the_embedded_configuration_is_sound() {
        let settings = Settings::embedded().unwrap();
        assert!(settings.models.contains_key("tiny-rm-4"));
        assert!(settings.pipelines.contains_key("helpful-par"));
        assert!(settings.listen.ip().is_loopback());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        assert!(error("a = [\n").starts_with("f:"));
        assert!(error("[server]\nlisten = 1\n").starts_with("f:2: server.listen: "));
        assert!(error("[server]\n\nport = 1\n").starts_with("f:3: server.port: unknown field"));
        assert!(error("[server]\nlisten = \"x\"\n").contains("not an address"));
        assert!(error("[models.a]\ndtype = \"f32\"\n").starts_with("f:1: models.a: `path`"));
        let unknown = error("[models.a]\npath = \".\"\nmax_tokns = 1\n");
        assert!(unknown.starts_with("f:3: models.a.max_tokns: unknown field"), "{unknown}");
        assert!(error("[models.a]\npath = \"embedded:x\"\n").starts_with("f:2: "));
        assert!(error("[models.a]\npath = \"..\"\n").contains("outside the models root"));
        let hub = error("[models.a]\npath = \"hub:../x\"\n");
        assert!(hub.starts_with("f:2: models.a.path: `../x` is no id"), "{hub}");
        assert!(error("[models.a]\npath = 1\n").starts_with("f:2: models.a.path: "));
        assert!(error("[hub]\ntoken = \"x\"\n").starts_with("f:2: hub.token: unknown field"));
        let host = error("[images]\nhosts = [\n  \"a.org\",\n  \"https://a.org\",\n]\n");
        assert!(host.starts_with("f:4: images.hosts.1: `https://a.org` is no host"), "{host}");
        assert!(
            error("[images]\nnetworks = [\"10.0.0.1/40\"]\n").starts_with("f:2: images.networks.0")
        );
        let spec = error("[pipelines.p]\nnodes = {}\n");
        assert!(spec.contains("missing field `output`"), "{spec}");
    }
}
