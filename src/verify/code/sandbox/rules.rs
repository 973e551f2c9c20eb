//! Landlock: which files a run may touch. It may connect to nothing and signal nobody outside.

use std::{io, os::fd::OwnedFd, path::Path};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope,
};

/// The newest version of the interface whose rights are known here.
const NEWEST: ABI = ABI::V6;

/// The kernel's version of the interface; 0 without Landlock.
pub(in crate::verify::code) fn abi() -> i32 {
    super::sys::landlock_version()
}

/// Rules that allow reading and running what lies beneath `readable` and everything beneath `writable`;
/// for a child to put on. `None` where the kernel has no Landlock.
pub(super) fn ruleset<'a>(
    readable: impl IntoIterator<Item = &'a Path>,
    writable: Option<&Path>,
) -> io::Result<Option<OwnedFd>> {
    let best = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let mut rules = best
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|rules| rules.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
        .map_err(io::Error::other)?;
    let read = AccessFs::Execute | AccessFs::ReadFile | AccessFs::ReadDir;
    for path in readable {
        let access = if path.is_dir() { read } else { AccessFs::Execute | AccessFs::ReadFile };
        let fd = PathFd::new(path).map_err(io::Error::other)?;
        rules = rules.add_rule(PathBeneath::new(fd, access)).map_err(io::Error::other)?;
    }
    let null = PathFd::new("/dev/null").map_err(io::Error::other)?;
    let both = AccessFs::ReadFile | AccessFs::WriteFile;
    rules = rules.add_rule(PathBeneath::new(null, both)).map_err(io::Error::other)?;
    if let Some(path) = writable {
        let fd = PathFd::new(path).map_err(io::Error::other)?;
        // No devices and no sockets: files, directories, links and pipes.
        let all = AccessFs::from_all(NEWEST)
            & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock | AccessFs::IoctlDev);
        rules = rules.add_rule(PathBeneath::new(fd, all)).map_err(io::Error::other)?;
    }
    Ok(rules.into())
}
