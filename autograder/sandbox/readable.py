"""What a notebook may read beside its own folder: the system's libraries and the student's environment."""

import os
import sys
import sysconfig
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

INSIDE = Path(__file__).with_name("inside").resolve()

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime",
           "/etc/mime.types")


def readable() -> list[str]:
    """Files and folders, none beneath another, none with anything of the grader's in it but `inside`."""
    installed = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    toolkit = find_spec("mlplab")
    wanted = {*_SYSTEM, sys.prefix, sys.base_prefix, *installed,
              *(toolkit.submodule_search_locations if toolkit else ())}
    hidden = _grader(installed)
    paths = {part for path in wanted for name in (os.path.abspath(path), os.path.realpath(path))
             if os.path.exists(name) for part in _without(name, hidden)}
    return _topmost({*paths, str(INSIDE)})


def _grader(installed: Iterable[str]) -> set[str]:
    """The grader's own folders: the package, and the clone around it where it was installed from one in place."""
    package = INSIDE.parents[1]
    around = package.parent
    return {str(package), *([] if str(around) in map(os.path.realpath, installed) else [str(around)])}


def _without(path: str, hidden: set[str]) -> list[str]:
    """The path, or, where something hidden lies beneath it, all that is beside that."""
    real = os.path.realpath(path)
    if real in hidden:
        return []
    if not any(other.startswith(real.rstrip("/") + "/") for other in hidden):
        return [path]
    return [part for entry in sorted(os.listdir(path)) for part in _without(os.path.join(path, entry), hidden)]


def _topmost(paths: set[str]) -> list[str]:
    return sorted(path for path in paths if not any(str(parent) in paths for parent in Path(path).parents))
