//! The root of a box: read-only runtimes, four devices, and an empty `/tmp`.
//!
//! Called in a process that is alone in its mount namespace. There is no `/proc`, no `/sys`, no `/etc`, no
//! home and no service in it.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{StatVfsMountFlags, statvfs},
    mount::{
        MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive,
        mount_change, mount_remount, unmount,
    },
    process::pivot_root,
};

use super::runtime::Runtime;

/// Directories that every system has and no runtime lies in: the new root is put together on one.
const STAGES: [&str; 6] = ["/mnt", "/media", "/srv", "/home", "/run", "/proc"];

/// Devices of a box.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"];

/// Makes a root of the runtime and moves into it.
pub(super) fn enter(runtime: &Runtime) -> io::Result<()> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let stage = STAGES.iter().map(Path::new).find(|stage| stage.is_dir());
    let stage = stage.ok_or_else(|| io::Error::other("no directory to build a root on"))?;
    let quiet = MountFlags::NOSUID | MountFlags::NODEV;
    // The runtimes are opened before the stage can cover anything.
    mount("tmpfs", stage, "tmpfs", quiet, Some(c"size=1m,nr_inodes=4096,mode=0755"))?;
    for path in &runtime.paths {
        bind(path, &under(stage, path), quiet)?;
    }
    for device in DEVICES {
        if Path::new(device).exists() {
            bind(Path::new(device), &under(stage, Path::new(device)), MountFlags::NOSUID)?;
        }
    }
    for (name, target) in &runtime.links {
        let name = under(stage, name);
        if !name.exists() {
            name.parent().map(fs::create_dir_all).transpose()?;
            symlink(target, name)?;
        }
    }
    // Landlock knows a mount point by the directory above it: each run's own /tmp is mounted here.
    fs::create_dir_all(stage.join("box/tmp"))?;
    symlink("box/tmp", stage.join("tmp"))?;
    symlink("/box/tmp/.stdin", stage.join("dev/stdin"))?;
    rustix::process::chdir(stage)?;
    pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    rustix::process::chdir("/")?;
    mount_remount("/", MountFlags::BIND | MountFlags::RDONLY | quiet, "")?;
    Ok(())
}

fn under(stage: &Path, path: &Path) -> PathBuf {
    stage.join(path.strip_prefix("/").unwrap_or(path))
}

/// Binds `from` on `to`, read-only, keeping what the mount it comes from forbids.
fn bind(from: &Path, to: &Path, flags: MountFlags) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        mount_bind_recursive(from, to)?;
    } else {
        to.parent().map(fs::create_dir_all).transpose()?;
        fs::File::create(to)?;
        mount_bind(from, to)?;
    }
    let mut flags = MountFlags::BIND | MountFlags::RDONLY | flags;
    let held = statvfs(to)?.f_flag;
    for (holds, flag) in [
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ] {
        if held.contains(holds) {
            flags |= flag;
        }
    }
    mount_remount(to, flags, "")?;
    Ok(())
}
