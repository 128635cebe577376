"""An IPython shell that behaves as the one of a Jupyter kernel does, without kernel, threads or sockets."""

import builtins
import contextlib
import getpass
import sys
from collections.abc import Iterator

from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import Any, Type
from traitlets.config import Config

from .outputs import Outputs
from .streams import Descriptors, Stream


class _Compiler(CachingCompiler):
    """Names a cell as if it were a file, which is what warnings and syntax errors show; a kernel does so
    too, and IPython writes tracebacks in another way for what is no .py file."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"/notebook/cell_{number}.py"


class _ResultHook(DisplayHook):
    """The value of a cell's last expression becomes an execute_result."""

    def start_displayhook(self) -> None:
        self._result = None

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        self._result = (format_dict, md_dict or {})

    def finish_displayhook(self) -> None:
        if self._result and self._result[0]:
            self.shell.outputs.show(*self._result, count=self.prompt_count)
        self._result = None


class _Publisher(DisplayPublisher):
    """`display`, `update_display` and `clear_output` reach the outputs of the cell."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id")
        if update:
            self.shell.outputs.update(data, metadata or {}, display_id)
        else:
            self.shell.outputs.show(data, metadata or {}, display_id)

    def clear_output(self, wait=False):
        self.shell.outputs.clear(wait)


class Shell(InteractiveShell):
    """The notebook: runs cells in its namespace `user_ns`, what they show goes to `outputs`."""

    displayhook_class = Type(_ResultHook)
    display_pub_class = Type(_Publisher)
    compiler_class = Type(_Compiler)
    outputs = Any()
    # `!command`: a kernel lends it a terminal, of which there is none in here; without one, lines end in "\n".
    system = InteractiveShell.system_raw

    @classmethod
    def start(cls, directory: str) -> "Shell":
        """The one shell of this process; IPython keeps its profile in `directory`."""
        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        shell = cls.instance(config=config, ipython_dir=directory, profile_dir=ProfileDir(location=directory))
        shell.outputs = Outputs(0, 0)
        shell._kept = {}
        return shell

    def take_over_streams(self) -> None:
        """From now on what this process writes belongs to the cell that is running, and there is no input."""
        self._descriptors = Descriptors()
        sys.stdout, sys.stderr = Stream(self, "stdout"), Stream(self, "stderr")
        builtins.input = getpass.getpass = _no_input

    def run(self, source: str, max_bytes: int, max_count: int) -> tuple[bool, bytes]:
        """Runs a cell: whether it succeeded, and its outputs as JSON."""
        self.outputs = Outputs(max_bytes, max_count, self._descriptors.take)
        try:
            succeeded = self.run_cell(source, store_history=True).success
        finally:
            self._descriptors.settle()
        outputs = self.outputs.finish()
        self._descriptors.empty()
        self.outputs = Outputs(0, 0)
        return succeeded, outputs

    def keep(self, number: int) -> None:
        """Notes what each name stands for now."""
        self._kept[number] = dict(self.user_ns)

    def restore(self, number: int) -> None:
        """Lets each name stand for what it did when `number` was kept, for the notebook's functions too."""
        self.user_ns.clear()  # not replaced by another one: it is where functions look up their globals
        self.user_ns.update(self._kept[number])

    @contextlib.contextmanager
    def muted(self) -> Iterator[None]:
        """Drops everything that is shown meanwhile, figures left open included."""
        self.outputs = Outputs(0, 0)
        try:
            yield
        finally:
            self._descriptors.empty()
            self._close_figures()

    def _close_figures(self) -> None:
        pyplot, inline = map(sys.modules.get, ("matplotlib.pyplot", "matplotlib_inline.backend_inline"))
        if pyplot is not None and inline is not None and pyplot.get_fignums():
            pyplot.close("all")
            inline.flush_figures()  # it keeps a list of its own

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.outputs.error(etype.__name__, str(evalue), list(stb))

    def enable_gui(self, gui: str | None = None) -> None:
        """Figures are shown inline; there is no other event loop to enable."""

    def ask_exit(self) -> None:
        """`exit()` and `quit()`: the notebook ends with this cell."""
        self.exit_now = True

    def init_hooks(self) -> None:
        super().init_hooks()
        # A pager would print what `name?` shows; a kernel gives it to the front end, and the notebook keeps
        # none.
        self.set_hook("show_in_pager", page.as_hook(lambda *args, **options: None), 99)


def _no_input(*args: object, **options: object) -> str:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")
