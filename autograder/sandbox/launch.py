"""How the warm process is started on each rung of the ladder, and what it sees of the grader."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from autograder.sandbox.filters import NoSeccomp, seccomp_filter
from autograder.sandbox.limits import Limits
from autograder.sandbox.readable import DEVICES, INSIDE, readable

_DESCEND = Path(__file__).with_name("descend.py")

# What a notebook may know of the grader's environment. The rest may hold passwords.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
_FIXED = {
    "NBGRADER_EXECUTION": "autograde",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # One thread: a forked child must not wait for threads that its parent had, and many notebooks share the
    # cores.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}

_LARGEST_LIST = 2**20
_MOST_UIDS = 2_000_000_000


class SandboxError(RuntimeError):
    """The warm process could not do its work: a fault of the grader's machine, never of a submission."""


class NotIsolated(SandboxError):
    """No rung that may be taken holds on this machine.

    Attributes:
        reasons: by rung why not.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        tried = " ".join(f"{LADDER[rung].title}: {reason}." for rung, reason in reasons.items())
        super().__init__(f"Submissions cannot be isolated here. {tried} `autograder doctor` says more. To grade what "
                         "you trust without, ask for it: --isolation none, with nbgrader's own commands "
                         "--ExecuteOutside.isolation=none.")


class Isolation(NamedTuple):
    """What keeps a notebook from doing harm.

    Attributes:
        rung: its short name, as in the configuration. title: what it is made of. sentence: what it means, for the log.
    """

    rung: str
    title: str
    sentence: str


LADDER = {rung.rung: rung for rung in (
    Isolation("bwrap", "bwrap + Landlock + seccomp",
              "Isolation: bwrap + Landlock + seccomp. Submissions see their own folder and the student environment, "
              "have no network and no processes but their own."),
    Isolation("landlock", "Landlock + seccomp",
              "Isolation: Landlock + seccomp. Submissions read their own folder and the student environment, have no "
              "network and start no processes; that a file exists, and its size, they can find out."),
    Isolation("none", "none",
              "Isolation: none. Submissions run with all the rights of this account, under limits on time, memory and "
              "output only. Grade nothing that you do not trust."),
)}
"""The rungs, the strongest first. "auto" takes the first that holds, but never "none"."""


class Plan(NamedTuple):
    """A rung, made ready to be started.

    Attributes:
        command: up to, not including, the file descriptor of the control socket.
        settings: what the warm process is told first; filter: the body of that message.
    """

    command: list[str]
    settings: dict
    filter: bytes


def plan(rung: str, scratch: str, limits: Limits) -> Plan:
    """How to start a rung. Raises SandboxError where a part of it is not installed."""
    inside = [sys.executable, "-I", str(INSIDE)]
    settings = {
        "kind": "settings", "scratch": scratch, "own_processes": rung == "bwrap", "rules": None, "fonts": _fonts(),
        "limits": {"memory": limits.memory, "cpu": limits.cpu, "descriptors": limits.descriptors, "file": limits.disk,
                   "processes": None if rung == "none" else limits.processes}}
    if rung == "none":
        return Plan(inside, settings, b"")
    if sys.platform != "linux":
        raise SandboxError("needs Linux")
    try:
        filter = seccomp_filter(own_world=rung == "bwrap")
    except NoSeccomp as error:
        raise SandboxError(str(error)) from None
    paths, devices = readable(), [device for device in DEVICES if os.path.exists(device)]
    settings["rules"] = {"readable": paths, "writable": [scratch], "devices": devices}
    if rung == "bwrap":
        inside = [*_bwrap(paths, devices, scratch), *inside]
    return Plan([sys.executable, "-I", "-S", str(_DESCEND), json.dumps(_descent(paths, scratch, limits)), *inside],
                settings, filter)


def launch(plan: Plan, control: int, errors: int) -> subprocess.Popen:
    """Starts the warm process.

    Args:
        control, errors: file descriptors, its end of the control socket and what it has for a stderr.
    """
    return subprocess.Popen(
        [*plan.command, str(control)],
        pass_fds=[control],
        env=_environment_of_the_warm(plan.settings["scratch"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        # Away from the terminal: Ctrl-C is for the grader, who ends everything in order.
        start_new_session=True,
    )


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """A student's process's environment: little of the grader's, what the libraries need, and `more`."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | _FIXED | dict(more)


def _environment_of_the_warm(scratch: str) -> dict[str, str]:
    return environment({"HOME": scratch, "TMPDIR": scratch})


def _fonts() -> dict[str, str]:
    """Matplotlib's lists of the machine's fonts, out of this account's cache, by file name."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(os.environ.get("MPLCONFIGDIR") or os.path.join(cache, "matplotlib"))
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("fontlist-*.json")
            if path.stat().st_size < _LARGEST_LIST}


def _descent(paths: list[str], scratch: str, limits: Limits) -> dict:
    """The plan for `descend.py`."""
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        uid = gid = _uid_of_nobody_else()
    return {"uid": uid, "gid": gid, "scratch": scratch, "bytes": limits.disk, "inodes": limits.files, "paths": paths}


def _uid_of_nobody_else() -> int:
    """One out of those that no account has: near the end of what there is, in a container with few of them too."""
    mapped = Path("/proc/self/uid_map").read_text().splitlines()
    end = min(_MOST_UIDS, max(int(first) + int(count) for first, _, count in map(str.split, mapped)))
    return end - 1 - secrets.randbelow(end // 20)


def _bwrap(paths: list[str], devices: list[str], scratch: str) -> list[str]:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("bubblewrap is missing (on Debian and Ubuntu: apt install bubblewrap)")
    options = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session",
               "--as-pid-1", "--cap-drop", "ALL", "--clearenv"]
    for name, value in _environment_of_the_warm(scratch).items():
        options += ["--setenv", name, value]
    for path in paths:
        options += ["--ro-bind", path, path]
    for device in devices:
        options += ["--dev-bind", device, device]
    return [os.path.realpath(program), *options, "--bind", scratch, scratch, "--remount-ro", "/", "--chdir", scratch]
