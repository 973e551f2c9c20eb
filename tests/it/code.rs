//! The code verifier through a served program: every case in each kind of isolation that the machine allows,
//! and afterwards nothing is left.

mod server;

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use assay::verify::code::Tier;
use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use self::server::{Server, User};
use crate::app::TestApp;

/// A line of a file in `tests/golden/code`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// As it is written: integers keep their digits.
    item: Box<RawValue>,
    #[serde(default = "all")]
    stop: String,
    want: Want,
    tests: Option<Vec<String>>,
    score: Option<f64>,
    status: Option<String>,
    /// What the machine must have: `numpy`, `pytest`, or a language.
    needs: Option<String>,
    /// The weakest isolation in which this can be asked.
    #[serde(default = "filters")]
    tier: Tier,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Want {
    One(String),
    Any(Vec<String>),
    Nothing(()),
}

fn all() -> String {
    "all".to_owned()
}

fn filters() -> Tier {
    Tier::Filters
}

impl Case {
    /// What is wrong with the result.
    fn complaint(&self, result: &Value) -> Option<String> {
        let verdict = result["verdict"].as_str();
        let verdict_is_right = match &self.want {
            Want::One(one) => verdict == Some(one),
            Want::Any(any) => any.iter().any(|one| verdict == Some(one)),
            Want::Nothing(()) => verdict.is_none() && result["score"].is_null(),
        };
        let status = self.status.as_deref().unwrap_or("ok");
        let verdicts = || -> Vec<&str> {
            let tests = result["tests"].as_array().into_iter().flatten();
            tests.filter_map(|test| test["verdict"].as_str()).collect()
        };
        let right = verdict_is_right
            && result["status"] == status
            && self.tests.as_ref().is_none_or(|tests| *tests == verdicts())
            && self.score.is_none_or(|score| result["score"].as_f64() == Some(score));
        (!right).then(|| format!("{}: {result}", self.name))
    }
}

fn cases(group: &str) -> Vec<Case> {
    let path = format!("{}/tests/golden/code/{group}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is hostile to the machine: asked one by one, with a look around after each.
const HOSTILE: [&str; 2] = ["limits", "hostile"];

const GROUPS: [&str; 10] = [
    "right_and_wrong",
    "calls",
    "judged",
    "handed_over",
    "suites",
    "hacks",
    "languages",
    "extraction",
    "second_opinion",
    "objects",
];

/// The cases of a group that can be asked of a server with these capabilities. Says loudly which cannot.
fn askable(group: &str, found: &Value) -> Vec<Case> {
    let tier: Tier = serde_json::from_value(found["tier"].clone()).unwrap();
    let has = |needs: &str| found[needs] == true || found["languages"][needs] == true;
    let (cases, missing): (Vec<_>, Vec<_>) = cases(group)
        .into_iter()
        .filter(|case| case.tier <= tier)
        .partition(|case| case.needs.as_deref().is_none_or(has));
    for case in &missing {
        loudly(&format!("{group}: {} needs {:?}", case.name, case.needs));
    }
    cases
}

/// Sends the hostile cases one by one. After each: the verdict is right, the service answers, no process of the run is
/// left, no file of it is there, the next run sees none, and memory is what it was.
fn replay_one_by_one(server: &Server) {
    let found = server.get("/v1/verify/code/capabilities");
    let looks = "import os\ntry: print(os.listdir('/tmp'), os.path.exists('/dev/shm'))\nexcept OSError: print('[] False')";
    let probe =
        json!({"code": looks, "tests": {"mode": "stdio", "cases": [{"stdout": "[] False"}]}});
    let probe = |n: usize| {
        // Other limits, so that no verdict is remembered.
        let mut probe = probe.clone();
        probe["limits"] = json!({"cpu_ms": 5000 + n});
        probe.to_string()
    };
    let behind_filters = found["tier"] == "filters";
    server.verify((0..8).map(probe), "all");
    let before = server.memory();
    let mut complaints = Vec::new();
    for (n, case) in HOSTILE.iter().flat_map(|group| askable(group, &found)).enumerate() {
        let results = server.verify([case.item.get().to_owned()].into_iter(), &case.stop);
        complaints.extend(case.complaint(&results[0]));
        server.is_clean();
        let next = &server.verify([probe(100 + n)].into_iter(), "all")[0];
        if next["verdict"] != "OK" && !behind_filters {
            complaints.push(format!("after {}: {next}", case.name));
        }
        complaints.extend(server.files().map(|left| format!("{} left {left}", case.name)));
        let after = server.memory();
        if let Some(grown) = before.growth(&after) {
            complaints.push(format!("after {}: {grown}", case.name));
        }
    }
    assert!(complaints.is_empty(), "{}:\n{}", complaints.len(), complaints.join("\n"));
}

/// Sends every case that can be asked of this server, and compares.
fn replay(server: &Server, groups: &[&str]) {
    let found = server.get("/v1/verify/code/capabilities");
    let (mut complaints, mut asked) = (Vec::new(), 0);
    for group in groups {
        let cases = askable(group, &found);
        for stop in ["all", "first_failure"] {
            let chosen: Vec<_> = cases.iter().filter(|case| case.stop == stop).collect();
            let results = server.verify(chosen.iter().map(|case| case.item.get().to_owned()), stop);
            asked += results.len();
            assert_eq!(results.len(), chosen.len());
            let wrong = chosen.iter().zip(&results).filter_map(|(case, one)| case.complaint(one));
            complaints.extend(wrong.map(|wrong| format!("{group}: {wrong}")));
        }
        server.is_clean();
    }
    assert!(complaints.is_empty(), "{} of {asked}:\n{}", complaints.len(), complaints.join("\n"));
}

#[expect(clippy::print_stderr, reason = "what a machine lacks must be seen")]
fn loudly(message: &str) {
    eprintln!("NOT TESTED, FOR THIS MACHINE LACKS IT: {message}");
}

/// A server with this isolation, or a loud word.
fn server(tier: Tier, user: User) -> Option<Server> {
    let server = Server::start(tier, user)?;
    let found = server.get("/v1/verify/code/capabilities");
    if found["tier"] == tier.as_str() {
        return Some(server);
    }
    loudly(&format!("isolation by {}: {}", tier.as_str(), found["missing"]));
    None
}

#[test]
fn every_case_in_namespaces() {
    if let Some(server) = server(Tier::Namespaces, User::Own) {
        replay(&server, &GROUPS);
    }
}

#[test]
fn every_case_behind_filters() {
    if let Some(server) = server(Tier::Filters, User::Own) {
        replay(&server, &GROUPS);
        // What works on files or starts processes cannot be asked there, and is no failure of the program.
        let suite = json!({"mode": "pytest", "files": {"test_a.py": "def test_a(): pass"}});
        let stdio = json!({"mode": "stdio", "cases": [{"stdout": "1"}]});
        let items = [("python", suite), ("cpp", stdio.clone()), ("bash", stdio)].map(
            |(language, tests)| {
                json!({"language": language, "code": "", "tests": tests}).to_string()
            },
        );
        for result in server.verify(items.into_iter(), "all") {
            assert_eq!(
                (&result["status"], &result["score"]),
                (&json!("unsupported"), &Value::Null)
            );
        }
    }
}

#[test]
fn hostile_cases_leave_nothing_in_namespaces() {
    if let Some(server) = server(Tier::Namespaces, User::Own) {
        replay_one_by_one(&server);
    }
}

#[test]
fn hostile_cases_leave_nothing_behind_filters() {
    if let Some(server) = server(Tier::Filters, User::Own) {
        replay_one_by_one(&server);
    }
}

#[test]
fn hostile_cases_as_an_unprivileged_user() {
    for tier in [Tier::Namespaces, Tier::Filters] {
        if let Some(server) = server(tier, User::Nobody) {
            replay(&server, &["hacks", "extraction"]);
            replay_one_by_one(&server);
        }
    }
}

/// Two cores, four lines: a request of many tests does not make an honest program too slow.
#[test]
fn many_items_at_once_have_no_false_verdict() {
    let Some(server) = server(Tier::Namespaces, User::Own) else { return };
    let items: Vec<Value> = (0..64)
        .map(|item| {
            let cases: Vec<Value> = (0..20)
                .map(|n| json!({"stdin": n.to_string(), "stdout": (n + item).to_string()}))
                .collect();
            json!({
                "code": format!("print(int(input()) + {item})"),
                "tests": {"mode": "stdio", "cases": cases},
                "limits": {"cpu_ms": 1000}
            })
        })
        .collect();
    let results = server.verify(items.iter().map(Value::to_string), "all");
    for result in &results {
        assert_eq!(result["all_pass"], true, "{result}");
    }
    server.is_clean();
}

/// The caller leaves: its program ends, and what it held is free.
#[test]
fn who_leaves_takes_the_program_along() {
    let Some(server) = server(Tier::Namespaces, User::Own) else { return };
    let body = json!({"items": [{
        "code": "import time\ntime.sleep(50)",
        "tests": {"mode": "stdio", "cases": [{"stdout": ""}]},
        "limits": {"wall_ms": 60_000}
    }]});
    let body = body.to_string();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = "POST /v1/verify/code HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    server.until("the program runs", |server| server.metric("assay_code_running") == 1.0);
    drop(stream);
    server.until("the program ended", |server| server.metric("assay_code_running") == 0.0);
    assert_eq!(server.metric("assay_code_abandoned_total"), 1.0);
    server.is_clean();
}

/// A runner that is killed is replaced, and its run is tried again: no program is judged by it.
#[test]
fn a_killed_runner_is_replaced() {
    let Some(server) = server(Tier::Namespaces, User::Own) else { return };
    let item = json!({"code": "print(1)", "tests": {"mode": "stdio", "cases": [{"stdout": "1"}]}});
    for runner in server.runners() {
        let pid = rustix::process::Pid::from_raw(runner as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
    for n in 0..4 {
        let mut item = item.clone();
        item["limits"] = json!({"cpu_ms": 1000 + n});
        assert_eq!(server.verify([item.to_string()].into_iter(), "all")[0]["score"], 1.0);
    }
    assert!(server.metric("assay_code_respawns_total") >= 1.0);
    server.is_clean();
}

/// A flood of output does not stay in the server.
#[test]
fn floods_are_bounded() {
    let Some(server) = server(Tier::Namespaces, User::Own) else { return };
    let flood = |n: u32| {
        json!({
            "code": format!("# {n}\nimport sys\nwhile True: sys.stdout.write('x' * 65536)"),
            "tests": {"mode": "stdio", "cases": [{"stdout": ""}]},
            "limits": {"cpu_ms": 4000, "wall_ms": 60_000, "output_kb": 65_536}
        })
    };
    let before = server.resident_kb();
    let items: Vec<Value> = (0..16).map(flood).collect();
    for result in server.verify(items.iter().map(Value::to_string), "all") {
        assert_eq!(result["verdict"], "OLE", "{result}");
    }
    let after = server.resident_kb();
    // Sixteen floods of 64 MiB each pass through; at most one per runner is held at a time.
    assert!(after < before + 600_000, "{before} KiB before, {after} KiB after");
}

#[tokio::test]
async fn without_isolation_programs_are_refused_and_all_else_works() {
    let app = TestApp::isolated(Tier::None);
    let body = json!({"items": [{"code": "print(1)", "tests": {"mode": "stdio", "cases": [{"stdout": "1"}]}}]});
    let problem = app.post("/v1/verify/code", &body).await.problem(503, "sandbox_unavailable");
    assert_eq!(problem["retryable"], true);
    let ready = app.get("/readyz").await.good();
    assert_eq!((&ready["ready"], &ready["code"]["ready"]), (&json!(true), &json!(false)));
    assert!(!ready["code"]["missing"].as_array().unwrap().is_empty());
    let found = app.get("/v1/verify/code/capabilities").await.good();
    assert_eq!((&found["available"], &found["tier"]), (&json!(false), &json!("none")));
    let math = json!({"items": [{"completion": "\\boxed{1}", "answer": "1"}]});
    app.post("/v1/verify/math", &math).await.good();
    let score = json!({"pipeline": "code", "samples": [{"completion": "print(1)", "tests":
        {"mode": "stdio", "cases": [{"stdout": "1"}]}}]});
    let scored = app.post("/v1/score", &score).await.good();
    assert_eq!(scored["results"][0]["status"], "sandbox_error");
    assert_eq!(scored["results"][0]["retryable"], true);
}

#[tokio::test]
async fn mistakes_in_requests_have_their_places() {
    let app = TestApp::shared();
    let ask =
        |item: Value| async move { app.post("/v1/verify/code", &json!({"items": [item]})).await };
    let stdio = json!({"mode": "stdio", "cases": [{"stdout": "1"}]});
    for (item, pointer) in [
        (json!({"tests": stdio}), "/items/0"),
        (json!({"code": "", "completion": "", "tests": stdio}), "/items/0"),
        (json!({"code": "", "tests": {"mode": "x"}}), "/items/0/tests/mode"),
        (json!({"code": "", "tests": {"mode": "stdio", "cases": [{}]}}), "/items/0/tests/cases/0"),
        (json!({"code": "", "tests": stdio, "limits": {"cpu_ms": 1}}), "/items/0/limits/cpu_ms"),
        (json!({"code": "", "tests": stdio, "x": 1}), "/items/0/x"),
    ] {
        let problem = ask(item).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(
        app.post("/v1/verify/code", &json!({"items": []})).await.good(),
        json!({"results": []})
    );
}

#[tokio::test]
async fn integers_of_any_size_survive_the_request() {
    let app = TestApp::shared();
    let digits = "7".repeat(5000);
    let item = |expected: &str| {
        format!(
            r#"{{"code":"def f(n):\n    return n","tests":{{"mode":"call","entry":"f",
            "cases":[{{"args":[{digits}],"expected":{expected}}}]}}}}"#
        )
    };
    let wrong = format!("{}8", &digits[1..]);
    let body = format!(r#"{{"items":[{},{}]}}"#, item(&digits), item(&wrong));
    let request = crate::app::json_request(Method::POST, "/v1/verify/code", body);
    let results = app.send(request).await.good();
    assert_eq!(results["results"][0]["verdict"], "OK", "{results}");
    assert_eq!(results["results"][1]["verdict"], "WA", "{results}");
}

#[tokio::test]
async fn the_pipeline_scores_and_misses() {
    let app = TestApp::shared();
    let tests = json!({"mode": "stdio", "cases": [{"stdout": "1"}, {"stdout": "2"}]});
    let body = json!({"pipeline": "code", "detail": "full", "samples": [
        {"completion": "```python\nprint(1)\n```", "tests": tests},
        {"completion": "print(1)"},
        {"completion": "print(1)", "tests": {"mode": "stdio", "cases": []}},
        {"completion": "print(1)", "tests": {"mode": "nothing"}}
    ]});
    let scored = app.post("/v1/score", &body).await.good();
    assert_eq!(scored["rewards"], json!([0.5, null, null, null]));
    let statuses: Vec<_> = (0..4).map(|at| scored["results"][at]["status"].clone()).collect();
    assert_eq!(statuses, ["ok", "missing_field", "no_tests", "invalid_input"]);
}

#[tokio::test]
async fn graded_scores_tell_how_a_program_failed() {
    let app = TestApp::shared();
    let items: Vec<Value> = ["print(1)", "print(2)", "1 / 0", "print("]
        .map(|code| json!({"code": code, "tests": {"mode": "stdio", "cases": [{"stdout": "1"}]}}))
        .to_vec();
    let body = json!({"items": items, "scoring": "graded"});
    let results = app.post("/v1/verify/code", &body).await.good();
    let scores: Vec<_> = (0..4).map(|at| results["results"][at]["score"].clone()).collect();
    assert_eq!(scores, [1.0, -0.3, -0.6, -1.0]);
}

#[tokio::test]
async fn verdicts_are_remembered_and_deadlines_are_kept() {
    let app = TestApp::new();
    let code = "print('remembered')";
    let body = json!({"items": [{"code": code, "tests": {"mode": "stdio", "cases": [{"stdout": "remembered"}]}}]});
    let first = app.post("/v1/verify/code", &body).await.good();
    let second = app.post("/v1/verify/code", &body).await.good();
    assert_eq!(
        (&first["results"][0]["cached"], &second["results"][0]["cached"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["results"][0]["tests"], second["results"][0]["tests"]);
    let slow = json!({"deadline_ms": 300, "items": [{
        "code": "import time; time.sleep(20)", "limits": {"wall_ms": 30_000},
        "tests": {"mode": "stdio", "cases": [{"stdout": ""}]}}]});
    let begun = Instant::now();
    let late = app.post("/v1/verify/code", &slow).await.good();
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(
        (&late["results"][0]["status"], &late["results"][0]["score"]),
        (&json!("timeout"), &Value::Null)
    );
}
