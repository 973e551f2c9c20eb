//! Languages: a line each.

use std::path::PathBuf;

use super::{
    sandbox::{Tier, runtime},
    wire::Exec,
};

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
        /// How it is done where nothing can be written; none where the interpreter cannot do without.
        unwritten: Option<Unwritten>,
    },
}

/// How a script that lies in memory is checked (from standard input) and run (from [`IN_MEMORY`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unwritten {
    check: &'static [&'static str],
    run: &'static [&'static str],
}

/// The name of a run's payload, which is its fifth open file.
const IN_MEMORY: &str = "/proc/self/fd/4";

/// A configuration that may not be read ends node; one that is empty does not.
const NO_CONFIG: &str = "--openssl-config=/dev/null";

/// Compiles a script as node would: as CommonJS, or else as a module.
const NODE_CHECK: &str = "const vm = require('vm');\
    const text = require('fs').readFileSync(0, 'utf8').replace(/^#!.*/, '');\
    try { vm.compileFunction(text, ['exports', 'require', 'module', '__filename', '__dirname']) }\
    catch { new vm.SourceTextModule(text) }";

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
            unwritten: Some(Unwritten {
                check: &[NO_CONFIG, "--experimental-vm-modules", "--no-warnings", "-e", NODE_CHECK],
                run: &[NO_CONFIG, "--preserve-symlinks-main", "--preserve-symlinks"],
            }),
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
            unwritten: None,
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

    /// Whether its programs can be run in that isolation: behind filters nothing can be written, and only what starts no
    /// process of its own can be bounded and surely ended.
    pub(super) fn runs_in(&self, tier: Tier) -> bool {
        match (tier, self.how) {
            (Tier::None, _) => false,
            (Tier::Filters, How::Compiled(_) | How::Script { unwritten: None, .. }) => false,
            (Tier::Filters, _) | (Tier::Namespaces, _) => true,
        }
    }

    /// The run that compiles or checks a program, with the program as its payload.
    pub(super) fn preparation(&self, tier: Tier) -> Option<Exec> {
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
            How::Script { unwritten: Some(Unwritten { check, .. }), .. }
                if tier == Tier::Filters =>
            {
                Some(Exec { argv: [vec![tool], words(check)].concat(), ..Exec::default() })
            }
            How::Script { file, check, processes, .. } => Some(Exec {
                argv: [vec![tool], words(check), words(&[file])].concat(),
                write: Some(file.to_owned()),
                processes,
                ..Exec::default()
            }),
        }
    }

    /// The run of a program, with the program (compiled, or as text) as its payload.
    pub(super) fn execution(&self, memory_mb: u64, tier: Tier) -> Option<Exec> {
        match self.how {
            How::Python => None,
            How::Compiled(_) => {
                Some(Exec { argv: vec!["program".to_owned()], image: true, ..Exec::default() })
            }
            How::Script { file, run, processes, unwritten, .. } => {
                let tool = self.tool()?.to_string_lossy().into_owned();
                let memory = memory_mb.to_string();
                let run = run.iter().map(|word| word.replace("{memory}", &memory));
                let argv = std::iter::once(tool).chain(run);
                if let (Tier::Filters, Some(unwritten)) = (tier, unwritten) {
                    let more = unwritten.run.iter().copied().chain([IN_MEMORY]).map(str::to_owned);
                    let argv = argv.chain(more).collect();
                    return Some(Exec { argv, reads_payload: true, ..Exec::default() });
                }
                Some(Exec {
                    argv: argv.chain([file.to_owned()]).collect(),
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
    fn behind_filters_nothing_is_written_and_no_process_started() {
        for language in LANGUAGES.iter().filter(|language| language.runs_in(Tier::Filters)) {
            let runs = [language.preparation(Tier::Filters), language.execution(64, Tier::Filters)];
            for run in runs.into_iter().flatten() {
                assert!(run.write.is_none() && run.keep.is_none() && !run.processes, "{run:?}");
            }
        }
        let there = |name| Language::named(name).unwrap().runs_in(Tier::Filters);
        assert!(there("python") && there("javascript") && !there("bash") && !there("cpp"));
    }

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
