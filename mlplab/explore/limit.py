"""A limit on how long a picture may keep its reader waiting, in any thread and on any system."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TookTooLong(BaseException):
    """Raised inside the code that ran out of time; no `except Exception` of a student's holds it up."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stops a block of Python code that takes longer.

    JupyterLab hands a widget's messages to a thread of their own, where signals do not arrive, so the exception is
    raised from a timer's thread. A single long call into C is only noticed when it returns.

    Raises: TookTooLong, inside the block.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    lock = threading.Lock()
    finished = False

    def stop() -> None:
        with lock:
            if not finished:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TookTooLong))

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            finished = True
        timer.cancel()  # a call of a Python function: what was raised but has not arrived yet arrives here
