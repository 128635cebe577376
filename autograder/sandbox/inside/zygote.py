"""The warm process: imports everything once and forks a child for each notebook. It never runs student code.

It answers requests on its control channel: `fork` (the job's socket follows as a file descriptor),
`interrupt` and `end` of a child. Children are addressed by the process ids that hold here, which in a PID
namespace are not the grader's; so all signals go through here. When the channel closes, everything ends.
"""

import contextlib
import ctypes
import gc
import io
import os
import signal
import socket
import sys
import tempfile

from .channel import Channel, ChannelError

_PR_SET_PDEATHSIG = 1


def main(descriptor: int) -> None:
    """Serves the grader on the socket `descriptor` until it closes."""
    parent = os.getppid()
    _die_with_parent(parent)
    # Nothing of the instructor's side can be imported by accident, wherever it is installed.
    sys.modules["autograder"] = None
    connection = socket.socket(fileno=descriptor)
    with tempfile.TemporaryDirectory() as directory:
        # Imported only now, so that a broken environment is reported on a stderr that is still the grader's.
        from .shell import Shell

        shell = Shell.start(directory)
        _warm_up(shell)
    gc.collect()
    gc.freeze()
    control = Channel(connection)
    control.send({"kind": "ready"})
    children: set[int] = set()
    try:
        with contextlib.suppress(ChannelError):
            while True:
                request, _ = control.receive()
                control.send(_answer(request, connection, children, shell))
    finally:
        for child in children:
            _kill(child)


def _answer(request: dict, control: socket.socket, children: set[int], shell: object) -> dict:
    if request["kind"] == "fork":
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        child = _fork(socket.socket(fileno=descriptors[0]), control, request, shell)
        children.add(child)
        return {"kind": "forked", "pid": child}
    child = request["pid"]
    if child not in children:
        return {"kind": "unknown"}
    if request["kind"] == "interrupt":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGINT)
        return {"kind": "interrupted"}
    children.remove(child)
    return {"kind": "ended", "status": _kill(child)}


def _fork(connection: socket.socket, control: socket.socket, request: dict, shell: object) -> int:
    zygote = os.getpid()
    child = os.fork()
    if child:
        connection.close()
        return child
    status = 1
    try:
        os.setsid()
        _die_with_parent(zygote)
        control.close()
        from .job import live

        live(connection, request, shell)
        status = 0
    finally:
        # Neither exceptions nor exit handlers of the student's may reach the code above.
        os._exit(status)


def _kill(child: int) -> int:
    """Ends a child and its process group; its exit code as in `subprocess`."""
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _die_with_parent(parent: int) -> None:
    """On Linux the kernel sees to it; elsewhere the closed channel does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


def _warm_up(shell: object) -> None:
    """Pays once for what every notebook needs: the toolkit, a picture, a cell, a traceback."""
    with contextlib.suppress(ImportError):
        from mlplab.plots.warm import warm_up

        warm_up()
    import ipywidgets  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from . import job  # noqa: F401

    figure = Figure()
    FigureCanvasAgg(figure)
    figure.subplots().plot([0, 1], label="$x$")
    figure.legend()
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    shell.run_cell("None", silent=True)
    try:
        exec(compile("1 / 0", "<warm-up>", "exec"))
    except ZeroDivisionError:
        shell.InteractiveTB.structured_traceback(*sys.exc_info())
