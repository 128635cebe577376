"""What became of every submission, in a file of its own, so that a run that was killed goes on where it was.

A submission's key is the hash of all that decides its grade (see `fingerprint`). It goes

    queued → running → executed → graded
                  ↘ queued again, or failed        (a worker died under it: our fault)
       ↘ executed, with a reason → not gradable    (the submission's fault)

and every step is one transaction. *Executed* holds what came of it until the gradebook has it: what was run need not be
run again because the recorder died. Recording may be repeated (it writes the same rows again), and is marked once.
An attempt has a token: a result that comes from another attempt than the last one is refused. No step looks at the
clock, so none depends on it.
"""

import secrets
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

MAX_ATTEMPTS = 3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS submission (
    stage TEXT NOT NULL, student TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, token TEXT, reason TEXT, result BLOB, recorded INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (stage, student)
)"""


class JournalBusy(Exception):
    """Another run is writing this journal."""


class Entry(NamedTuple):
    """A submission's line.

    Attributes:
        state: "queued", "running", "executed", "graded", "not gradable" or "failed".
        reason: why it is not gradable, or failed. recorded: how often the gradebook took a grade with this key.
    """

    key: str
    state: str
    reason: str | None
    recorded: int


class Journal:
    """The journal of a course; one process at a time may have it open.

    Raises: JournalBusy where another one has. sqlite3.OperationalError, from any method, where the disk is full.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            # The lock goes with the process, however it ends.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(_SCHEMA)
            # Whatever was running died with the run that had started it; only within one run are attempts counted.
            self._db.execute("UPDATE submission SET state = 'queued', token = NULL WHERE state = 'running'")
            self._db.execute("UPDATE submission SET attempts = 0")
        except sqlite3.OperationalError as error:
            self._db.close()
            if "locked" in str(error):
                raise JournalBusy from None
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def entries(self, stage: str) -> dict[str, Entry]:
        """The lines of a stage, by student."""
        rows = self._db.execute("SELECT student, key, state, reason, recorded FROM submission WHERE stage = ?",
                                (stage,))
        return {student: Entry(*rest) for student, *rest in rows}

    def enqueue(self, stage: str, keys: Iterable[tuple[str, str]]) -> None:
        """Stores submissions, as (student, key), before anything is done about them; what they were is forgotten."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO submission (stage, student, key, state) "
                                 "VALUES (?, ?, ?, 'queued')", [(stage, *pair) for pair in keys])

    def begin(self, stage: str, student: str) -> str | None:
        """Starts an attempt and returns its token; None where there have been enough: it is *failed* now."""
        token = secrets.token_hex(8)
        started = self._db.execute(
            "UPDATE submission SET state = 'running', attempts = attempts + 1, token = ? "
            "WHERE stage = ? AND student = ? AND attempts < ?", (token, stage, student, MAX_ATTEMPTS)).rowcount
        return token if started else None

    def executed(self, stage: str, student: str, token: str, result: bytes | None, reason: str | None = None) -> bool:
        """Takes an attempt's result, or the reason why there cannot be one; False if it is stale, and refused."""
        return bool(self._db.execute(
            "UPDATE submission SET state = 'executed', result = ?, reason = ?, token = NULL "
            "WHERE stage = ? AND student = ? AND token = ? AND state = 'running'",
            (result, reason, stage, student, token)).rowcount)

    def result(self, stage: str, student: str) -> tuple[bytes | None, str | None]:
        """What was executed and is not recorded yet: the result, or the reason."""
        return self._db.execute("SELECT result, reason FROM submission WHERE stage = ? AND student = ?",
                                (stage, student)).fetchone()

    def graded(self, stage: str, student: str) -> None:
        """The gradebook has it."""
        self._close(stage, student, "graded", None, 1)

    def not_gradable(self, stage: str, student: str, reason: str) -> None:
        """It ends here, for a reason that lies in the submission."""
        self._close(stage, student, "not gradable", reason, 0)

    def failed(self, stage: str, student: str, reason: str) -> None:
        """It ends here, for a reason that lies with us; the next run tries again."""
        self._close(stage, student, "failed", reason, 0)

    def _close(self, stage: str, student: str, state: str, reason: str | None, recorded: int) -> None:
        self._db.execute("UPDATE submission SET state = ?, reason = ?, result = NULL, token = NULL, "
                         "recorded = recorded + ? WHERE stage = ? AND student = ?",
                         (state, reason, recorded, stage, student))

    def _transaction(self) -> sqlite3.Connection:
        self._db.execute("BEGIN")
        return self._db  # as a context it commits, or rolls back
