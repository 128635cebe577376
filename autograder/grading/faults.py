"""Why a whole run cannot go on: one line each, which says what to do."""

import errno
import sqlite3

from nbgrader.api import InvalidEntry
from sqlalchemy.exc import OperationalError

from autograder.sandbox import NotIsolated


class RunStopped(Exception):
    """The grader's machine cannot go on with any submission; its text is one line that says why."""


def machine_s_fault(error: BaseException) -> RunStopped | None:
    """The line for an error that says nothing about the submission at hand; None for any other."""
    if isinstance(error, NotIsolated):
        return RunStopped(str(error))
    text = str(error).lower()
    # nbgrader makes an InvalidEntry of whatever goes wrong at a commit.
    of_database = isinstance(error, OperationalError | sqlite3.OperationalError | InvalidEntry)
    if of_database and "locked" in text:
        return RunStopped("The gradebook is locked by another program: close Formgrader and other nbgrader commands, "
                          "then run the same command again. What is done is kept.")
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or of_database and "full" in text:
        return RunStopped("The disk is full: free some room, then run the same command again. What is done is kept.")
    if isinstance(error, OperationalError | sqlite3.Error):
        last = " ".join(str(getattr(error, "orig", error)).split())
        return RunStopped(f"The database cannot be used ({last}). After an upgrade of nbgrader: make a copy of "
                          "gradebook.db, then `nbgrader db upgrade`.")
    return None
