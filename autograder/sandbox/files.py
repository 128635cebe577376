"""A submission's files on their way into the sandbox: as bytes, so that no path of the grader's goes along."""

import os
import stat
from pathlib import Path

from autograder.sandbox.inside.channel import MAX_BODY
from autograder.sandbox.launch import SandboxError


def files_of(root: Path) -> list[tuple[str, bytes]]:
    """The regular files in a folder and below, as relative paths and contents.

    A link is left out, wherever it leads: it would fetch what the submission has no right to.

    Raises:
        OSError: the folder is not there. SandboxError: the files are more than can be handed over.
    """
    files, size = [], 0
    for folder, _, names in os.walk(root, onerror=_raise):
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:  # a link, or a socket
                continue
            with open(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    continue
                content = file.read(MAX_BODY - size + 1)
            size += len(content)
            if size > MAX_BODY:
                raise SandboxError(f"the submission's files are larger than {MAX_BODY:,} bytes")
            files.append((os.path.relpath(path, root), content))
    return files


def _raise(error: OSError) -> None:
    raise error
