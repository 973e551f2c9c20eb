//! Where a model's files come from: a directory in Hugging Face layout, or the binary itself.

use std::{
    fs::File,
    io,
    ops::Deref,
    path::{Path, PathBuf},
};

use memmap2::Mmap;

/// A file's content, mapped or embedded.
#[derive(Debug)]
pub enum Bytes {
    /// Mapped from a file.
    Mapped(Mmap),
    /// Part of the binary.
    Embedded(&'static [u8]),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Embedded(bytes) => bytes,
        }
    }
}

/// A set of named files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A directory.
    Directory(PathBuf),
    /// Files in the binary, by name.
    Embedded(&'static [(&'static str, &'static [u8])]),
}

impl Layout {
    /// The file of that name; `None` when there is none.
    ///
    /// # Errors
    /// When it is there but cannot be read.
    pub fn open(&self, name: &str) -> io::Result<Option<Bytes>> {
        match self {
            Self::Directory(directory) => match map(&directory.join(name)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
            Self::Embedded(files) => Ok(files
                .iter()
                .find(|(file, _)| *file == name)
                .map(|(_, bytes)| Bytes::Embedded(bytes))),
        }
    }
}

#[expect(unsafe_code, reason = "a map of a file that another process could change")]
fn map(path: &Path) -> io::Result<Bytes> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::Embedded(&[]));
    }
    // SAFETY: model files must not change while they are being loaded, which the documentation asks of
    // operators; the map is read once, into tensors, and dropped when loading ends.
    unsafe { Mmap::map(&file) }.map(Bytes::Mapped)
}
