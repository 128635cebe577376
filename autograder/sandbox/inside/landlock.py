"""Landlock, the kernel's own way of giving up access to files for good: a thin adapter.

The numbers are those of `linux/landlock.h`. What an older kernel does not know is left out of what is asked of it; what
is missing then, the canaries find.
"""

import ctypes
import os
import stat
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_MAKE_CHAR, _MAKE_BLOCK, _IOCTL_DEV = 1 << 6, 1 << 11, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | _IOCTL_DEV  # 14: truncate

# By the version of the interface: how many of the bits it knows, of access to files, of TCP, and of scopes.
_FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP_SINCE, _SCOPES_SINCE = 4, 6

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("descriptor", ctypes.c_int32)]


def version() -> int:
    """Of the kernel's interface; 0 where there is none."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))


def ruleset(readable: Iterable[str], writable: Iterable[str], devices: Iterable[str]) -> int:
    """A set of rules under which nothing but the given can be opened, as a file descriptor for `restrict_self`.

    Neither TCP, nor abstract sockets, nor signals beyond the own process and its children are left, as far as the
    kernel can be told so.

    Args:
        readable: files and folders to read and run. writable: folders to do anything in. devices: to read and write.

    Raises:
        OSError: there is no Landlock, or a path is not there.
    """
    known = version()
    files = (1 << _FILE_BITS.get(known, 16)) - 1
    attributes = _Ruleset(files, 3 if known >= _TCP_SINCE else 0, 3 if known >= _SCOPES_SINCE else 0)
    size = 24 if known >= _SCOPES_SINCE else 16 if known >= _TCP_SINCE else 8
    rules = _call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for paths, access in ((readable, _EXECUTE | _READ_FILE | _READ_DIR), (devices, _READ_FILE | _WRITE_FILE),
                          (writable, ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV))):
        for path in paths:
            _allow(rules, path, access & files)
    return rules


def restrict_self(rules: int) -> None:
    """Puts this thread under the rules, for good. It must have given up new privileges before."""
    _call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))


def _allow(rules: int, path: str, access: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= _OF_FILES
        rule = _PathBeneath(access, descriptor)
        _call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _call(number: int, *args: object) -> int:
    result = _libc.syscall(ctypes.c_long(number), *args)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result
