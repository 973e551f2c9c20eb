//! Where interpreters and compilers are on this machine, and which paths they need.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Where programs are looked for. A fixed list: an environment variable must not choose what judges.
const PLACES: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];

/// The program of that name.
pub(in crate::verify::code) fn find(name: &str) -> Option<PathBuf> {
    PLACES.iter().map(|place| Path::new(place).join(name)).find(|path| path.is_file())
}

/// Directories that hold interpreters, compilers and their libraries. Not `/usr/local`, `/etc`, `/home`,
/// `/var`: what else lies on the machine stays out of the box.
const TREES: [&str; 8] = [
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/include",
    "/usr/share/nodejs",
    "/usr/x86_64-linux-gnu",
];

/// Top-level names that are links into `/usr` on today's systems, and directories on older ones.
const ROOTS: [&str; 5] = ["/bin", "/lib", "/lib32", "/lib64", "/sbin"];

/// What the loader needs, and links from `/usr` into `/usr` that Debian keeps elsewhere.
const FILES: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];

/// What a box holds of the machine's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::verify::code) struct Runtime {
    /// Directories and files, bound read-only.
    pub(in crate::verify::code) paths: Vec<PathBuf>,
    /// Links, by their own name.
    pub(in crate::verify::code) links: BTreeMap<PathBuf, PathBuf>,
}

impl Runtime {
    /// What this machine has of it, with what `python` needs.
    pub(in crate::verify::code) fn found(python: &Path) -> Self {
        let mut runtime = Self::default();
        let wanted = TREES.iter().chain(&FILES).map(PathBuf::from);
        runtime.paths.extend(wanted.filter(|path| path.exists()));
        for root in ROOTS {
            match fs::read_link(root) {
                Ok(target) => {
                    runtime.links.insert(root.into(), target);
                }
                Err(_) if Path::new(root).is_dir() => runtime.paths.push(root.into()),
                Err(_) => {}
            }
        }
        runtime.add_local(python);
        runtime
    }

    /// An interpreter under `/usr/local`: the program and its library, and nothing beside them.
    fn add_local(&mut self, python: &Path) {
        let Ok(real) = fs::canonicalize(python) else { return };
        if !real.starts_with("/usr/local") {
            return;
        }
        self.paths.push(real.clone());
        if real != python {
            self.links.insert(python.into(), real.clone());
        }
        let stem = real.file_name().map(|name| name.to_string_lossy().into_owned());
        let library = Path::new("/usr/local/lib");
        for entry in fs::read_dir(library).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if stem.as_deref() == Some(&name) || name.starts_with("libpython") {
                self.paths.push(entry.path());
            }
        }
    }
}
