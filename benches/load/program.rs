//! A server in its own process.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Signal, getrlimit, kill_process, setrlimit};

use crate::client;

/// A running server; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// The service, with the arguments of `serve`.
    pub(crate) fn assay(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error"]).args(arguments);
        Self::start(command)
    }

    /// This benchmark as a server that echoes.
    pub(crate) fn echo() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("echo");
        Self::start(command)
    }

    /// Starts it and reads its address from its first line, ` … http://ADDRESS`.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first.rsplit("http://").next().unwrap().parse().unwrap();
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub(crate) fn terminate(&self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// Whether it ends well within a minute.
    pub(crate) async fn ends(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// A counter of `/metrics`, by the beginning of its line.
    pub(crate) async fn counter(&self, series: &str) -> u64 {
        let answer = client::call(self.address, &client::get("/metrics")).await.unwrap();
        let line = answer.body.lines().find_map(|line| line.strip_prefix(series));
        line.map_or(0, |value| value.trim().parse::<f64>().unwrap() as u64)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Files as many as the system lets this process have: each connection is one.
pub(crate) fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// A configuration file in a folder of its own.
pub(crate) fn configuration(folder: &Path, text: &str) -> String {
    let path = folder.join("assay.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}
