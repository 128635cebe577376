"""`python -I descend.py PLAN COMMAND...`: gives up root, if it is root, and becomes COMMAND as an ordinary user.

PLAN is a JSON object:

    uid, gid       whom to become if this is root, else who this is
    scratch        the folder to work in; made a small file system of its own where the kernel lets us
    bytes, inodes  its size
    paths          what must be readable afterwards

A uid of its own gives a notebook nothing to read, to signal or to count against. But Python may live under a folder
that others cannot enter, such as /root: then a private view of the file system, in which these folders hold nothing
but PATHS, is entered first. What cannot be had (in a container, say) is left out; the canaries find what that means.
"""

import ctypes
import json
import os
import sys

_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000

_libc = ctypes.CDLL(None, use_errno=True)


def main(plan: dict, command: list[str]) -> None:
    as_root = os.geteuid() == 0
    private = _private_view(as_root)
    if private:
        options = f"size={plan['bytes']},nr_inodes={plan['inodes']},mode=700,uid={plan['uid']},gid={plan['gid']}"
        _mount("tmpfs", plan["scratch"], "tmpfs", _MS_NOSUID | _MS_NODEV, options)
    elif as_root:
        os.chown(plan["scratch"], plan["uid"], plan["gid"])
    if as_root:
        if private:
            _let_through([*plan["paths"], plan["scratch"]])
        os.setgroups([])
        os.setresgid(*[plan["gid"]] * 3)
        os.setresuid(*[plan["uid"]] * 3)
    for path in plan["paths"]:
        if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
            closed = _closed_folder(path) or path
            sys.exit(f"uid {os.getuid()} cannot read {path}: open {closed} to others (chmod o+rx), or install the "
                     "environment elsewhere, in /opt for instance")
    os.execv(command[0], command)


def _private_view(as_root: bool) -> bool:
    """Enters a mount namespace in which mounting is allowed, if that can be had."""
    uid, gid = os.getuid(), os.getgid()
    if _libc.unshare(_CLONE_NEWNS if as_root else _CLONE_NEWNS | _CLONE_NEWUSER):
        return False
    try:
        if not as_root:
            for file, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                with open(f"/proc/self/{file}", "w") as map:
                    map.write(text)
        _mount(None, "/", None, _MS_REC | _MS_PRIVATE, None)
    except OSError:
        return False
    return True


def _let_through(paths: list[str]) -> None:
    """Replaces folders that others cannot enter by ones that hold nothing but what is wanted of them."""
    wanted: dict[str, list[tuple[str, int]]] = {}
    for path in paths:
        closed = _closed_folder(path)
        if closed is not None:
            wanted.setdefault(closed, []).append((path, os.open(path, os.O_PATH)))
    for closed, inside in wanted.items():
        _mount("tmpfs", closed, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
        for path, descriptor in sorted(inside):
            source = f"/proc/self/fd/{descriptor}"
            if os.path.isdir(source):
                os.makedirs(path, exist_ok=True)
            else:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "a"):
                    pass
            _mount(source, path, None, _MS_BIND | _MS_REC, None)
            os.close(descriptor)


def _closed_folder(path: str) -> str | None:
    """The topmost folder on the way to `path` that others cannot enter."""
    parts = path.split("/")
    for end in range(2, len(parts)):
        folder = "/".join(parts[:end])
        if not os.stat(folder).st_mode & 0o001:
            return folder
    return None


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None) -> None:
    arguments = (argument and argument.encode() for argument in (source, target, kind))
    if _libc.mount(*arguments, ctypes.c_ulong(flags), options and options.encode()):
        error = ctypes.get_errno()
        raise OSError(error, f"{target} could not be mounted: {os.strerror(error)}")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
