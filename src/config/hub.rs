//! Models by their id on the Hugging Face hub.
//!
//! Offline unless configuration says `download = true`: what is not in the hub's cache is then an error
//! that says so. In a build without the feature `hub` any id is.

use std::path::PathBuf;

use serde::Deserialize;

use crate::model::Layout;

/// `[hub]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Hub {
    /// Whether what the cache lacks may be downloaded. The token is `HF_TOKEN`, else the cache's.
    pub(super) download: bool,
    /// The cache's directory. Default: what `HF_HOME` says, else the user's own.
    pub(super) cache: Option<PathBuf>,
    /// Where to download from. Default: what `HF_ENDPOINT` says, else the public hub.
    pub(super) endpoint: Option<String>,
}

/// One model on the hub, written `owner/name` or `owner/name@revision`.
#[derive(Debug)]
pub(super) struct Reference<'a> {
    /// `owner/name`.
    id: &'a str,
    /// A branch, a tag or a commit.
    revision: &'a str,
}

impl<'a> Reference<'a> {
    /// Reads a reference; neither part can lead out of the cache.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        let (id, revision) = text.split_once('@').unwrap_or((text, "main"));
        let sound = |part: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && !part.starts_with('.') && part.chars().all(known)
        };
        if id.split('/').count() != 2 || !id.split('/').all(sound) {
            return Err(format!("`{id}` is no id on the hub: OWNER/NAME"));
        }
        if !revision.split('/').all(sound) {
            return Err(format!("`{revision}` is no branch, tag or commit"));
        }
        Ok(Self { id, revision })
    }
}

#[cfg(not(feature = "hub"))]
impl Hub {
    pub(super) fn layout(&self, model: &Reference<'_>) -> Result<Layout, String> {
        let Reference { id, revision } = model;
        let cache =
            self.cache.as_ref().map_or_else(String::new, |at| format!(" in {}", at.display()));
        Err(format!(
            "`{id}` ({revision}){cache} is on the hub, and this build has no feature `hub`: give `path`, a \
             directory, or build with `--features hub`"
        ))
    }
}

#[cfg(feature = "hub")]
mod fetch {
    use std::path::PathBuf;

    use hf_hub::{
        Cache, CacheRepo, Repo, RepoType,
        api::sync::{ApiBuilder, ApiError},
    };

    use super::{Hub, Layout, Reference};

    /// What a model needs beside its weights.
    const FILES: [&str; 4] =
        ["config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];
    const INDEX: &str = "model.safetensors.index.json";
    const WEIGHTS: &str = "model.safetensors";

    impl Hub {
        /// The model's directory in the cache, downloaded first where that is allowed.
        pub(in crate::config) fn layout(&self, model: &Reference<'_>) -> Result<Layout, String> {
            let Reference { id, revision } = model;
            let cache = self.cache.clone().map_or_else(Cache::from_env, Cache::new);
            if self.download {
                let fetched = self.fetch(&cache, model).map_err(|error| {
                    format!("`{id}` ({revision}) cannot be downloaded: {error}")
                })?;
                return Ok(Layout::Directory(fetched));
            }
            let kept = cache.repo(repo(id, revision));
            directory(&kept, revision).map(Layout::Directory).ok_or_else(|| {
                let at = cache.path().display();
                format!(
                    "`{id}` ({revision}) is not in the cache at {at}; `[hub] download = true` \
                     fetches it"
                )
            })
        }

        /// Fetches what the cache lacks of the commit that the revision is now.
        fn fetch(&self, cache: &Cache, model: &Reference<'_>) -> Result<PathBuf, ApiError> {
            let token = std::env::var("HF_TOKEN").ok().or_else(|| cache.token());
            let mut builder = ApiBuilder::from_cache(cache.clone())
                .with_progress(false)
                .with_retries(3)
                .with_token(token);
            let endpoint = self.endpoint.clone().or_else(|| std::env::var("HF_ENDPOINT").ok());
            if let Some(endpoint) = endpoint {
                builder = builder.with_endpoint(endpoint);
            }
            let api = builder.build()?;
            let info = api.repo(repo(model.id, model.revision)).info()?;
            // All files of one commit, even when the branch moves meanwhile.
            let commit = repo(model.id, &info.sha);
            let (remote, kept) = (api.repo(commit.clone()), cache.repo(commit));
            let snapshot = kept.pointer_path(&info.sha);
            let there: Vec<String> = info.siblings.into_iter().map(|file| file.rfilename).collect();
            for file in wanted(&there) {
                if !snapshot.join(file).exists() {
                    remote.download(file)?;
                }
            }
            cache.repo(repo(model.id, model.revision)).create_ref(&info.sha)?;
            Ok(snapshot)
        }
    }

    fn repo(id: &str, revision: &str) -> Repo {
        Repo::with_revision(id.to_owned(), RepoType::Model, revision.to_owned())
    }

    /// The files of a repository that a model is loaded from: the shards where there is an index.
    fn wanted(there: &[String]) -> impl Iterator<Item = &str> {
        let sharded = there.iter().any(|file| file == INDEX);
        there.iter().map(String::as_str).filter(move |file| {
            let weights = if sharded {
                *file == INDEX || (file.starts_with("model-") && file.ends_with(".safetensors"))
            } else {
                *file == WEIGHTS
            };
            FILES.contains(file) || weights
        })
    }

    fn directory(repo: &CacheRepo, revision: &str) -> Option<PathBuf> {
        // A commit has no reference that leads to it.
        let commit = repo.pointer_path(revision);
        let named = repo.get("config.json").and_then(|file| file.parent().map(PathBuf::from));
        named.or_else(|| commit.join("config.json").exists().then_some(commit))
    }

    #[cfg(test)]
    mod tests {
        use std::{
            io::{BufRead, BufReader, Write},
            net::TcpListener,
            sync::{Arc, Mutex},
            thread,
        };

        use super::*;

        #[test]
        fn only_what_a_model_needs_is_fetched() {
            let there =
                |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>();
            let one =
                there(&["README.md", "config.json", "model.safetensors", "pytorch_model.bin"]);
            assert_eq!(wanted(&one).collect::<Vec<_>>(), ["config.json", "model.safetensors"]);
            let many = there(&[
                "model-00001-of-00002.safetensors",
                INDEX,
                "model.safetensors",
                "x/config.json",
            ]);
            assert_eq!(
                wanted(&many).collect::<Vec<_>>(),
                ["model-00001-of-00002.safetensors", INDEX]
            );
        }

        const COMMIT: &str = "0123456789012345678901234567890123456789";

        /// A hub on loopback with one model; `asked` collects the paths.
        fn serve(listener: &TcpListener, asked: &Mutex<Vec<String>>) -> Option<()> {
            let (stream, _) = listener.accept().ok()?;
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let path = lines.next()?.split(' ').nth(1)?.to_owned();
            let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let probe = headers.iter().any(|line| line.to_lowercase() == "range: bytes=0-0");
            asked.lock().unwrap().push(path.clone());
            let body = match path.strip_prefix("/some/model/resolve/") {
                Some(file) => format!("content of {file}"),
                None => format!(
                    r#"{{"sha": "{COMMIT}", "siblings": [{{"rfilename": "config.json"}},
                        {{"rfilename": "README.md"}}, {{"rfilename": "model.safetensors"}}]}}"#
                ),
            };
            let size = body.len();
            let sent = if probe { &body[..1] } else { &body };
            let name = path.replace('/', "-");
            let mut stream = &stream;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"{name}\"\r\n\
                 x-repo-commit: {COMMIT}\r\ncontent-range: bytes 0-0/{size}\r\n\
                 content-length: {}\r\n\r\n{sent}",
                sent.len()
            )
            .ok()
        }

        #[test]
        fn what_the_cache_lacks_is_fetched_once() {
            let cache = tempfile::tempdir().unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            let asked = Arc::new(Mutex::new(Vec::new()));
            let seen = Arc::clone(&asked);
            let server = thread::spawn(move || while serve(&listener, &seen).is_some() {});
            let path = Some(cache.path().to_owned());
            let online = Hub { download: true, cache: path, endpoint: Some(endpoint) };
            let model = Reference::parse("some/model").unwrap();
            let layout = online.layout(&model).unwrap();
            let Layout::Directory(directory) = &layout else { panic!("{layout:?}") };
            for file in ["config.json", "model.safetensors"] {
                let text = std::fs::read_to_string(directory.join(file)).unwrap();
                assert_eq!(text, format!("content of {COMMIT}/{file}"));
            }
            assert!(!directory.join("README.md").exists());
            let first = asked.lock().unwrap().len();
            assert_eq!(online.layout(&model), Ok(layout.clone()));
            assert_eq!(
                asked.lock().unwrap().len(),
                first + 1,
                "only the commit is asked for again"
            );
            let offline = Hub { download: false, ..online };
            assert_eq!(offline.layout(&model), Ok(layout));
            drop(server);
        }

        #[test]
        fn what_the_cache_holds_needs_no_network() {
            let cache = tempfile::tempdir().unwrap();
            let hub = Hub { cache: Some(cache.path().to_owned()), ..Hub::default() };
            let layout = |revision: &str| {
                hub.layout(&Reference::parse(&format!("some/model@{revision}")).unwrap())
            };
            let error = layout("main").unwrap_err();
            assert!(error.contains("is not in the cache") && error.contains("download"), "{error}");
            let model = cache.path().join("models--some--model");
            let snapshot = model.join("snapshots/0123abc");
            std::fs::create_dir_all(&snapshot).unwrap();
            std::fs::create_dir_all(model.join("refs")).unwrap();
            std::fs::write(model.join("refs/main"), "0123abc").unwrap();
            std::fs::write(snapshot.join("config.json"), "{}").unwrap();
            assert_eq!(layout("main"), Ok(Layout::Directory(snapshot.clone())));
            assert_eq!(layout("0123abc"), Ok(Layout::Directory(snapshot)));
            assert!(layout("other").is_err());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_lead_out_of_the_cache() {
        assert!(Reference::parse("Some-Owner/model_1.5@refs/pr/1").is_ok());
        for id in ["", "model", "a/b/c", "../b", "a/..", "a/b?x", "/a", "a/ b"] {
            assert!(Reference::parse(id).is_err(), "{id}");
        }
        for revision in ["", "../x", "a//b", "a/../b", "x y"] {
            assert!(Reference::parse(&format!("a/b@{revision}")).is_err(), "{revision}");
        }
    }

    #[cfg(not(feature = "hub"))]
    #[test]
    fn a_build_without_the_feature_says_so() {
        let error = Hub::default().layout(&Reference::parse("a/b").unwrap()).unwrap_err();
        assert!(error.contains("`a/b`") && error.contains("--features hub"), "{error}");
    }
}
