"""The system calls that a notebook may make: an allowlist, built here and loaded there.

A list of what is forbidden would let through what next year's kernel adds. Whatever is not named here fails with
ENOSYS, as on a kernel that does not know it, so libraries fall back on what they did before; a few that a student may
meet fail with EPERM.
"""

import errno
import socket
import tempfile

_NAMESPACES = 0x7E020000 | 0x80  # the CLONE_NEW... flags
_CLONE_THREAD, _CLONE_VM = 0x00010000, 0x00000100
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_HARMLESS_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# F_DUPFD, F_(GET|SET)FD, F_(GET|SET)FL, F_GETLK, F_SETLK, F_SETLKW, the same for open files, F_DUPFD_CLOEXEC, and
# F_GETPIPE_SZ. Others send signals to whomever they are told.
_HARMLESS_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
_PR_NAMES = (15, 16)  # PR_SET_NAME, PR_GET_NAME

_ALLOWED = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range dup dup2 dup3 pipe pipe2
    open openat creat access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir umask
    stat fstat lstat newfstatat statx statfs fstatfs ftruncate fallocate fsync fdatasync sync_file_range flock fadvise64
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat mknod mknodat
    copy_file_range sendfile
    mmap munmap mremap mprotect madvise msync mincore brk membarrier mlock munlock
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd eventfd2
    recvfrom shutdown getsockopt setsockopt getsockname getpeername
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause alarm
    getitimer setitimer timer_create timer_settime timer_gettime timer_delete
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times getrusage sysinfo uname getcpu
    getpid getppid gettid getpgrp getpgid getsid getuid geteuid getgid getegid getgroups getresuid getresgid
    setpgid setsid set_tid_address set_robust_list get_robust_list rseq futex
    sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min
    getpriority getrlimit getrandom capget arch_prctl restart_syscall exit exit_group
    wait4 waitid execve execveat
""".split()

# Where a notebook has process ids and files of its own; elsewhere they are its neighbours' and the grader's.
_IN_A_WORLD_OF_ITS_OWN = """
    kill tkill tgkill chmod fchmod fchmodat chown fchown fchownat lchown utime utimes utimensat futimesat truncate
    setxattr fsetxattr lsetxattr removexattr
""".split()

_REFUSED = """
    socket connect bind listen accept accept4 ptrace process_vm_readv process_vm_writev mount umount2 unshare setns
    pivot_root chroot setuid setgid setresuid setresgid setreuid setregid setgroups bpf keyctl add_key request_key
    shmget msgget semget setrlimit
""".split()


class NoSeccomp(RuntimeError):
    """libseccomp, or its Python side, is not there. Its text says what to install."""


def seccomp_filter(*, own_world: bool) -> bytes:
    """The filter as BPF instructions for this machine's architecture.

    Args:
        own_world: whether the notebook has a PID namespace and a view of the file system of its own; else it may
            neither start processes (threads it may), nor send signals, nor change the metadata of files.

    Raises: NoSeccomp.
    """
    try:
        import pyseccomp as seccomp
    except ImportError:
        raise NoSeccomp("the package pyseccomp is not installed: bring the environment up to date (make env)") from None
    except (RuntimeError, OSError):  # it looks for the library when it is imported
        raise NoSeccomp("libseccomp is missing (on Debian and Ubuntu: apt install libseccomp2)") from None
    made = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))

    def rule(action: object, name: str, *conditions: object) -> None:
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:  # below 0: not on this architecture
            made.add_rule(action, name, *conditions)

    refuse = seccomp.ERRNO(errno.EPERM)
    for name in _ALLOWED:
        rule(seccomp.ALLOW, name)
    for name in _REFUSED:
        rule(refuse, name)
    for name in _IN_A_WORLD_OF_ITS_OWN:
        rule(seccomp.ALLOW if own_world else refuse, name)
    rule(seccomp.ALLOW, "socketpair", seccomp.Arg(0, seccomp.EQ, socket.AF_UNIX))
    for number in _HARMLESS_IOCTLS:
        rule(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, number))
    for number in _HARMLESS_FCNTLS:
        rule(seccomp.ALLOW, "fcntl", seccomp.Arg(1, seccomp.EQ, number))
    for number in _PR_NAMES:
        rule(seccomp.ALLOW, "prctl", seccomp.Arg(0, seccomp.EQ, number))
    # Its own limits, and to the other end of its own pair: not another process's, and not to an address.
    rule(seccomp.ALLOW, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0))
    rule(seccomp.ALLOW, "sendto", seccomp.Arg(4, seccomp.EQ, 0))
    # The flags of clone3 lie in memory, where no filter sees them; without it, libraries use clone.
    if own_world:
        rule(seccomp.ALLOW, "fork")
        rule(seccomp.ALLOW, "vfork")
        rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NAMESPACES, 0))
    else:
        rule(refuse, "fork")
        rule(refuse, "vfork")
        threads = _CLONE_THREAD | _CLONE_VM
        rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NAMESPACES | threads, threads))
        rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    with tempfile.TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()
