//! Images by their address, from a host on loopback that speaks TLS.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use assay::{
    cli::start,
    config::Settings,
    http::{App, HttpConfig},
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::{Value, json};

use crate::app::TestApp;

fn tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// `https://localhost:PORT`, and how many connections it has seen.
struct Host {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Host {
    fn start() -> Self {
        let certificate = CertificateDer::from_pem_file(tree("tests/golden/tls/localhost.pem"));
        let key = PrivateKeyDer::from_pem_file(tree("tests/golden/tls/localhost.key"));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.unwrap()], key.unwrap())
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                seen.fetch_add(1, SeqCst);
                let session = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that leaves early is no fault of the host.
                drop(answer(StreamOwned::new(session, stream)));
            }
        });
        Self { port, connections }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

fn answer(stream: StreamOwned<ServerConnection, TcpStream>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while line != "\r\n" && !line.is_empty() {
        line.clear();
        stream.read_line(&mut line)?;
    }
    let (status, more, body) = match path.as_str() {
        "/red.png" => ("200 OK", "", std::fs::read(tree("examples/red-circle.png"))?),
        "/text" => ("200 OK", "", b"no image".to_vec()),
        "/large" => ("200 OK", "", vec![0; 3 << 20]),
        "/elsewhere" => ("302 Found", "location: /red.png\r\n", Vec::new()),
        "/broken" => ("503 Service Unavailable", "", Vec::new()),
        _ => ("404 Not Found", "", Vec::new()),
    };
    let stream = stream.get_mut();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n"
    )?;
    stream.write_all(&body)?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// The shipped model, with such a section `[images]`.
fn app(images: &str) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.toml");
    let models = "[models]\ntiny-clip = { path = \"embedded:tiny-clip\" }\n";
    std::fs::write(&path, format!("[images]\n{images}\n{models}")).unwrap();
    let settings = Settings::read(&path, None).unwrap();
    TestApp::of(App::new(start(&settings).unwrap(), HttpConfig::default()))
}

/// From the host, which only `more` may let in.
fn trusting(host: &Host, more: &str) -> TestApp {
    let authority = tree("tests/golden/tls/authority.pem");
    let mut images = format!("hosts = [\"localhost:{}\", \"*.test\"]\nmax_mb = 1\n", host.port);
    writeln!(images, "ca_file = {:?}\n{more}", authority.to_str().unwrap()).unwrap();
    app(&images)
}

const LOOPBACK: &str = "networks = [\"127.0.0.0/8\", \"::1/128\"]";

async fn results(app: &TestApp, images: &[Value]) -> Vec<Value> {
    let texts = ["a red circle", "a blue square"];
    let body = json!({"model": "tiny-clip", "images": images, "texts": texts});
    let answer = app.post("/v1/clip/score", &body).await.good();
    answer["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_image_is_fetched_and_each_failure_voids_itself() {
    let host = Host::start();
    let app = trusting(&host, LOOPBACK);
    let paths = ["/red.png", "/text", "/large", "/elsewhere", "/broken", "/none"];
    let images: Vec<Value> = paths.iter().map(|path| json!(host.url(path))).collect();
    let found = results(&app, &images).await;
    for (result, (status, message)) in found.iter().zip([
        ("ok", ""),
        ("invalid_input", "no PNG"),
        ("invalid_input", "more than 1048576 bytes"),
        ("invalid_input", "redirects"),
        ("upstream_error", "answers 503"),
        ("invalid_input", "answers 404"),
    ]) {
        assert_eq!(result["status"], status, "{result}");
        assert!(result["message"].as_str().unwrap_or("").contains(message), "{result}");
    }
    assert_eq!(found[4]["retryable"], true);
    // The redirect's target was asked for once, by its own address.
    assert_eq!(host.connections(), paths.len());
}

#[tokio::test]
async fn the_same_address_is_fetched_once_and_is_the_file_itself() {
    let host = Host::start();
    let app = trusting(&host, LOOPBACK);
    let url = host.url("/red.png");
    let picture = std::fs::read(tree("examples/red-circle.png")).unwrap();
    let file = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, picture);
    let images = json!([{"url": url}, url, file]);
    let body = json!({"model": "tiny-clip", "images": images, "texts": ["a red circle"]});
    let scores = app.post("/v1/clip/score", &body).await.good()["scores"].clone();
    assert!(scores[0][0].is_f64());
    assert_eq!((&scores[0], &scores[0]), (&scores[1], &scores[2]));
    assert_eq!(host.connections(), 1);

    let pipeline = json!({"output": "clip", "nodes": {
        "clip": {"kind": "clip_score", "models": ["tiny-clip"], "metric": "cosine"}}});
    let samples = json!([{"images": [url], "completion": "a red circle"}]);
    let body = json!({"pipeline": pipeline, "samples": samples});
    assert_eq!(app.post("/v1/score", &body).await.good()["rewards"][0], scores[0][0]);
}

#[tokio::test]
async fn what_is_not_allowed_is_not_connected_to() {
    let host = Host::start();
    let port = host.port;
    let app = trusting(&host, LOOPBACK);
    let images = [
        json!(format!("http://localhost:{port}/red.png")),
        json!(format!("https://127.0.0.1:{port}/red.png")),
        json!(format!("https://[::1]:{port}/red.png")),
        json!(format!("https://2130706433:{port}/red.png")),
        json!(format!("https://user@localhost:{port}/red.png")),
        json!(format!("https://localhost:{port}@127.0.0.1:{port}/red.png")),
        json!(format!("https://localhost.:{port}/red.png")),
        json!("https://localhost/red.png"),
        json!("https://169.254.169.254/latest/meta-data"),
        json!({"url": "file:///etc/passwd"}),
        json!({"url": "localhost"}),
        json!({"url": "https://"}),
        json!({"url": "https:///x"}),
    ];
    for result in results(&app, &images).await {
        assert_eq!(result["status"], "invalid_input", "{result}");
    }
    assert_eq!(host.connections(), 0);
}

/// The name is listed, and what it resolves to is not public.
#[tokio::test]
async fn a_private_address_behind_a_listed_name_is_refused() {
    let host = Host::start();
    let app = trusting(&host, "");
    let result = &results(&app, &[json!(host.url("/red.png"))]).await[0];
    assert_eq!(result["status"], "invalid_input");
    assert!(result["message"].as_str().unwrap().contains("no public address"), "{result}");
    assert_eq!(host.connections(), 0);
}

/// Nobody vouches for the host's certificate but the test's authority.
#[tokio::test]
async fn a_host_must_be_who_it_says() {
    let host = Host::start();
    let app = app(&format!("hosts = [\"localhost:{}\"]\n{LOOPBACK}", host.port));
    let result = &results(&app, &[json!(host.url("/red.png"))]).await[0];
    assert_eq!(result["status"], "upstream_error", "{result}");
}

#[tokio::test]
async fn nothing_is_fetched_unless_configuration_says_so() {
    let app = TestApp::shared();
    let url = "https://localhost/red.png";
    for (path, body, pointer) in [
        ("score", json!({"images": ["x", url], "texts": []}), "/images/1"),
        ("score", json!({"items": [{"image": {"url": url}, "text": "a"}]}), "/items/0/image"),
        ("embed", json!({"images": [url]}), "/images/0"),
        ("zero-shot", json!({"images": [url], "labels": ["a"]}), "/images/0"),
        ("retrieval", json!({"items": [{"image": url, "text": "a"}]}), "/items/0/image"),
        (
            "image-similarity",
            json!({"items": [{"image": "x", "reference": url}]}),
            "/items/0/reference",
        ),
        ("image-similarity", json!({"images": [], "references": [url]}), "/references/0"),
    ] {
        let mut body = body;
        body["model"] = json!("tiny-clip");
        let problem = app.post(&format!("/v1/clip/{path}"), &body).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], pointer, "{path}");
        assert!(error["detail"].as_str().unwrap().contains("[images] hosts"), "{error}");
    }
    let samples = json!([{"images": [url], "completion": "a"}]);
    let answer =
        app.post("/v1/score", &json!({"pipeline": "clip", "samples": samples})).await.good();
    assert_eq!(answer["results"][0]["status"], "unsupported");
}
