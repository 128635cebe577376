"""The warm process: imports everything once and forks a child for each notebook. It never runs student code.

It is told its settings first, and then answers requests on its control channel: `fork` (the job's socket follows as a
file descriptor), `interrupt` and `end` of the child. It has one child at a time, addressed by the process id that holds
here, which in a PID namespace is not the grader's; so all signals go through here. When the channel closes, everything
ends.
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
import time

from .channel import Channel, ChannelError
from .confine import Confinement
from .scratch import wipe

_PR_SET_PDEATHSIG = 1
_SWEEP = 10.0
"""Seconds for a notebook's last processes to end."""


def main(descriptor: int) -> None:
    """Serves the grader on the socket `descriptor` until it closes."""
    parent = os.getppid()
    _die_with_parent(parent)
    # Nothing of the instructor's side can be imported by accident, wherever it is installed.
    sys.modules["autograder"] = None
    control = Channel(socket.socket(fileno=descriptor))
    settings, filter = control.receive()
    with tempfile.TemporaryDirectory() as directory:
        _take_over_fonts(directory, settings["fonts"])
        # Imported only now, so that a broken environment is reported on a stderr that is still the grader's.
        from .shell import Shell

        shell = Shell.start(directory)
        _warm_up(shell)
    try:
        warm = _Warm(control, settings, filter, shell)
    except OSError as error:
        control.send({"kind": "failed", "message": str(error)})
        return
    gc.collect()
    gc.freeze()
    control.send({"kind": "ready"})
    try:
        with contextlib.suppress(ChannelError):
            while True:
                request, _ = control.receive()
                control.send(warm.answer(request))
    finally:
        warm.end()


class _Warm:
    """The warm process at its work."""

    def __init__(self, control: Channel, settings: dict, filter: bytes, shell: object) -> None:
        self._control, self._shell, self._child = control, shell, None
        self._scratch, self._own_processes = settings["scratch"], settings["own_processes"]
        self._confinement = Confinement(settings["rules"], filter, settings["limits"])
        # Where it is not so, a signal to all would reach the grader and everything else of its account. The first
        # process of a namespace gets no signals from within it but those that it handles.
        if self._own_processes and os.getpid() != 1:
            raise OSError("there is no PID namespace")
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def answer(self, request: dict) -> dict:
        """Does what is asked."""
        if request["kind"] == "fork":
            connection = socket.socket(fileno=self._control.receive_descriptor())
            self._child = self._fork(connection, request)
            connection.close()
            return {"kind": "forked", "pid": self._child}
        if request["pid"] != self._child:
            return {"kind": "unknown"}
        if request["kind"] == "interrupt":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child, signal.SIGINT)
            return {"kind": "interrupted"}
        return {"kind": "ended", "status": self.end()}

    def end(self) -> int | None:
        """Ends the child and whatever it started, and wipes its folder; its exit code as in `subprocess`."""
        child, self._child = self._child, None
        if child is None:
            return None
        for kill in (os.kill, os.killpg):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if self._own_processes:
            _kill_all()
        wipe(self._scratch)
        return os.waitstatus_to_exitcode(status)

    def _fork(self, connection: socket.socket, request: dict) -> int:
        zygote = os.getpid()
        child = os.fork()
        if child:
            return child
        status = 1
        try:
            os.setsid()
            _die_with_parent(zygote)
            self._confinement.close_all_but(0, 1, 2, connection.fileno())
            from .job import live

            live(connection, request, self._scratch, self._confinement, self._shell)
            status = 0
        finally:
            # Neither exceptions nor exit handlers of the student's may reach the code above.
            os._exit(status)


def _kill_all() -> None:
    """Ends all processes of this PID namespace but this one, its first, to which all orphans come."""
    deadline = time.monotonic() + _SWEEP
    while time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)
    raise OSError("processes of a notebook's cannot be ended")


def _die_with_parent(parent: int) -> None:
    """On Linux the kernel sees to it; elsewhere the closed channel does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


def _take_over_fonts(directory: str, lists: dict[str, str]) -> None:
    """Matplotlib's lists of fonts, which take seconds to make where there are many, as the grader has them."""
    for name, text in lists.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)
    os.environ["MPLCONFIGDIR"] = directory


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
