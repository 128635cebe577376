"""The life of one student's process: from the fork to the end of the notebook."""

import contextlib
import os
import random
import socket
import sys
import tempfile

import numpy as np

from .calls import Calls
from .channel import Channel, ChannelClosed
from .confine import Confinement
from .interrupts import Interrupts
from .scratch import HOME, TEMPORARY, fill
from .shell import Shell


def live(connection: socket.socket, request: dict, scratch: str, confinement: Confinement, shell: Shell) -> None:
    """Serves the grader until it closes the channel. The first message has the submission's files.

    Args:
        request: `nonce` (hex), and `environment`, which is all that the process sees of one.
        scratch: the folder to work in.
        confinement: what this process is put under before the notebook begins.
    """
    channel = Channel(connection, bytes.fromhex(request["nonce"]))
    try:
        header, body = channel.receive()
        fill(scratch, header["files"], body)
        os.chdir(os.path.join(scratch, HOME, header["directory"]))
        _settle(request["environment"], os.path.join(scratch, TEMPORARY))
        shell.take_over_streams()
        confinement.limit()
        confinement.seal()
    except OSError as error:
        channel.send({"kind": "failed", "message": str(error)})
        return
    # A copy that a cell makes of this process by os.fork has no say: there is one notebook.
    os.register_at_fork(after_in_child=channel.close)
    channel.send({"kind": "ready"})
    with contextlib.suppress(ChannelClosed):
        _serve(channel, shell)


def _settle(environment: dict[str, str], temporary: str) -> None:
    """Makes the process the notebook's own: environment, input, random state, imports."""
    os.environ.clear()
    os.environ.update(environment, HOME=os.getcwd(), TMPDIR=temporary)
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
            calls.global_random.give_back()
            channel.send(*_run_cell(shell, interrupts, header, body.decode("utf-8")))
        elif header["kind"] in ("keep", "restore"):
            with shell.muted():
                getattr(shell, header["kind"])(header["number"])
            channel.send({"kind": "done", "id": header["id"]})
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
