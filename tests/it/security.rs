//! Peers that mean harm, over real sockets; and how the program may be started.

use std::{
    net::SocketAddr,
    process::{Command, Output},
    time::Duration,
};

use assay::{
    cli::{Setup, start},
    http::{App, HttpConfig, Limits, serve},
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};

use crate::app::TestApp;

/// A service on a socket; it stops when this is dropped.
struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinSet<()>,
}

impl Served {
    async fn with(limits: Limits) -> Self {
        let settings = Setup::default().settings().unwrap();
        let config = HttpConfig { limits, ..HttpConfig::default() };
        let app = App::new(start(&settings).unwrap(), config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let shutdown = async move { drop(stopped.await) };
            serve(listener, app, shutdown, Duration::from_secs(30)).await.unwrap();
        });
        Self { address, stop: Some(stop), task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What a peer that sends `text`, and nothing after it, is told before the connection ends.
    async fn told(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        // The server may have closed before all of it was sent.
        let _ = stream.write_all(text.as_bytes()).await;
        let mut told = Vec::new();
        let _ = stream.read_to_end(&mut told).await;
        String::from_utf8_lossy(&told).into_owned()
    }

    async fn lives(&self) {
        let told = self.told("GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    }
}

fn limits() -> Limits {
    let soon = Duration::from_millis(100);
    Limits { header_timeout: soon, body_timeout: soon, write_timeout: soon, ..Limits::default() }
}

#[tokio::test]
async fn slow_heads_and_silence_end() {
    let served = Served::with(limits()).await;
    for text in ["", "G", "PRI * HTTP/2.0\r\n", "POST /v1/score HTTP/1.1\r\nhost: a\r\nx: "] {
        let told = served.told(text).await;
        assert!(!told.starts_with("HTTP/1.1 200"), "{text}: {told}");
    }
    // A connection that has asked once and goes silent ends too.
    let told = served.told("GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    served.lives().await;
}

#[tokio::test]
async fn a_slow_body_is_a_problem() {
    let served = Served::with(limits()).await;
    let head = "POST /v1/score HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    for text in ["content-length: 100\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n1\r\n{\r\n"] {
        let told = served.told(&format!("{head}{text}")).await;
        assert!(told.starts_with("HTTP/1.1 408"), "{told}");
        assert!(told.contains("\"code\":\"slow_body\""), "{told}");
    }
    served.lives().await;
}

#[tokio::test]
async fn heads_are_bounded_in_bytes_and_number() {
    let served = Served::with(Limits { header_bytes: 8192, headers: 20, ..limits() }).await;
    let long = format!("GET /livez HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    let many = format!("GET /livez HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(50));
    let path = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "p".repeat(20_000));
    for text in [long, many, path] {
        let told = served.told(&text).await;
        assert!(told.starts_with("HTTP/1.1 4"), "{told}");
    }
    served.lives().await;
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let served = Served::with(limits()).await;
    for text in [
        "\x16\x03\x01\x02\x00\x01\x00\x01\x7f\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "POST /v1/score HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        "GET /\0 HTTP/1.1\r\n\r\n",
    ] {
        let told = served.told(text).await;
        assert!(!told.starts_with("HTTP/1.1 2"), "{told}");
    }
    served.lives().await;
}

/// As many connections as there are places; the next is served when one has gone.
#[tokio::test]
async fn connections_are_bounded() {
    let served = Served::with(Limits { connections: 2, ..limits() }).await;
    let idle = [served.connect().await, served.connect().await];
    // The idle ones are put out after a while, and then this one is answered.
    served.lives().await;
    drop(idle);
}

/// Who asks for much and reads nothing loses its place.
#[tokio::test]
async fn a_reader_that_does_not_read_is_put_out() {
    let served = Served::with(Limits { connections: 1, ..limits() }).await;
    let mut greedy = served.connect().await;
    // More than the buffers between the two hold.
    let document = "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(400);
    greedy.write_all(document.as_bytes()).await.unwrap();
    served.lives().await;
    drop(greedy);
}

/// Whatever was accepted is answered, and then the server ends.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_accepted_is_lost_when_the_service_stops() {
    let mut served = Served::with(Limits::default()).await;
    let mut clients = JoinSet::new();
    for index in 0..100 {
        let body = json!({"pipeline": "helpful", "samples": [
            {"prompt": "What is 17 + 25?", "completion": format!("17 + 25 = {index}.")}
        ]});
        let body = body.to_string();
        let request = format!(
            "POST /v1/score HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = served.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        clients.spawn(async move {
            let mut told = Vec::new();
            stream.read_to_end(&mut told).await.unwrap();
            String::from_utf8_lossy(&told).into_owned()
        });
    }
    served.stop.take().unwrap().send(()).unwrap();
    for told in clients.join_all().await {
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
        assert!(told.contains("\"status\":\"ok\""), "{told}");
    }
    served.task.join_next().await.unwrap().unwrap();
}

/// No page of another origin gets through: nothing allows it, and what a page may send unasked is refused.
#[tokio::test]
async fn other_origins_are_not_let_in() {
    let app = TestApp::shared();
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/score")
        .header(header::ORIGIN, "https://evil.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type");
    let refused = app.send(preflight.body(Body::empty()).unwrap()).await;
    refused.problem(405, "method_not_allowed");
    let get = Request::get("/v1/models").header(header::ORIGIN, "https://evil.example");
    for answer in [refused, app.send(get.body(Body::empty()).unwrap()).await] {
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")));
    }
    for simple in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let post = Request::post("/v1/score").header(header::CONTENT_TYPE, simple);
        let body = Body::from(r#"{"pipeline": "helpful", "samples": []}"#);
        app.send(post.body(body).unwrap()).await.problem(415, "unsupported_media_type");
    }
}

fn assay(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).env_clear().output().unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let output = assay(arguments);
    assert_eq!(output.status.code(), Some(64), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_keys_it_serves_this_machine_only() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let told = refused(&["serve", "--listen", address]);
        assert!(told.contains("no key is set"), "{told}");
        // An empty variable is no key.
        let told = refused(&["serve", "--listen", address, "--api-keys", ""]);
        assert!(told.contains("no key is set"), "{told}");
        // Nor does an administrator's close the doors to others.
        let told = refused(&["serve", "--listen", address, "--admin-key", "root"]);
        assert!(told.contains("no key is set"), "{told}");
    }
}

#[test]
fn keys_that_are_none_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "# nothing yet\n").unwrap();
    assert!(refused(&["serve", "--api-keys-file", path]).contains("no key in it"));
    assert!(refused(&["serve", "--admin-key-file", "/nonexistent"]).contains("cannot be read"));
    let told = refused(&["serve", "--api-keys", "good,sha256:bad-secret"]);
    assert!(told.contains("64 hexadecimal") && !told.contains("bad-secret"), "{told}");
    std::fs::write(&file, "same\n").unwrap();
    let told = refused(&["serve", "--api-keys-file", path, "--admin-key", "same"]);
    assert!(told.contains("must not be one of the callers'"), "{told}");
    assert!(refused(&["serve", "--close-doors", "nope"]).contains("there is openrlhf"));
}

#[test]
fn what_is_printed_holds_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, "third-s3cret\n").unwrap();
    let output = assay(&[
        "serve",
        "--print-config",
        "--listen",
        "0.0.0.0:9000",
        "--api-keys",
        "first-s3cret,second-s3cret",
        "--api-keys-file",
        file.to_str().unwrap(),
        "--admin-key",
        "root-s3cret",
        "--close-doors",
        "openrlhf",
    ]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8([output.stdout.clone(), output.stderr].concat()).unwrap();
    assert!(!told.contains("s3cret"), "{told}");
    let table: toml::Table = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    assert_eq!(table["server"]["listen"].as_str(), Some("0.0.0.0:9000"));
    assert_eq!(table["server"]["api_keys"].as_array().unwrap().len(), 3);
    assert!(!told.contains("[doors.openrlhf]"));
}

/// A configuration's keys, doors, bounds and place for changes.
#[test]
fn a_configuration_file_says_it_all() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("keys", "a\nb\n");
    write("admin", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
    let good = "[server]\napi_keys_file = \"keys\"\nadmin_key_file = \"admin\"\nregistry = \"kept\"\n\
                max_connections = 9\nheader_timeout_ms = 5000\n\n[models]\nrm = { path = \"embedded:tiny-rm-0\" }\n\n\
                [pipelines.p]\noutput = \"rm\"\nnodes.rm = { kind = \"reward_models\", models = [\"rm\"] }\n\n\
                [doors.openrlhf]\npipeline = \"p\"\nsource_template = \"llama3\"\non_miss = -1\n";
    write("assay.toml", good);
    let path = folder.path().join("assay.toml");
    let path = path.to_str().unwrap();
    let output = assay(&["serve", "--print-config", "--config", path]);
    assert!(output.status.success(), "{output:?}");
    let told: toml::Table = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    let json: Value = serde_json::to_value(told).unwrap();
    assert_eq!(json["server"]["api_keys"].as_array().unwrap().len(), 2);
    assert_eq!(json["server"]["max_connections"], 9);
    assert!(json["server"]["registry"].as_str().unwrap().ends_with("/kept"));
    assert_eq!(json["doors"]["openrlhf"]["on_miss"], -1.0);
    for (wrong, place, message) in [
        ("pipeline = \"p\"\nx = 1", ":17: doors.openrlhf", "unknown field"),
        (
            "pipeline = \"p\"\nsource_template = \"gpt\"",
            "doors.openrlhf.source_template",
            "unknown variant",
        ),
        ("pipeline = \"q\"", "doors.openrlhf.pipeline", "no pipeline `q`"),
        ("pipeline = \"p\"\nscores = \"uwo\"", "doors.openrlhf.scores", "no column"),
    ] {
        let (before, _) = good.split_once("pipeline = \"p\"").unwrap();
        write("assay.toml", &format!("{before}{wrong}\n"));
        let told = refused(&["serve", "--config", path, "--listen", "127.0.0.1:0"]);
        assert!(told.contains(place) && told.contains(message), "{told}");
    }
}
