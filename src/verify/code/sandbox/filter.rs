//! seccomp: which system calls a run may make. What is not listed fails with `EPERM`.

mod calls;

use std::{collections::BTreeMap, io};

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

#[cfg(target_arch = "x86_64")]
use self::calls::OLDER;
use self::calls::{ABSENT, IOCTL, PLAIN, PRCTL, PROCESSES, SERVER, SERVER_PRCTL};

/// Stands for the run's own process id, which the fork server puts in its place.
pub(in crate::verify::code) const OWN_PID: u32 = 0x7a5a_5a5a;

/// What a run is allowed beyond plain computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify::code) enum Profile {
    /// Threads; no other process, no other program.
    Interpreter,
    /// And execute a program in its own place.
    Program,
    /// And processes of its own: compilers and shells.
    Processes,
}

/// The filter that a fork server puts on once: it allows what some run may do, and what the server does
/// itself. Runs inherit it. Checking such a list for each run anew would cost more than starting it.
pub(in crate::verify::code) fn base() -> io::Result<Vec<u8>> {
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    compiled(first_steps(ABSENT), allowed(), refuse, SeccompAction::Allow)
}

impl Profile {
    pub(in crate::verify::code) const ALL: [Self; 3] =
        [Self::Interpreter, Self::Program, Self::Processes];

    pub(in crate::verify::code) fn name(self) -> &'static str {
        match self {
            Self::Interpreter => "interpreter",
            Self::Program => "program",
            Self::Processes => "processes",
        }
    }

    /// The filter that a run puts on, over [`base`]: it refuses what only the server may do, and what this
    /// profile may not.
    pub(in crate::verify::code) fn program(self) -> io::Result<Vec<u8>> {
        let refuse = SeccompAction::Errno(libc::EPERM as u32);
        let steps = first_steps(&[libc::SYS_close_range, libc::SYS_clone3]);
        compiled(steps, self.refused(), SeccompAction::Allow, refuse)
    }

    fn refused(self) -> Result<Rules, seccompiler::Error> {
        let mut rules: Rules = SERVER.iter().map(|call| (*call, Vec::new())).collect();
        let other = || unequal(0, u64::from(OWN_PID));
        rules.insert(libc::SYS_tgkill, one(other()?)?);
        let foreign = vec![unequal(0, 0)?, other()?, wide(2, SeccompCmpOp::Ne, 0)?];
        rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(foreign)?]);
        rules.insert(libc::SYS_prctl, any(0, SERVER_PRCTL)?);
        if self == Self::Interpreter {
            rules.extend([libc::SYS_execve, libc::SYS_execveat].map(|call| (call, Vec::new())));
        }
        if self != Self::Processes {
            rules.insert(libc::SYS_kill, one(other()?)?);
            rules.extend([libc::SYS_setpgid, libc::SYS_setsid].map(|call| (call, Vec::new())));
            #[cfg(target_arch = "x86_64")]
            rules.extend([libc::SYS_fork, libc::SYS_vfork].map(|call| (call, Vec::new())));
            let no_thread = SeccompCmpOp::MaskedEq(libc::CLONE_THREAD as u64);
            rules.insert(libc::SYS_clone, one(wide(0, no_thread, 0)?)?);
        }
        Ok(rules)
    }
}

/// Calls, and when each rule of a call holds; always where there is none.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What a run of some profile may do, or the server.
fn allowed() -> Result<Rules, seccompiler::Error> {
    let lists = [PLAIN, PROCESSES, SERVER];
    let mut rules: Rules = lists.concat().iter().map(|call| (*call, Vec::new())).collect();
    #[cfg(target_arch = "x86_64")]
    rules.extend(OLDER.iter().map(|call| (*call, Vec::new())));
    rules.insert(libc::SYS_socketpair, one(equal(0, libc::AF_UNIX as u64)?)?);
    rules.insert(libc::SYS_prctl, any(0, &[PRCTL, SERVER_PRCTL].concat())?);
    rules.insert(libc::SYS_ioctl, any(1, IOCTL)?);
    rules.insert(libc::SYS_clone, one(wide(0, SeccompCmpOp::MaskedEq(NAMESPACES), 0)?)?);
    Ok(rules)
}

fn compiled(
    first: BpfProgram,
    rules: Result<Rules, seccompiler::Error>,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> io::Result<Vec<u8>> {
    let rules = rules.map_err(io::Error::other)?;
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, otherwise, listed, arch).map_err(io::Error::other)?;
    let filter: BpfProgram = filter.try_into().map_err(io::Error::other)?;
    Ok(bytes(&[first, filter].concat()))
}

const NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u64;

fn equal(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn unequal(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

fn wide(
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)
}

fn one(condition: SeccompCondition) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    Ok(vec![SeccompRule::new(vec![condition])?])
}

fn any(argument: u8, values: &[u64]) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    values.iter().map(|value| SeccompRule::new(vec![equal(argument, *value)?])).collect()
}

/// Ends a program that calls by the numbers of the x32 table, and says of some calls that they do not exist.
/// (Calls of another architecture end it, too: the compiled filter begins with that.)
fn first_steps(absent: &[c_long]) -> BpfProgram {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    let mut steps = vec![
        step(LOAD, 0, 0),
        step(AT_LEAST, 1, 0x4000_0000),
        step(RETURN, 0, libc::SECCOMP_RET_KILL_PROCESS),
    ];
    for call in absent {
        steps.push(step(EQUAL, 1, *call as u32));
        steps.push(step(RETURN, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32));
    }
    steps
}

fn bytes(program: &[sock_filter]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for step in program {
        bytes.extend(step.code.to_ne_bytes());
        bytes.extend([step.jt, step.jf]);
        bytes.extend(step.k.to_ne_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARCH: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };

    /// What a program for the kernel answers to a call: the steps that are used here, as in the manual of
    /// classic BPF.
    fn answer(program: &[u8], call: c_long, arguments: [u64; 6]) -> u32 {
        let mut data = [(call as u32).to_ne_bytes(), ARCH.to_ne_bytes()].concat();
        data.extend([0; 8]);
        data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
        let word = |bytes: &[u8]| u32::from_ne_bytes(bytes[..4].try_into().unwrap());
        let (mut at, mut held) = (0, 0);
        loop {
            let step = &program[8 * at..][..8];
            let (code, jt, jf, k) = (step[0], step[2], step[3], word(&step[4..]));
            at += 1;
            let jump = |holds: bool| usize::from(if holds { jt } else { jf });
            match code {
                0x20 => held = word(&data[k as usize..]),
                0x54 => held &= k,
                0x05 => at += k as usize,
                0x15 => at += jump(held == k),
                0x25 => at += jump(held > k),
                0x35 => at += jump(held >= k),
                0x06 => return k,
                _ => panic!("step {code:#x}"),
            }
        }
    }

    fn may(profile: Profile, call: c_long, arguments: [u64; 6]) -> bool {
        let both = [base().unwrap(), profile.program().unwrap()];
        both.iter().all(|program| answer(program, call, arguments) == libc::SECCOMP_RET_ALLOW)
    }

    #[test]
    fn a_run_may_do_what_its_profile_says_and_nothing_of_the_servers() {
        use Profile::{Interpreter, Processes, Program};
        let (own, other) = (u64::from(OWN_PID), 1);
        let (thread, child) = (libc::CLONE_THREAD as u64, libc::SIGCHLD as u64);
        let namespace = libc::CLONE_NEWUSER as u64;
        let dumpable = libc::PR_SET_DUMPABLE as u64;
        let table: [(c_long, [u64; 3], &[Profile]); 24] = [
            (libc::SYS_read, [0; 3], &[Interpreter, Program, Processes]),
            (libc::SYS_clone, [thread, 0, 0], &[Interpreter, Program, Processes]),
            (libc::SYS_clone, [child, 0, 0], &[Processes]),
            (libc::SYS_clone, [thread | namespace, 0, 0], &[]),
            (libc::SYS_clone, [child | namespace, 0, 0], &[]),
            (libc::SYS_clone3, [0; 3], &[]),
            (libc::SYS_kill, [own, 9, 0], &[Interpreter, Program, Processes]),
            (libc::SYS_kill, [other, 9, 0], &[Processes]),
            (libc::SYS_tgkill, [own, 5, 9], &[Interpreter, Program, Processes]),
            (libc::SYS_tgkill, [other, 1, 9], &[]),
            (libc::SYS_prlimit64, [0, 7, 1], &[Interpreter, Program, Processes]),
            (libc::SYS_prlimit64, [other, 7, 1], &[]),
            (libc::SYS_execve, [0; 3], &[Program, Processes]),
            (libc::SYS_setsid, [0; 3], &[Processes]),
            (
                libc::SYS_socketpair,
                [libc::AF_UNIX as u64, 0, 0],
                &[Interpreter, Program, Processes],
            ),
            (libc::SYS_socket, [libc::AF_UNIX as u64, 0, 0], &[]),
            (libc::SYS_prctl, [libc::PR_SET_NAME as u64, 0, 0], &[Interpreter, Program, Processes]),
            (libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as u64, 0, 0], &[]),
            (libc::SYS_prctl, [dumpable, 0, 0], &[]),
            (libc::SYS_mount, [0; 3], &[]),
            (libc::SYS_umount2, [0; 3], &[]),
            (libc::SYS_seccomp, [0; 3], &[]),
            (libc::SYS_close_range, [0; 3], &[]),
            (libc::SYS_ptrace, [0; 3], &[]),
        ];
        for (call, [one, two, three], allowed) in table {
            for profile in Profile::ALL {
                let can = may(profile, call, [one, two, three, 0, 0, 0]);
                assert_eq!(can, allowed.contains(&profile), "{call} {one:#x} by {profile:?}");
            }
        }
    }

    #[test]
    fn calls_of_another_table_end_the_process() {
        let base = base().unwrap();
        let killed = libc::SECCOMP_RET_KILL_PROCESS;
        assert_eq!(answer(&base, 0x4000_0000 | libc::SYS_read, [0; 6]), killed);
        assert_eq!(answer(&base, libc::SYS_read, [0; 6]), libc::SECCOMP_RET_ALLOW);
        let absent = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
        assert_eq!(answer(&base, libc::SYS_io_uring_setup, [0; 6]), absent);
        for profile in Profile::ALL {
            let run = profile.program().unwrap();
            assert_eq!(answer(&run, libc::SYS_clone3, [0; 6]), absent, "libraries fall back");
        }
    }
}
