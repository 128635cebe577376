"""Whatever is killed, full, locked or broken: nothing is lost, nothing counts twice, and one line says what to do."""

import contextlib
import errno
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from tiny_course import STAGE, dump, gradebook_of, hand_in, make_course

from autograder.grading import bulk, fingerprint
from autograder.grading.autograde import BulkAutograde
from autograder.grading.bulk import Options, grade_stage
from autograder.grading.course import Course
from autograder.grading.faults import RunStopped, machine_s_fault
from autograder.grading.gradable import NotGradable
from autograder.grading.journal import MAX_ATTEMPTS, Journal, JournalBusy
from autograder.grading.settings import open_course
from autograder.notebooks import find_cell
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[1]
MANY = 200


def expected_score(number):
    return 8.0 if number % 3 == 0 else 2.0 if number % 3 == 1 else 0.0


def answer(number):
    return ("answer = 42", "answer = 21", "raise NotImplementedError")[number % 3]


def in_journal(root):
    with contextlib.closing(sqlite3.connect(f"file:{root}/gradebook.journal.db?mode=ro", uri=True)) as journal:
        return dict(journal.execute("SELECT student, state FROM submission"))


# kill -9, again and again


class Killing:
    """A run of `autograder grade` in a process of its own, and the means to kill any part of it."""

    def __init__(self, root):
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("autograder"), "grade", STAGE, "--workers", "2", "--json"], cwd=root,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)

    def parts(self):
        """The process ids of the run's parts. A worker has a zygote below it; its sister that has none records."""
        below = descendants(self.process.pid)
        zygotes = [pid for pid, (_, command) in below.items() if "sandbox/inside" in command]
        workers = {below[pid][0] for pid in zygotes}
        sisters = {pid for pid, (parent, command) in below.items()
                   if "forkserver" in command and parent in {below[worker][0] for worker in workers & set(below)}}
        return {"coordinator": [self.process.pid], "recorder": sorted(sisters - workers), "worker": sorted(workers),
                "zygote": zygotes}

    def kill(self, part, rng, patience=60):
        """Kills one of that kind as soon as there is one; whether there was before the run ended."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.process.poll() is None:
            if pids := self.parts()[part]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(pids), signal.SIGKILL)
                    return True
            time.sleep(0.05)
        return False


def descendants(of):
    """Parent and command line of each process below one, by process id."""
    listing = subprocess.run(["ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = {int(pid): (int(parent), command) for pid, parent, command in
            (line.split(None, 2) for line in listing.splitlines())}
    found, size = {of}, 0
    while len(found) > size:
        size = len(found)
        found |= {pid for pid, (parent, _) in rows.items() if parent in found}
    return {pid: rows[pid] for pid in found - {of} if pid in rows}


def left_running(root):
    return [pid for pid in Path("/proc").iterdir() if pid.name.isdigit() and at_home(pid, root)]


def at_home(process, root):
    try:
        return os.readlink(process / "cwd").startswith(str(root))
    except OSError:
        return False


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory):
    """A run of 200 in which every part was killed at random moments, started again until it ended by itself."""
    root = tmp_path_factory.mktemp("disturbed")
    course = make_course(root)
    for number in range(MANY):
        hand_in(root, f"s{number:03}", answer(number), words="Because.")
    rng = random.Random(8)
    killed = dict.fromkeys(("worker", "zygote", "recorder", "coordinator"), 0)
    below = set()
    for _ in range(5):
        run = Killing(root)
        for victim in rng.sample(["worker", "zygote", "recorder", "worker"], 4):
            time.sleep(rng.uniform(0, 1))
            killed[victim] += run.kill(victim, rng)
        time.sleep(rng.uniform(0, 0.5))
        below |= set(descendants(run.process.pid))
        killed["coordinator"] += run.kill("coordinator", rng)
        run.process.communicate()
    deadline = time.monotonic() + 60  # whoever was just being born notices once it is
    while any(map(alive, below)) and time.monotonic() < deadline:
        time.sleep(0.2)
    survivors = [pid for pid in below if alive(pid)]
    unfinished = sum(state != "graded" for state in in_journal(root).values())
    run = Killing(root)
    output = run.process.communicate(timeout=400)[0]
    return course, killed, survivors, run.process.returncode, unfinished, output


def alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@linux
def test_every_part_was_killed(disturbed):
    _, killed, _, _, unfinished, _ = disturbed
    assert all(count >= 2 for count in killed.values()), killed
    assert unfinished > 0  # the last kill did not come too late


@linux
def test_every_submission_is_recorded_once_and_scored_as_if_nothing_had_happened(disturbed):
    course, _, _, status, _, output = disturbed
    assert status == 0, output
    recorded = dump(course, STAGE)
    assert {student: found["score"] for student, found in recorded.items()} == {
        f"s{number:03}": expected_score(number) for number in range(MANY)}
    assert set(in_journal(course.root).values()) == {"graded"} and len(in_journal(course.root)) == MANY
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.journal.db")) as journal:
        assert journal.execute("SELECT DISTINCT recorded FROM submission").fetchall() == [(1,)]
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as gradebook:
        assert gradebook.execute("SELECT count(*) FROM submitted_notebook").fetchone() == (MANY,)
        assert gradebook.execute("SELECT count(*) FROM grade").fetchone() == (3 * MANY,)


@linux
def test_every_autograded_notebook_is_whole(disturbed):
    course, _, _, _, _, _ = disturbed
    for number in range(MANY):
        notebook = nbformat.read(course.autograded(STAGE, f"s{number:03}"), as_version=4)
        assert notebook.cells[3].outputs, number


@linux
def test_nothing_is_left_running(disturbed):
    course, _, survivors, _, _, _ = disturbed
    assert survivors == []
    assert left_running(course.root) == []


def test_what_was_executed_is_recorded_without_running_it_again(tmp_path, monkeypatch):
    course = make_course(tmp_path)
    hand_in(tmp_path, "amy", "answer = 42")
    monkeypatch.setattr(bulk, "make_recorder", full_disk)
    report = grade_stage(tmp_path, STAGE, Options(workers=1))
    assert "The disk is full" in report.stopped and report.exit_status == 3
    assert in_journal(tmp_path) == {"amy": "executed"} and dump(course, STAGE) == {}
    monkeypatch.undo()
    monkeypatch.setattr(bulk, "make_worker", no_worker)
    report = grade_stage(tmp_path, STAGE, Options(workers=1))
    assert report.graded == ["amy"] and report.exit_status == 0
    assert dump(course, STAGE)["amy"]["score"] == 8


def full_disk(*_):
    def record(task):
        raise machine_s_fault(OSError(errno.ENOSPC, "No space left on device"))

    return record


def no_worker():
    raise AssertionError("there is nothing to execute")


def test_a_submission_that_brings_down_its_worker_is_given_up_and_the_others_are_graded(tmp_path, monkeypatch):
    make_course(tmp_path)
    for student, source in (("amy", "answer = 42"), ("zoe", "BOOM = 1; answer = 42")):
        hand_in(tmp_path, student, source)
    monkeypatch.setattr(bulk, "make_worker", fragile_worker)
    report = grade_stage(tmp_path, STAGE, Options(workers=2))
    assert report.graded == ["amy"] and report.exit_status == 3
    assert report.failed == {"zoe": f"it brought down its worker {MAX_ATTEMPTS} times"}
    monkeypatch.undo()
    assert grade_stage(tmp_path, STAGE, Options(workers=1)).graded == ["zoe"]  # our fault: the next run tries again


def fragile_worker():
    work = bulk.grade

    def grade(job):
        if b"BOOM" in job:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(job)

    return grade


# The journal by itself


def test_a_stale_attempt_s_result_is_refused(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.enqueue(STAGE, [("amy", "key")])
        stale = journal.begin(STAGE, "amy")
        token = journal.begin(STAGE, "amy")
        assert not journal.executed(STAGE, "amy", stale, b"old")
        assert journal.executed(STAGE, "amy", token, b"new")
        assert not journal.executed(STAGE, "amy", token, b"twice")
        assert journal.result(STAGE, "amy") == (b"new", None)


def test_attempts_are_bounded_in_a_run_and_begin_anew_in_the_next(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.enqueue(STAGE, [("amy", "key")])
        assert all(journal.begin(STAGE, "amy") for _ in range(MAX_ATTEMPTS))
        assert journal.begin(STAGE, "amy") is None
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.entries(STAGE)["amy"].state == "queued"
        assert journal.begin(STAGE, "amy")


def test_only_one_run_at_a_time(tmp_path):
    with Journal(tmp_path / "journal.db"), pytest.raises(JournalBusy):
        Journal(tmp_path / "journal.db")


# One clear line each


def test_a_full_disk_under_the_journal_is_one_line(tmp_path, monkeypatch):
    make_course(tmp_path)
    hand_in(tmp_path, "amy", "answer = 42\nprint('a lot of output' * 10_000)")

    class Small(Journal):
        def __init__(self, path):
            super().__init__(path)
            pages, = self._db.execute("PRAGMA page_count").fetchone()
            self._db.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(bulk, "Journal", Small)
    report = grade_stage(tmp_path, STAGE, Options(workers=1))
    assert report.stopped.startswith("The disk is full") and "\n" not in report.stopped
    monkeypatch.undo()
    assert grade_stage(tmp_path, STAGE, Options(workers=1)).graded == ["amy"]


def test_a_full_disk_under_the_gradebook_is_one_line_and_the_old_grade_stays(tmp_path):
    course = make_course(tmp_path)
    hand_in(tmp_path, "amy", "answer = 42")
    assert grade_stage(tmp_path, STAGE, Options(workers=1)).graded == ["amy"]
    before = dump(course, STAGE)
    converter = BulkAutograde(*open_course(tmp_path, STAGE))
    converter.session.settle = lambda: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device"))
    result = bulk.grade(converter.prepare("amy", {}).pack())
    with pytest.raises(RunStopped, match="The disk is full"):
        converter.record("amy", result)
    converter.session.shut()
    assert dump(course, STAGE) == before


def test_a_locked_gradebook_is_one_line(tmp_path):
    course = make_course(tmp_path)
    hand_in(tmp_path, "amy", "answer = 42")
    with sqlite3.connect(tmp_path / "gradebook.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        report = grade_stage(tmp_path, STAGE, Options(workers=1))
        assert report.stopped.startswith("The gradebook is locked") and "\n" not in report.stopped
        assert report.exit_status == 3
        other.execute("ROLLBACK")
    other.close()
    assert grade_stage(tmp_path, STAGE, Options(workers=1)).graded == ["amy"]
    assert dump(course, STAGE)["amy"]["score"] == 8


@pytest.mark.parametrize(("spoil", "words"), [
    (lambda path: path.write_bytes(b"\xff\xfe"), "is not a notebook"),
    (lambda path: path.write_text('{"cells": 5}'), "is not a valid notebook"),
    (lambda path: path.mkdir(), "no tiny.ipynb in the folder"),
    (lambda path: path.symlink_to("nowhere"), "is a link"),
    (lambda path: path.parent.joinpath("timestamp.txt").write_text("yesterday, sir"), "timestamp.txt holds no date"),
])
def test_an_unreadable_submission_is_one_line_and_harms_nobody(tmp_path, spoil, words):
    make_course(tmp_path)
    hand_in(tmp_path, "amy", "answer = 42")
    notebook = hand_in(tmp_path, "zoe", "answer = 42") / f"{STAGE}.ipynb"
    if words != "timestamp.txt holds no date":
        notebook.unlink()
    spoil(notebook)
    report = grade_stage(tmp_path, STAGE, Options(workers=1))
    assert report.graded == ["amy"] and list(report.not_gradable) == ["zoe"] and not report.failed
    assert words in report.not_gradable["zoe"] and "\n" not in report.not_gradable["zoe"]


def test_a_clock_that_jumps_is_noted_and_changes_nothing(tmp_path, monkeypatch):
    course = make_course(tmp_path)
    hand_in(tmp_path, "amy", "answer = 42")
    real, jumps = time.time, iter([0])
    monkeypatch.setattr(bulk.time, "time", lambda: real() + next(jumps, -86_400))
    report = grade_stage(tmp_path, STAGE, Options(workers=1))
    assert report.graded == ["amy"] and report.seconds < 1_000
    assert len(report.notes) == 1 and "clock" in report.notes[0]
    assert dump(course, STAGE)["amy"]["score"] == 8


def test_a_stage_that_was_not_generated_is_one_line(tmp_path):
    make_course(tmp_path)
    report = grade_stage(tmp_path, "tidy", Options())
    assert "nbgrader generate_assignment tidy" in report.stopped and report.exit_status == 3


# What depends on what


@pytest.fixture
def keys(tmp_path):
    """The keys of two students of stage 04, worked out anew at each call."""
    for stage in ("01-activation", "04-backprop"):
        shutil.copytree(REPOSITORY / "source" / stage, tmp_path / "source" / stage)
    course = Course(tmp_path)
    for stage in ("01-activation", "04-backprop"):
        course.generate(stage)
        for student in ("amy", "bob"):
            folder = tmp_path / "submitted" / student / stage
            folder.mkdir(parents=True)
            shutil.copy(tmp_path / "release" / stage / f"{stage}.ipynb", folder)

    def now(stage="04-backprop"):
        converter = BulkAutograde(*open_course(tmp_path, stage))
        try:
            found = fingerprint.Fingerprints(converter, converter.session)
            return {student: found.of(student) for student in ("amy", "bob")}
        finally:
            converter.session.shut()

    return course, now


def changed(before, after):
    return {student for student in before if before[student] != after[student]}


def edit(path, grade_id, source):
    notebook = nbformat.read(path, as_version=4)
    find_cell(notebook, grade_id).source = source
    nbformat.write(notebook, path)


def test_one_submission_one_key(keys):
    course, now = keys
    before = now()
    assert now() == before and before["amy"] == before["bob"]
    edit(course.root / "submitted/amy/04-backprop/04-backprop.ipynb", "da_dh", "da_dh = None")
    assert changed(before, now()) == {"amy"}


def test_a_mended_earlier_stage_is_graded_again_where_it_is_carried(keys):
    course, now = keys
    before, first = now(), now("01-activation")
    edit(course.root / "submitted/bob/01-activation/01-activation.ipynb", "sigmoid", "def sigmoid(x): return x")
    assert changed(before, now()) == {"bob"} and changed(first, now("01-activation")) == {"bob"}


def test_an_earlier_stage_graded_again_is_no_change_if_its_code_is_the_same(keys):
    course, now = keys
    path = course.root / "submitted/bob/01-activation/01-activation.ipynb"
    before = now()
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="other\n")]
    nbformat.write(notebook, path)
    assert now() == before


def test_the_stage_s_source_a_due_date_and_the_limits_count(keys, monkeypatch):
    course, now = keys
    before = now()
    edit(course.root / "source/04-backprop/04-backprop.ipynb", "test-da_dh", 'lab.check("da_dh")  # again')
    course.generate("04-backprop")
    again = now()
    assert changed(before, again) == {"amy", "bob"}
    (course.root / "nbgrader_config.py").write_text("c = get_config()\nc.ExecuteOutside.call_timeout = 3\n")
    assert changed(again, now()) == {"amy", "bob"}
    with gradebook_of(course) as gradebook:
        gradebook.update_or_create_assignment("04-backprop", duedate="2026-03-01")
    assert changed(again, now()) == {"amy", "bob"}


def test_a_check_counts_for_its_stage_and_no_other():
    for stage in STAGES.values():
        modules = {name for name, _ in fingerprint.code(stage.name)}
        own = {f"autograder.checks.{stage.module}", f"mlplab.checks.{stage.module}", "mlplab.compare", "mlplab.carry",
               f"autograder.misconceptions.{stage.module}"}
        assert own <= modules
    activation = {name for name, _ in fingerprint.code("01-activation")}
    assert "autograder.checks.backprop" not in activation and "mlplab.checks.mnist" not in activation


def test_a_changed_check_is_seen(monkeypatch, keys):
    _, now = keys
    before = now()
    real = fingerprint.code
    monkeypatch.setattr(fingerprint, "code", lambda stage: [*real(stage), ("autograder.checks.new", b"")])
    assert changed(before, now()) == {"amy", "bob"}


def test_a_reason_is_known_for_the_errors_of_a_machine_and_for_no_other():
    assert machine_s_fault(ValueError("full")) is None
    assert "full" in str(machine_s_fault(OSError(errno.ENOSPC, "")))
    assert "locked" in str(machine_s_fault(sqlite3.OperationalError("database is locked")))
    assert "upgrade" in str(machine_s_fault(sqlite3.OperationalError("no such column: x")))
    assert issubclass(NotGradable, Exception) and not issubclass(NotGradable, RunStopped)
