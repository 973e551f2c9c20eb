//! Which layer may import which, and what each may not touch.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Each layer with what it may import of this crate, beside itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("metrics", &["domain"]),
    ("model", &["domain"]),
    ("engine", &["domain", "model"]),
    ("verify", &["domain"]),
    ("nodes", &["domain", "verify"]),
    ("state", &["domain"]),
    ("pipeline", &["domain", "nodes", "state"]),
    ("service", &["domain", "engine", "metrics", "model", "nodes", "pipeline", "state", "verify"]),
    ("http", &["domain", "engine", "metrics", "model", "nodes", "pipeline", "service", "verify"]),
    ("config", &["domain", "engine", "http", "model", "pipeline", "service", "verify"]),
    (
        "cli",
        &["config", "domain", "engine", "http", "model", "nodes", "service", "train", "verify"],
    ),
    ("train", &["domain", "metrics", "model"]),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// External crates that only some layers, or files, may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("axum", &["http"]),
    ("hyper", &["http"]),
    ("hyper_util", &["http"]),
    ("utoipa_axum", &["http"]),
    ("candle_core", &["model", "train"]),
    ("tokenizers", &["model", "train"]),
    ("tokio", &["engine", "http", "cli"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli"]),
    ("ureq", &["cli", "engine/fetch.rs", "train/policy/reward.rs"]),
    ("ipnet", &["engine"]),
    ("siphasher", &["engine"]),
    ("rayon", &["model", "verify"]),
    ("landlock", &["verify"]),
    ("seccompiler", &["verify"]),
    ("hf_hub", &["config"]),
];

/// Files that may start processes.
const PROCESSES: &[&str] =
    &["cli/threads.rs", "verify/code/pool/feed.rs", "verify/code/sandbox/build.rs"];

/// Files that may hold unsafe code.
const UNSAFE: &[&str] =
    &["model/kernels/product.rs", "model/layout.rs", "verify/code/sandbox/sys.rs"];

fn files() -> BTreeMap<String, String> {
    fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let mut files: BTreeMap<String, String> = found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    let tests: BTreeSet<String> =
        files.iter().flat_map(|(file, text)| tests_of(file, text)).collect();
    files.retain(|file, _| !tests.contains(file));
    files
}

/// The files that a module declares for tests only.
fn tests_of(file: &str, text: &str) -> Vec<String> {
    let folder = file.trim_end_matches(".rs");
    let declared = text.split("#[cfg(test)]\nmod ").skip(1);
    let names = declared.filter_map(|rest| rest.split_once(';').map(|(name, _)| name));
    names.map(|name| format!("{folder}/{name}.rs")).collect()
}

fn layer(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The code without its comments and without its tests, which may use anything.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first segments after `crate::`, also inside a grouped import.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut segment) = (0, String::new());
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(std::mem::take(&mut segment));
                    }
                    _ if depth == 0 => segment.push(c),
                    _ => {}
                }
            }
            found.insert(segment);
        } else {
            found.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
        .into_iter()
        .map(|segment| segment.trim().split("::").next().unwrap().trim().to_owned())
        .filter(|segment| !segment.is_empty())
        .collect()
}

#[test]
fn imports_go_one_way() {
    let known: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    for (file, text) in files() {
        let layer = layer(&file);
        let allowed = known.get(layer).unwrap_or_else(|| panic!("`{layer}` is no known layer"));
        for import in imports(&code(&text)) {
            assert!(
                import == layer || allowed.contains(&import.as_str()),
                "{file} imports `{import}`, which `{layer}` may not"
            );
        }
    }
}

#[test]
fn the_table_has_no_circles() {
    let mut left: BTreeMap<_, BTreeSet<_>> =
        LAYERS.iter().map(|(layer, uses)| (*layer, uses.iter().copied().collect())).collect();
    while !left.is_empty() {
        let free: Vec<&str> =
            left.iter().filter(|(_, uses)| uses.is_empty()).map(|(layer, _)| *layer).collect();
        assert!(!free.is_empty(), "a circle among {:?}", left.keys());
        for layer in free {
            left.remove(layer);
            left.values_mut().for_each(|uses| {
                uses.remove(layer);
            });
        }
    }
}

#[test]
fn outside_crates_stay_in_their_layers() {
    for (file, text) in files() {
        let code = code(&text);
        for (name, layers) in RESERVED {
            let used =
                code.contains(&format!("{name}::")) || code.contains(&format!("use {name};"));
            let may = layers.contains(&layer(&file)) || layers.contains(&file.as_str());
            assert!(!used || may, "{file} uses `{name}`");
        }
    }
}

#[test]
fn unsafe_code_stays_in_its_files() {
    let holding: Vec<String> = files()
        .into_iter()
        .filter(|(_, text)| code(text).contains("unsafe {"))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(holding, UNSAFE);
}

#[test]
fn processes_are_started_in_their_files() {
    let starting: Vec<String> = files()
        .into_iter()
        .filter(|(_, text)| code(text).contains("Command::new("))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(starting, PROCESSES);
}

#[test]
fn files_are_one_thing() {
    for (file, text) in files() {
        let lines = code(&text).lines().count();
        assert!(lines <= 500, "{file} has {lines} lines of code");
    }
}
