//! Images by their address: `https`, from the hosts that configuration names.
//!
//! What a caller writes must not make the service reach what only the service can reach (CWE-918,
//! server-side request forgery). A host that is not listed is never looked up. A name is resolved once, its
//! addresses are judged, and one of those very addresses is connected to; redirects are not followed, and
//! no proxy is used. Size, time and the number of fetches at once are bounded.

mod address;
mod host;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ipnet::IpNet;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use ureq::{
    Agent,
    config::Config,
    http::Uri,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use crate::domain::{Miss, MissStatus};
use address::is_public;
pub use host::Host;

/// Files that may be in memory at once, fetched or on their way, until they are decoded.
const AT_ONCE: usize = 16;

/// Where images may be fetched from, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchConfig {
    /// The hosts; none: nothing is fetched.
    pub hosts: Vec<Host>,
    /// Networks that are not public in which those hosts may lie nevertheless.
    pub networks: Vec<IpNet>,
    /// Bytes of a file.
    pub max_bytes: u64,
    /// From the look-up of the name to the last byte.
    pub timeout: Duration,
    /// The file with the certificates, as PEM, of the only authorities that are trusted; `None`: the public
    /// ones.
    pub authorities: Option<PathBuf>,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            networks: Vec::new(),
            max_bytes: 10 << 20,
            timeout: Duration::from_secs(5),
            authorities: None,
        }
    }
}

/// Fetches files within the bounds of its configuration.
#[derive(Debug)]
pub struct Fetcher {
    agent: Agent,
    places: Arc<Semaphore>,
    config: FetchConfig,
}

/// A file that was fetched, and its place among those in memory.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) bytes: Vec<u8>,
    pub(super) place: Option<OwnedSemaphorePermit>,
}

impl Fetcher {
    /// A fetcher; `None` when no host is listed.
    ///
    /// # Errors
    /// When the authorities' certificates cannot be read.
    pub fn new(config: FetchConfig) -> Result<Option<Self>, String> {
        if config.hosts.is_empty() {
            return Ok(None);
        }
        let roots = match &config.authorities {
            Some(file) => authorities(file)?,
            None => RootCerts::WebPki,
        };
        let settings = Agent::config_builder()
            .https_only(true)
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .accept("image/*")
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        let resolver =
            Guarded { networks: config.networks.clone(), names: DefaultResolver::default() };
        let agent = Agent::with_parts(settings, DefaultConnector::default(), resolver);
        Ok(Some(Self { agent, places: Arc::new(Semaphore::new(AT_ONCE)), config }))
    }

    /// The file at `address`.
    ///
    /// # Errors
    /// `invalid_input` for an address that may not be fetched and for what is there when it is no file of
    /// the permitted size; `upstream_error` and `timeout` when the host fails.
    pub(super) async fn fetch(
        self: &Arc<Self>,
        address: &str,
        deadline: Instant,
    ) -> Result<Fetched, Miss> {
        let uri = self.admitted(address)?;
        let place = timeout_at(deadline, Arc::clone(&self.places).acquire_owned()).await;
        let late =
            |_| Miss::new(MissStatus::Overloaded, "other images were fetched until the deadline");
        // The semaphore is never closed.
        let place = place.map_err(late)?.ok();
        let left = deadline.saturating_duration_since(Instant::now()).min(self.config.timeout);
        let fetcher = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let bytes = fetcher.get(&uri, left)?;
            Ok(Fetched { bytes, place })
        });
        done.await.unwrap_or_else(|_| Err(failed("the image's fetch panicked")))
    }

    /// The address, if its host may be reached.
    fn admitted(&self, address: &str) -> Result<Uri, Miss> {
        let uri: Uri = address.parse().map_err(|_| refused("the image's address is no URL"))?;
        if uri.scheme_str() != Some("https") {
            return Err(refused("images are fetched by https only"));
        }
        let authority =
            uri.authority().ok_or_else(|| refused("the image's address has no host"))?;
        if authority.as_str().contains('@') {
            return Err(refused("the image's address holds a user's name"));
        }
        let (name, port) = (authority.host(), authority.port_u16());
        if !self.config.hosts.iter().any(|host| host.admits(name, port)) {
            return Err(refused("the image's host is not among `[images] hosts`"));
        }
        Ok(uri)
    }

    fn get(&self, uri: &Uri, time: Duration) -> Result<Vec<u8>, Miss> {
        let request = self.agent.get(uri).config().timeout_global(Some(time)).build();
        let mut response = request.call().map_err(|error| self.miss(&error))?;
        match response.status().as_u16() {
            200 => {}
            300..400 => return Err(refused("the image's host redirects, which is not followed")),
            status if status >= 500 || status == 429 => {
                return Err(failed(format!("the image's host answers {status}")));
            }
            status => return Err(refused(format!("the image's host answers {status}"))),
        }
        let body = response.body_mut().with_config().limit(self.config.max_bytes);
        body.read_to_vec().map_err(|error| self.miss(&error))
    }

    /// What a caller may know of a failure: nothing of the network it happened in.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all others are the network's, and not told apart"
    )]
    fn miss(&self, error: &ureq::Error) -> Miss {
        match error {
            ureq::Error::BodyExceedsLimit(_) => {
                refused(format!("the image has more than {} bytes", self.config.max_bytes))
            }
            ureq::Error::Other(error) if error.is::<NotPublic>() => refused(NotPublic.to_string()),
            ureq::Error::Timeout(_) => {
                Miss::new(MissStatus::Timeout, "the image was not fetched in time")
            }
            ureq::Error::HostNotFound => failed("the image's host is not found"),
            _ => failed("the image's host cannot be reached"),
        }
    }
}

/// Resolves names to those of their addresses that may be connected to.
#[derive(Debug)]
struct Guarded {
    networks: Vec<IpNet>,
    names: DefaultResolver,
}

impl Guarded {
    fn admits(&self, address: IpAddr) -> bool {
        is_public(address) || self.networks.iter().any(|network| network.contains(&address))
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let mut admitted = self.empty();
        for address in found.iter().filter(|address| self.admits(address.ip())) {
            admitted.push(*address);
        }
        if admitted.is_empty() {
            Err(ureq::Error::Other(Box::new(NotPublic)))
        } else {
            Ok(admitted)
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the image's host has no public address")]
struct NotPublic;

fn authorities(file: &Path) -> Result<RootCerts, String> {
    let pem = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> Miss {
    Miss::new(MissStatus::InvalidInput, message)
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Miss {
    Miss::new(MissStatus::UpstreamError, message)
}
