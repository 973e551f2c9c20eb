//! seccomp: which system calls a run may make. What is not listed fails with `EPERM`.

use std::{collections::BTreeMap, io};

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

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

    /// The filter of this profile, as machine code.
    pub(in crate::verify::code) fn program(self) -> io::Result<Vec<u8>> {
        let allowed = self.allowed().map_err(io::Error::other)?;
        let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
        let (allow, refuse) = (SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32));
        let filter = SeccompFilter::new(allowed, refuse, allow, arch).map_err(io::Error::other)?;
        let filter: BpfProgram = filter.try_into().map_err(io::Error::other)?;
        Ok(bytes(&[first_steps(), filter].concat()))
    }

    fn allowed(self) -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::Error> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            PLAIN.iter().map(|call| (*call, Vec::new())).collect();
        #[cfg(target_arch = "x86_64")]
        rules.extend(OLDER.iter().map(|call| (*call, Vec::new())));
        let own = || equal(0, u64::from(OWN_PID));
        rules.insert(libc::SYS_kill, vec![SeccompRule::new(vec![own()?])?]);
        rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own()?])?]);
        rules.insert(
            libc::SYS_prlimit64,
            vec![
                SeccompRule::new(vec![equal(0, 0)?])?,
                SeccompRule::new(vec![own()?])?,
                SeccompRule::new(vec![wide(2, SeccompCmpOp::Eq, 0)?])?,
            ],
        );
        rules.insert(libc::SYS_socketpair, one(equal(0, libc::AF_UNIX as u64)?)?);
        rules.insert(libc::SYS_prctl, any(0, PRCTL)?);
        rules.insert(libc::SYS_ioctl, any(1, IOCTL)?);
        let namespaces = NAMESPACES;
        let thread = libc::CLONE_THREAD as u64;
        let masked = SeccompCmpOp::MaskedEq(namespaces | thread);
        rules.insert(libc::SYS_clone, one(wide(0, masked, thread)?)?);
        if self != Self::Interpreter {
            rules.extend([libc::SYS_execve, libc::SYS_execveat].map(|call| (call, Vec::new())));
        }
        if self == Self::Processes {
            rules.extend(PROCESSES.iter().map(|call| (*call, Vec::new())));
            #[cfg(target_arch = "x86_64")]
            rules.extend(OLDER_PROCESSES.iter().map(|call| (*call, Vec::new())));
            rules.insert(libc::SYS_clone, one(wide(0, SeccompCmpOp::MaskedEq(namespaces), 0)?)?);
        }
        Ok(rules)
    }
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
fn first_steps() -> BpfProgram {
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
    for call in ABSENT {
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

/// Names of a thread and of memory, and what runtimes ask of themselves.
const PRCTL: &[u64] = &[
    libc::PR_SET_NAME as u64,
    libc::PR_GET_NAME as u64,
    libc::PR_CAPBSET_READ as u64,
    libc::PR_GET_DUMPABLE as u64,
    0x5356_4d41, // PR_SET_VMA
];

/// Questions about terminals and pipes, and flags of a descriptor.
const IOCTL: &[u64] = &[
    libc::TCGETS,
    libc::TIOCGWINSZ,
    libc::TIOCGPGRP,
    libc::FIONREAD,
    libc::FIONBIO,
    libc::FIOCLEX,
    libc::FIONCLEX,
];

/// Calls that do not exist here, so that libraries fall back to older ones.
const ABSENT: &[c_long] = &[
    libc::SYS_clone3,
    libc::SYS_openat2,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_faccessat2,
    libc::SYS_close_range,
];

/// Computing, memory, files, time, threads, pipes.
const PLAIN: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_openat,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_lseek,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_mincore,
    libc::SYS_msync,
    libc::SYS_mlock,
    libc::SYS_munlock,
    libc::SYS_brk,
    libc::SYS_membarrier,
    libc::SYS_pkey_alloc,
    libc::SYS_pkey_free,
    libc::SYS_pkey_mprotect,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    libc::SYS_timer_create,
    libc::SYS_timer_settime,
    libc::SYS_timer_gettime,
    libc::SYS_timer_getoverrun,
    libc::SYS_timer_delete,
    libc::SYS_setitimer,
    libc::SYS_getitimer,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_pipe2,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fcntl,
    libc::SYS_flock,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_truncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_readlinkat,
    libc::SYS_mknodat,
    libc::SYS_faccessat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_utimensat,
    libc::SYS_umask,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_tee,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getpriority,
    libc::SYS_getrusage,
    libc::SYS_getcpu,
    libc::SYS_getrandom,
    libc::SYS_getrlimit,
    libc::SYS_setrlimit,
    libc::SYS_capget,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_futex,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_wait4,
    libc::SYS_waitid,
];

/// What only the older tables have.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_access,
    libc::SYS_pipe,
    libc::SYS_dup2,
    libc::SYS_pause,
    libc::SYS_alarm,
    libc::SYS_rename,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_creat,
    libc::SYS_link,
    libc::SYS_unlink,
    libc::SYS_symlink,
    libc::SYS_readlink,
    libc::SYS_chmod,
    libc::SYS_getdents,
    libc::SYS_getpgrp,
    libc::SYS_arch_prctl,
    libc::SYS_time,
    libc::SYS_utimes,
    libc::SYS_mknod,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
];

/// Starting and ending processes of one's own.
const PROCESSES: &[c_long] = &[libc::SYS_kill, libc::SYS_setpgid, libc::SYS_setsid];

#[cfg(target_arch = "x86_64")]
const OLDER_PROCESSES: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork];
