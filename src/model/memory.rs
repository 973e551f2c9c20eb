//! How much memory a model may take, and how much the process holds.
//!
//! A failed allocation ends the process, and an operating system that hands out more than there is ends it
//! later still: on a CPU a model that cannot fit is refused before its weights are read.

use std::{fs, path::Path};

/// Bytes that can be allocated now without swapping: what the machine has free, and what the control group
/// leaves. `None` where neither can be read.
pub(super) fn available() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.and_then(|text| bytes(&text, "MemAvailable:"));
    let group = group(Path::new("/sys/fs/cgroup"));
    machine.into_iter().chain(group).min()
}

/// Bytes of memory that this process holds now; `None` where that cannot be read.
#[must_use]
pub fn resident() -> Option<u64> {
    bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The value of a line of `/proc`, given there in units of 1024.
fn bytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// What a control group (version 2) leaves: its limit less what cannot be reclaimed.
fn group(root: &Path) -> Option<u64> {
    let number = |file: &str| fs::read_to_string(root.join(file)).ok()?.trim().parse::<u64>().ok();
    let (limit, used) = (number("memory.max")?, number("memory.current")?);
    let stat = fs::read_to_string(root.join("memory.stat")).unwrap_or_default();
    let cached = stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
    let cached = cached.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(cached)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_read_in_bytes() {
        let text = "MemTotal:       24000000 kB\nMemAvailable:    1024 kB\nSwapFree: 5 kB\n";
        let free = |text| bytes(text, "MemAvailable:");
        assert_eq!(free(text), Some(1 << 20));
        assert_eq!(free("MemTotal: 1 kB\n"), None);
        assert_eq!(free("MemAvailable: x kB\n"), None);
        assert!(resident().unwrap() > 1 << 20);
    }

    #[test]
    fn a_group_leaves_its_limit_less_what_cannot_be_reclaimed() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(root.path().join(file), text).unwrap();
        assert_eq!(group(root.path()), None);
        write("memory.max", "1000\n");
        write("memory.current", "700\n");
        assert_eq!(group(root.path()), Some(300));
        write("memory.stat", "anon 100\ninactive_file 600\n");
        assert_eq!(group(root.path()), Some(900));
        write("memory.max", "max\n");
        assert_eq!(group(root.path()), None);
    }
}
