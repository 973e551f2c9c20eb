//! What goes into a process and what comes out of it, within budgets.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{MemfdFlags, OFlags, SealFlags, fcntl_add_seals, fcntl_setfl, memfd_create},
    pipe::{PipeFlags, pipe_with},
};

/// A file in memory that can be read and nothing else.
pub(super) fn sealed(content: &[u8]) -> io::Result<OwnedFd> {
    let fd = memfd_create("input", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(fd);
    file.write_all(content)?;
    io::Seek::rewind(&mut file)?;
    let fd = OwnedFd::from(file);
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fcntl_add_seals(&fd, seals)?;
    Ok(fd)
}

/// The reading end of a pipe, read up to a budget.
pub(super) struct Collector {
    pipe: Option<File>,
    budget: usize,
    /// What was read.
    pub(super) bytes: Vec<u8>,
    /// Whether more came than the budget allows.
    pub(super) over: bool,
}

impl Collector {
    /// A collector and the writing end of its pipe.
    pub(super) fn new(budget: usize) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setfl(&ours, OFlags::NONBLOCK)?;
        let pipe = Some(File::from(ours));
        Ok((Self { pipe, budget, bytes: Vec::new(), over: false }, theirs))
    }

    /// The pipe, while it is open.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Takes what is there. Closes the pipe at its end, or when the budget is spent.
    pub(super) fn drain(&mut self) {
        let mut chunk = [0; 1 << 16];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let left = self.budget - self.bytes.len();
                    self.bytes.extend(&chunk[..count.min(left)]);
                    if count > left {
                        self.over = true;
                        self.pipe = None;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}
