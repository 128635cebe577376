"""Bulk grading means what nbgrader's own `autograde` means: both gradebooks are compared cell by cell."""

import contextlib
import os
import shutil
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from tiny_course import STAGE, dump, enrolled, files, gradebook_of, hand_in, make_course
from traitlets.config import Config

from autograder.cli.submissions import demo_class
from autograder.grading import configure
from autograder.grading.bulk import Options, grade_stage
from autograder.grading.course import Course
from autograder.grading.settings import open_course

REPOSITORY = Path(__file__).resolve().parents[1]
DUE = datetime(2026, 3, 1, 12)
SECOND = "second"


def stock(course, stage, *, force=False, students="*", changes=None):
    """`nbgrader autograde` with its own Execute, a kernel for each notebook.

    Deduplicating is the course's: after nbgrader's own, one copied cell ends the run for the whole class.
    """
    config = Config({"CourseDirectory": {"root": str(course.root), "assignment_id": stage, "student_id": students}})
    configure(config)
    config.Autograde.autograde_preprocessors = Autograde.autograde_preprocessors.default()
    config.merge(changes or Config())
    run(Autograde(coursedir=CourseDirectory(config=config), config=config, force=force))


def configured(course, stage, students):
    """`nbgrader autograde` with the course's configuration, one student after the other."""
    for student in students:
        coursedir, config = open_course(course.root, stage)
        coursedir.student_id = student
        run(Autograde(coursedir=coursedir, config=config))


def run(converter):
    with contextlib.suppress(NbGraderException):  # the log names the students; what the gradebook holds counts here
        converter.start()


class HalfOff(LateSubmissionPlugin):
    """One point for each hour, and half of the score at most."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return min(total_seconds_late / 3600, score / 2)


# Stock semantics, on the tiny stage


def tamper(notebook):
    asserts, number, words = notebook.cells[2:]
    asserts.source, asserts.metadata.nbgrader["points"] = "assert True", 400
    number.metadata.nbgrader.update(locked=False, checksum="0")
    words.cell_type = "raw"


def other_kernel(notebook):
    notebook.metadata["kernelspec"] = {"name": "ruby", "display_name": "Ruby", "language": "ruby"}


def copy_the_grade_cell(notebook):
    again = deepcopy(notebook.cells[3])
    again.source, again.id = "0", "a-copy"
    notebook.cells.insert(3, again)


def with_files(root, student):
    folder = hand_in(root, student, "answer = int(open('data/number.txt').read())")
    (folder / "data").mkdir()
    (folder / "data" / "number.txt").write_text("42")
    (folder / "helper.py").write_text("TRUE = False\n")


def write_timestamp(root, student, text):
    (root / "submitted" / student / STAGE / "timestamp.txt").write_text(text)


def hand_everything_in(root):
    """One student for each thing that nbgrader has a rule about; most hand in the second notebook as well."""
    hand_in(root, "right", "answer = 42", words="Because.")
    hand_in(root, "wrong", "answer = 21", words="Because.")
    hand_in(root, "raises", "raise NotImplementedError")
    hand_in(root, "no-response", "answer = 42")
    hand_in(root, "tampers", "answer = 21", edit=tamper)
    hand_in(root, "other-kernel", "answer = 42", edit=other_kernel)
    hand_in(root, "copies", "answer = 42", edit=copy_the_grade_cell)
    hand_in(root, "late", "answer = 42", words="Because.")
    hand_in(root, "in-time", "answer = 42", words="Because.")
    with_files(root, "files")
    hand_in(root, "no-notebook", "answer = 42").joinpath(f"{STAGE}.ipynb").write_text("{oops")
    hand_in(root, "unknown-notebook", "answer = 42").joinpath(f"{STAGE}.ipynb").rename(
        root / "submitted" / "unknown-notebook" / STAGE / "homework.ipynb")
    (root / "submitted" / "empty-folder" / STAGE).mkdir(parents=True)
    for student in ("right", "late", "tampers"):
        hand_in(root, student, "answer = 42", words="Both.", name=SECOND)
    write_timestamp(root, "late", "2026-03-01 14:30:00 UTC")
    write_timestamp(root, "in-time", "2026-03-01 11:00:00 UTC")


STUDENTS = ("right", "wrong", "raises", "no-response", "tampers", "other-kernel", "copies", "late", "in-time", "files",
            "no-notebook", "unknown-notebook", "empty-folder", "unsubmitted")
CHANGES = Config({"AssignLatePenalties": {"plugin_class": HalfOff}})


def grade_by_hand(course):
    """As a human does in Formgrader: points for words, a score changed, extra credit, a comment."""
    with gradebook_of(course) as gradebook:
        for student in ("right", "wrong"):
            words = gradebook.find_grade("words", STAGE, STAGE, student)
            words.manual_score, words.needs_manual_grade = 2.5, False
        gradebook.find_grade("asserts", STAGE, STAGE, "wrong").manual_score = 1.0
        gradebook.find_grade("number", STAGE, STAGE, "right").extra_credit = 0.5
        gradebook.find_comment("words", STAGE, STAGE, "right").manual_comment = "Well said."
        gradebook.db.commit()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Two equal courses, graded, graded by hand, and graded again with force: by stock nbgrader and by us."""
    courses, dumps = {}, {}
    for way in ("stock", "ours"):
        course = courses[way] = make_course(tmp_path_factory.mktemp(way), (STAGE, SECOND))
        with gradebook_of(course) as gradebook:
            gradebook.update_or_create_student("unsubmitted")
            gradebook.update_or_create_assignment(STAGE, duedate=DUE)
        hand_everything_in(course.root)
        reports = []
        for force in (False, True):
            if way == "stock":
                stock(course, STAGE, force=force, changes=CHANGES)
            else:
                reports.append(grade_stage(course.root, STAGE, Options(workers=2, changes=CHANGES, force=force)))
            dumps[way, force] = dump(course, STAGE)
            if not force:
                grade_by_hand(course)
    return courses, dumps, reports


@pytest.mark.parametrize("student", STUDENTS)
@pytest.mark.parametrize("again", [False, True], ids=["first", "by hand, then with force"])
def test_the_gradebook_is_stock_nbgrader_s(tiny, student, again):
    _, dumps, _ = tiny
    assert dumps["ours", again].get(student) == dumps["stock", again].get(student)


@pytest.mark.parametrize("student", STUDENTS)
def test_what_is_left_in_autograded_is_stock_nbgrader_s(tiny, student):
    courses, _, _ = tiny
    assert files(courses["ours"], STAGE, student) == files(courses["stock"], STAGE, student)


def test_the_class_list_is_stock_nbgrader_s(tiny):
    courses, _, _ = tiny
    assert enrolled(courses["ours"]) == enrolled(courses["stock"])


def test_the_scenarios_are_what_they_say(tiny):
    """The control: equal is not enough, each rule must have been at work."""
    courses, dumps, reports = tiny
    first, again = dumps["ours", False], dumps["ours", True]
    grades = {student: first[student]["notebooks"][STAGE]["grades"] for student in first}
    assert grades["right"]["asserts"][0] == 4 and grades["right"]["words"][5]
    assert grades["wrong"]["asserts"][0] == 0 and grades["wrong"]["number"][0] == 2
    assert grades["tampers"]["asserts"][0] == 0 and grades["tampers"]["asserts"][4] == 4
    assert grades["copies"]["number"][0] == 4
    assert grades["files"]["asserts"][0] == 4
    assert first["no-response"]["notebooks"][STAGE]["comments"]["words"] == ("No response.", None)
    assert grades["no-response"]["words"][0] == 0 and not grades["no-response"]["words"][5]
    assert {name: grade[0] for name, grade in first["wrong"]["notebooks"][SECOND]["grades"].items()} == dict.fromkeys(
        ("asserts", "number", "words"), 0)
    assert first["late"]["notebooks"][STAGE]["penalty"] == 2.5
    assert first["in-time"]["notebooks"][STAGE]["penalty"] is None
    by_hand = again["right"]["notebooks"][STAGE]
    assert by_hand["grades"]["words"][1] == 2.5 and by_hand["grades"]["number"][2] == 0.5
    assert by_hand["comments"]["words"][1] == "Well said."
    assert again["wrong"]["notebooks"][STAGE]["grades"]["asserts"][1:4] == (1.0, None, 1.0)
    assert first["no-notebook"]["score"] == 0 and "unsubmitted" not in first
    assert set(reports[0].not_gradable) == {"no-notebook", "unknown-notebook", "empty-folder"}
    assert reports[0].exit_status == 1 and not reports[0].failed
    assert [mode for mode, _ in files(courses["ours"], STAGE, "files").values()] == ["-r--r--r--"] * 3
    assert files(courses["ours"], STAGE, "no-notebook") == {}


def test_without_force_there_is_nothing_to_do_a_second_time(tiny):
    courses, dumps, _ = tiny
    report = grade_stage(courses["ours"].root, STAGE, Options(changes=CHANGES))
    assert report.graded == [] and set(report.kept) == set(STUDENTS[:10])
    assert dump(courses["ours"], STAGE) == dumps["ours", True]


def test_whoever_is_not_on_the_list_can_be_kept_off_it(tmp_path):
    course = make_course(tmp_path)
    course.enrol(["known"])
    for student in ("known", "stranger"):
        hand_in(tmp_path, student, "answer = 42")
    report = grade_stage(tmp_path, STAGE, Options(changes=Config({"Autograde": {"create_student": False}})))
    assert report.graded == ["known"]
    assert "not on the class list" in report.not_gradable["stranger"]
    assert enrolled(course) == {"known"}


# The demo's class

TAKEN = {"01-activation": ["ada", "bela", "dina", "lena", "milo", "quin", "rosa"],
         "03-loss": sorted(submission.student for submission in demo_class() if submission.enrolled),
         "04-backprop": ["ada", "pia", "sami"]}


@pytest.fixture(scope="module")
def demo_courses(tmp_path_factory):
    base = tmp_path_factory.mktemp("base")
    shutil.copytree(REPOSITORY / "source", base / "source")
    course = Course(base)
    for stage in ("01-activation", "02-forward", "03-loss", "04-backprop"):
        course.generate(stage)
    shutil.copytree(REPOSITORY / "release" / "05-training", base / "release" / "05-training")
    for submission in demo_class():
        submission.write(base)
    ours = Course(Path(shutil.copytree(base, base.with_name("ours"))))
    for stage, students in TAKEN.items():
        configured(course, stage, students)
        report = grade_stage(ours.root, stage, Options(tuple(students), workers=os.cpu_count()))
        assert not report.failed and report.stopped is None
    return course, ours


@pytest.mark.parametrize(("stage", "student"), [(stage, student) for stage in TAKEN for student in TAKEN[stage]])
def test_the_demo_s_class_gets_what_nbgrader_autograde_gives(demo_courses, stage, student):
    course, ours = demo_courses
    assert dump(ours, stage).get(student) == dump(course, stage).get(student)
    assert files(ours, stage, student) == files(course, stage, student)


def test_pictures_left_out_change_no_score(demo_courses):
    _, ours = demo_courses
    before = dump(ours, "04-backprop")
    report = grade_stage(ours.root, "04-backprop", Options(("ada",), plots=False))
    assert report.graded == ["ada"]
    assert dump(ours, "04-backprop") == before
    notebook = nbformat.read(ours.autograded("04-backprop", "ada"), as_version=4)
    shown = [output.data for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
             if "data" in output]
    assert any("this run does without" in data.get("text/plain", "") for data in shown)
    assert not any("image/png" in data for data in shown)
