//! Languages: a line each.

use std::path::PathBuf;

use super::{sandbox::runtime, wire::Exec};

/// How programs of a language are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By the fork server itself.
    Python,
    /// Compiled once (from standard input to `/tmp/program`), then executed.
    Compiled(&'static [&'static str]),
    /// By an interpreter, from a file that is checked first.
    Script {
        /// The file.
        file: &'static str,
        /// Arguments that make the interpreter check the file.
        check: &'static [&'static str],
        /// Arguments that make it run the file.
        run: &'static [&'static str],
        /// Whether programs start processes.
        processes: bool,
        /// Whether the interpreter works within a bounded address space.
        address_space: bool,
    },
}

/// A language.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Language {
    /// Its name, as in requests.
    pub(super) name: &'static str,
    /// What else it is called, as the tag of a fenced block.
    aliases: &'static [&'static str],
    /// The program that it needs.
    pub(super) tool: &'static str,
    /// How its programs are run.
    pub(super) how: How,
    /// What its runtime writes on standard error when memory is short.
    pub(super) out_of_memory: &'static str,
}

/// All of them.
pub(super) const LANGUAGES: &[Language] = &[
    Language {
        name: "python",
        aliases: &["py", "python3", "python2", "py3", "pypy", "pypy3"],
        tool: "python3",
        how: How::Python,
        out_of_memory: "",
    },
    Language {
        name: "cpp",
        aliases: &["c++", "cc", "cxx", "cpp17", "cpp20", "c++17", "c++20", "g++"],
        tool: "g++",
        how: How::Compiled(&["-O2", "-std=c++20", "-pipe", "-fmax-errors=5", "-x", "c++", "-"]),
        out_of_memory: "std::bad_alloc",
    },
    Language {
        name: "c",
        aliases: &["gcc", "c11", "c17"],
        tool: "gcc",
        how: How::Compiled(&[
            "-O2",
            "-std=gnu17",
            "-pipe",
            "-fmax-errors=5",
            "-x",
            "c",
            "-",
            "-lm",
        ]),
        out_of_memory: "",
    },
    Language {
        name: "javascript",
        aliases: &["js", "node", "nodejs", "mjs", "ecmascript"],
        tool: "node",
        how: How::Script {
            file: "/tmp/solution.js",
            check: &["--check"],
            run: &["--max-old-space-size={memory}", "--stack-size=60000"],
            processes: false,
            address_space: false,
        },
        out_of_memory: "JavaScript heap out of memory",
    },
    Language {
        name: "bash",
        aliases: &["sh", "shell"],
        tool: "bash",
        how: How::Script {
            file: "/tmp/solution.sh",
            check: &["-n"],
            run: &[],
            processes: true,
            address_space: true,
        },
        out_of_memory: "",
    },
];

impl Language {
    /// The language of that name, or of that other name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| language.is_called(name))
    }

    /// Whether it is called so.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let same = |one: &str| one.eq_ignore_ascii_case(name);
        same(self.name) || self.aliases.iter().any(|alias| same(alias))
    }

    /// Where its tool is on this machine.
    pub(super) fn tool(&self) -> Option<PathBuf> {
        runtime::find(self.tool)
    }

    /// The run that compiles or checks a program, with the program as its payload.
    pub(super) fn preparation(&self) -> Option<Exec> {
        let tool = self.tool()?.to_string_lossy().into_owned();
        let words =
            |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        match self.how {
            How::Python => None,
            How::Compiled(flags) => Some(Exec {
                argv: [vec![tool], words(flags), words(&["-o", "/tmp/program"])].concat(),
                keep: Some("program".to_owned()),
                processes: true,
                ..Exec::default()
            }),
            How::Script { file, check, processes, .. } => Some(Exec {
                argv: [vec![tool], words(check), words(&[file])].concat(),
                write: Some(file.to_owned()),
                processes,
                ..Exec::default()
            }),
        }
    }

    /// The run of a program, with the program (compiled, or as text) as its payload.
    pub(super) fn execution(&self, memory_mb: u64) -> Option<Exec> {
        match self.how {
            How::Python => None,
            How::Compiled(_) => {
                Some(Exec { argv: vec!["program".to_owned()], image: true, ..Exec::default() })
            }
            How::Script { file, run, processes, .. } => {
                let tool = self.tool()?.to_string_lossy().into_owned();
                let memory = memory_mb.to_string();
                let run = run.iter().map(|word| word.replace("{memory}", &memory));
                Some(Exec {
                    argv: std::iter::once(tool).chain(run).chain([file.to_owned()]).collect(),
                    write: Some(file.to_owned()),
                    processes,
                    stdin_file: true,
                    ..Exec::default()
                })
            }
        }
    }

    /// Whether programs run within a bounded address space.
    pub(super) fn bounds_address_space(&self) -> bool {
        !matches!(self.how, How::Script { address_space: false, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_languages_share_a_name() {
        let mut names: Vec<&str> = LANGUAGES
            .iter()
            .flat_map(|language| language.aliases.iter().copied().chain([language.name]))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
