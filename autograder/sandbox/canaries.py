"""Whether a rung holds, found out by attacking it: the bait, and what the attacks say.

Versions and configuration files say what ought to be. A kernel built without Landlock, a container that forbids
namespaces, a distribution that hides them behind AppArmor: the attacks of `attacks.py` notice.
"""

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.sandbox.limits import Limits

_ATTACKS = Path(__file__).with_name("attacks.py")
_CHECKS = Path(__file__).parents[1] / "checks" / "__init__.py"

TOLERATED = frozenset({"fill_the_disk", "make_files_without_end"})
"""What a rung may let through, where nothing can be mounted: the log and the page "What the grader promises" say so."""


@contextlib.contextmanager
def bait(limits: Limits) -> Iterator[str]:
    """Puts out what the attacks are after, and yields their code; nothing of it is of any worth."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        os.chmod(folder, 0o777)
        secret, open_to_all = Path(folder, "secret"), Path(folder, "open")
        for file in (secret, open_to_all):
            file.write_text("canary")
            file.chmod(0o666)
        name = f"canary-{os.getpid()}-{os.urandom(8).hex()}"
        abstract.bind("\0" + name)
        abstract.listen()
        lures = {
            "secret": str(secret), "open": str(open_to_all), "folder": folder, "checks": str(_CHECKS),
            "port": server.getsockname()[1], "abstract": name, "grader": os.getpid(),
            "memory": limits.memory, "processes": limits.processes, "descriptors": limits.descriptors,
            "disk": limits.disk, "files": limits.files}
        yield f"bait = {lures!r}\n{_ATTACKS.read_text()}"


def succeeded(outputs: bytes) -> list[str]:
    """The names of the attacks that got through, from the outputs of the cell. Raises ValueError if it broke off."""
    names = "".join(output["text"] for output in json.loads(outputs) if output["output_type"] == "stream").split()
    if not names or names.pop() != "done":
        raise ValueError("they broke off")
    return names


def in_words(attacks: Iterable[str]) -> str:
    """The attacks' names as a list in a sentence."""
    return ", ".join(name.replace("_", " ") for name in attacks)
