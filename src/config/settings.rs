//! The configuration, resolved: every mistake is found here, with the line at fault.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    embedded::{self, EMBEDDED},
    file::File,
    hub::{Hub, Reference},
    place::line_of,
};
use crate::{
    domain::{ParamError, param_step, parse},
    engine::LaneConfig,
    model::{Layout, ModelOptions},
    pipeline::PipelineSpec,
    service::ServiceConfig,
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

/// Where one model is and how it is run.
#[derive(Clone, Debug)]
pub struct ModelSource {
    /// Its files.
    pub layout: Layout,
    /// How it is run.
    pub options: ModelOptions,
}

/// Everything that a service is made from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Bytes of a body.
    pub body_limit: usize,
    /// How long open requests may take to end when the service stops.
    pub grace: Duration,
    /// Bounds of each model's lane.
    pub lanes: LaneConfig,
    /// Bounds of requests and stores.
    pub service: ServiceConfig,
    /// The models, by name.
    pub models: BTreeMap<String, ModelSource>,
    /// The pipelines, by name.
    pub pipelines: BTreeMap<String, PipelineSpec>,
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
        Self::resolve(source, Path::new("."))
    }

    /// The configuration in a file.
    ///
    /// # Errors
    /// When the file cannot be read, or says something that cannot be used.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            file: name.clone(),
            line: None,
            message: format!("cannot be read: {error}"),
        })?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Self::resolve(Source { name, text }, directory.unwrap_or(Path::new(".")))
    }

    /// An error at the place of a pipeline or model in the file.
    #[must_use]
    pub fn error_at(&self, pointer: &str, message: impl fmt::Display) -> ConfigError {
        self.source.at(pointer, message)
    }

    fn resolve(source: Source, directory: &Path) -> Result<Self, ConfigError> {
        let value = read_toml(&source)?;
        let file: File = source.parse(value, "")?;
        let root = directory.join(file.models_root.clone().unwrap_or_default());
        let mut models = BTreeMap::new();
        for (name, section) in &file.models {
            let pointer = format!("/models{}", param_step(name));
            let model = model(&source, &pointer, section, &root, &file.hub)?;
            models.insert(name.clone(), model);
        }
        let mut pipelines = BTreeMap::new();
        for (name, section) in &file.pipelines {
            let pointer = format!("/pipelines{}", param_step(name));
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
            lanes: lanes(&file),
            service: service(&file),
            models,
            pipelines,
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

fn model(
    source: &Source,
    pointer: &str,
    section: &Value,
    root: &Path,
    hub: &Hub,
) -> Result<ModelSource, ConfigError> {
    let mut options: Map<String, Value> = source.parse(section.clone(), pointer)?;
    let place = place(source, pointer, &mut options)?;
    let options: ModelOptions = source.parse(Value::Object(options), pointer)?;
    if options.calibration.is_some_and(|calibration| !calibration.is_sound()) {
        let message = "`mean` must be finite and `std` positive";
        return Err(source.at(&format!("{pointer}/calibration"), message));
    }
    let layout = match &place {
        Place::Path(path) => {
            layout(root, path).map_err(|message| source.at(&format!("{pointer}/path"), message))?
        }
        Place::Hub { id, revision } => Reference::new(id, revision)
            .and_then(|model| hub.layout(&model))
            .map_err(|message| source.at(&format!("{pointer}/hub"), message))?,
    };
    Ok(ModelSource { layout, options })
}

/// Where a model's section says that it is.
enum Place {
    Path(String),
    Hub { id: String, revision: String },
}

fn place(
    source: &Source,
    pointer: &str,
    options: &mut Map<String, Value>,
) -> Result<Place, ConfigError> {
    let mut text = |key: &str| match options.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(source.at(&format!("{pointer}/{key}"), "must be a string")),
    };
    match (text("path")?, text("hub")?, text("revision")?) {
        (Some(path), None, None) => Ok(Place::Path(path)),
        (None, Some(id), revision) => {
            Ok(Place::Hub { id, revision: revision.unwrap_or_else(|| "main".to_owned()) })
        }
        (None, None, None) => {
            Err(source.at(pointer, "`path` is missing: a directory in Hugging Face layout"))
        }
        _ => Err(source.at(pointer, "give `path`, or `hub` with an optional `revision`")),
    }
}

fn layout(root: &Path, path: &str) -> Result<Layout, String> {
    match path.strip_prefix("embedded:") {
        Some(name) => {
            embedded::layout(name).ok_or_else(|| format!("no model `{name}` is in the binary"))
        }
        None => confined(root, path).map(Layout::Directory),
    }
}

/// A directory under the models root, whatever `path` says.
fn confined(root: &Path, path: &str) -> Result<PathBuf, String> {
    let there =
        |path: &Path| path.canonicalize().map_err(|error| format!("`{}`: {error}", path.display()));
    let (root, path) = (there(root)?, there(&root.join(path))?);
    if !path.starts_with(&root) {
        return Err(format!("`{}` is outside the models root", path.display()));
    }
    if path.is_dir() { Ok(path) } else { Err(format!("`{}` is no directory", path.display())) }
}

fn lanes(file: &File) -> LaneConfig {
    let default = LaneConfig::default();
    let engine = &file.engine;
    LaneConfig {
        batch_tokens: engine.batch_tokens.unwrap_or(default.batch_tokens),
        batch_sequences: engine.batch_sequences.unwrap_or(default.batch_sequences),
        queue_tokens: engine.queue_tokens.unwrap_or(default.queue_tokens),
        cache_entries: engine.cache_entries.unwrap_or(default.cache_entries),
    }
}

fn service(file: &File) -> ServiceConfig {
    let default = ServiceConfig::default();
    let server = &file.server;
    ServiceConfig {
        deadline: server.deadline_ms.map_or(default.deadline, Duration::from_millis),
        max_deadline: server.max_deadline_ms.map_or(default.max_deadline, Duration::from_millis),
        max_samples: server.max_samples.unwrap_or(default.max_samples),
        max_images: server.max_images.unwrap_or(default.max_images),
        max_references: server.max_references.unwrap_or(default.max_references),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let source = Source { name: "f".to_owned(), text: text.to_owned() };
        Settings::resolve(source, Path::new(".")).unwrap_err().to_string()
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
        assert!(
            error("[models.a]\nhub = \"../x\"\n").starts_with("f:2: models.a.hub: `../x` is no id")
        );
        assert!(
            error("[models.a]\nhub = \"a/b\"\npath = \".\"\n").contains("give `path`, or `hub`")
        );
        assert!(error("[models.a]\nhub = 1\n").starts_with("f:2: models.a.hub: must be a string"));
        assert!(error("[hub]\ntoken = \"x\"\n").starts_with("f:2: hub.token: unknown field"));
        let spec = error("[pipelines.p]\nnodes = {}\n");
        assert!(spec.contains("missing field `output`"), "{spec}");
    }
}
