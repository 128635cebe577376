"""The folder in which a notebook works: filled before, wiped after."""

import os
import secrets

HOME, TEMPORARY = "home", "tmp"
"""In the scratch folder: where the submission's files lie, and what the process takes for /tmp."""


def fill(scratch: str, files: list, body: bytes) -> None:
    """Writes a submission's files.

    Args:
        files: `[path, size]` of each, the path relative and with slashes. body: their bytes, one after the other.
    """
    os.mkdir(os.path.join(scratch, HOME))
    os.mkdir(os.path.join(scratch, TEMPORARY))
    position = 0
    for path, size in files:
        target = os.path.join(scratch, HOME, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "xb") as file:
            file.write(body[position:position + size])
        position += size


def wipe(scratch: str) -> None:
    """Removes everything in the folder, whatever a notebook made of it: links, folders that may not be read, folders
    so deep that no path reaches the bottom. Each folder's folders are moved up before it goes, so none is ever deep.
    """
    os.chmod(scratch, 0o700)
    while entries := list(os.scandir(scratch)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            for inner in os.scandir(entry.path):
                if inner.is_dir(follow_symlinks=False):
                    os.chmod(inner.path, 0o700)
                    os.rename(inner.path, os.path.join(scratch, secrets.token_hex(16)))
                else:
                    os.unlink(inner.path)
            os.rmdir(entry.path)
