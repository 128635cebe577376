"""The standard streams of the student's process: `print`, and the file descriptors beneath it."""

import contextlib
import ctypes
import fcntl
import io
import os
import sys
import tempfile

_READ_AT_ONCE = 2**20
_C = ctypes.CDLL(None)


class Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`: hands all text to the outputs of the cell that is running.

    Args:
        shell: its `outputs` take the text.
    """

    encoding = "UTF-8"

    def __init__(self, shell: object, name: str) -> None:
        self.name = name
        self._shell = shell

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._shell.outputs.write(self.name, text)
        return len(text)

    def flush(self) -> None:
        self._shell.outputs.flush(self.name)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self.name == "stdout" else 2


class Descriptors:
    """File descriptors 1 and 2, where C code and programs that a cell starts write: led into nameless files.

    A file, unlike a pipe, needs no thread to empty it and never makes the writer wait.
    """

    def __init__(self) -> None:
        self._read = {1: 0, 2: 0}
        for descriptor in self._read:
            with tempfile.TemporaryFile() as file:
                # What is read is cut off the file's end later; the next writer must not leave a hole there.
                fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
                os.dup2(file.fileno(), descriptor)

    def take(self) -> list[tuple[str, str]]:
        """What was written since the last time, as (stream, text) pairs; no more than a megabyte of each."""
        taken = []
        for descriptor, position in self._read.items():
            with contextlib.suppress(OSError):  # closed by the cell
                size = os.fstat(descriptor).st_size
                if size > position:
                    data = os.pread(descriptor, min(size - position, _READ_AT_ONCE), position)
                    self._read[descriptor] = position + len(data)
                    taken.append(("stdout" if descriptor == 1 else "stderr", data.decode("utf-8", "replace")))
        return taken

    def settle(self) -> None:
        """Brings the text that C and Python still hold in their buffers down to the descriptors."""
        _C.fflush(None)
        for stream in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(Exception):
                stream.flush()

    def empty(self) -> None:
        """Drops what has been written, read or not."""
        self.settle()
        for descriptor in self._read:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
            self._read[descriptor] = 0
