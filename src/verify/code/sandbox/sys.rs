//! The two system calls that have no safe form.

#![expect(unsafe_code, reason = "system calls")]

use std::io;

use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Leaves the namespaces of these kinds for new ones. For a process of one thread.
pub(super) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    if flags.contains(UnshareFlags::FILES) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: only FILES can take descriptors from another thread.
    unsafe { unshare_unsafe(flags)? };
    Ok(())
}

/// The kernel's version of Landlock; 0 without it.
pub(super) fn landlock_version() -> i32 {
    const VERSION: u32 = 1;
    let none = std::ptr::null::<libc::c_void>();
    // SAFETY: without attributes the call only answers the version.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, VERSION) };
    i32::try_from(version).unwrap_or(0).max(0)
}
