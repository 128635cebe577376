"""The life of one student's process: from the fork to the end of the notebook."""

import contextlib
import os
import random
import resource
import signal
import socket
import sys
import tempfile

import numpy as np

from .calls import Calls
from .channel import Channel, ChannelClosed
from .interrupts import Interrupts
from .shell import Shell

_MAX_FILE = 256 * 2**20


def live(connection: socket.socket, request: dict, shell: Shell) -> None:
    """Serves the grader until it closes the channel.

    Args:
        request: `nonce` (hex), `directory`, and `environment`, which is all that the process sees of one.
    """
    channel = Channel(connection, bytes.fromhex(request["nonce"]))
    try:
        os.chdir(request["directory"])
        _settle(request["environment"])
        shell.take_over_streams()
    except OSError as error:
        channel.send({"kind": "failed", "message": str(error)})
        return
    # A copy that a cell makes of this process by os.fork has no say: there is one notebook.
    os.register_at_fork(after_in_child=channel.close)
    channel.send({"kind": "ready"})
    with contextlib.suppress(ChannelClosed):
        _serve(channel, shell)


def _settle(environment: dict[str, str]) -> None:
    """Makes the process the notebook's own: environment, limits, input, random state, imports."""
    os.environ.clear()
    os.environ.update(environment)
    # Captured output is a file too.
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE, _MAX_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    tempfile.tempdir = None  # found out anew, in this environment
    np.random.seed()
    random.seed()
    sys.argv = [""]
    sys.path.insert(0, "")


def _serve(channel: Channel, shell: Shell) -> None:
    interrupts = Interrupts()
    calls = Calls(channel, shell, interrupts)
    while not shell.exit_now:
        header, body = channel.receive()
        if header["kind"] == "cell":
            channel.send(*_run_cell(shell, interrupts, header, body.decode("utf-8")))
        else:
            calls.call(header, body)


def _run_cell(shell: Shell, interrupts: Interrupts, header: dict, source: str) -> tuple[dict, bytes]:
    count = shell.execution_count
    try:
        with interrupts.allowed():
            succeeded, outputs = shell.run(source, header["max_bytes"], header["max_count"])
    except KeyboardInterrupt:  # while the cell was being wound up
        succeeded, outputs = False, shell.outputs.finish()
    answer = {"kind": "cell", "succeeded": succeeded, "count": count, "exit": shell.exit_now}
    return {**answer, "id": header["id"]}, outputs
