"""Archives as learning platforms make them, and as an attacker would."""

import csv
import json
import os
import shutil
import stat
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny_course import STAGE, gradebook_of, hand_in, make_course

from autograder.cli import main
from autograder.grading import archive
from autograder.grading.bulk import Options, grade_stage
from autograder.grading.collect import collect
from autograder.grading.course import Course

NAME = f"{STAGE}.ipynb"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("fresh"))
    with gradebook_of(course) as gradebook:
        gradebook.add_student("ada", first_name="Ada", last_name="Lovelace", email="ada@example.org", lms_user_id="77")
        gradebook.add_student("kurt", first_name="Kurt", last_name="Gödel", email="kurt@example.org")
        gradebook.add_student("1234")
    return course


@pytest.fixture
def course(fresh, tmp_path):
    return Course(Path(shutil.copytree(fresh.root, tmp_path / "course")))


@pytest.fixture
def zipped(tmp_path):
    def make(entries):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content, *when in entries:
                entry = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, *when)
                file.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return path

    return make


def submitted(course):
    return {path.parent.parent.name: path.read_text() for path in course.root.glob(f"submitted/*/{STAGE}/{NAME}")}


def when(hour):
    return (2026, 3, 1, hour, 0, 0)


def test_moodle_s_names_as_folders_and_flat(course, zipped):
    found = collect(course.root, STAGE, zipped([
        (f"Ada Lovelace_1234_assignsubmission_file_/{NAME}", "ada's", when(9)),
        (f"Kurt Gödel_55_assignsubmission_file_{NAME}", "kurt's", when(10)),
        ("Kurt Gödel_55_assignsubmission_onlinetext_/onlinetext.html", "words", when(10)),
    ]), {})
    assert submitted(course) == {"ada": "ada's", "kurt": "kurt's"}
    assert found.unknown == [] and len(found.others) == 1
    timestamp = course.root / "submitted" / "kurt" / STAGE / "timestamp.txt"
    assert datetime.fromisoformat(timestamp.read_text()) == datetime(*when(10))


def test_canvas_s_names_by_number_and_by_name(course, zipped):
    collect(course.root, STAGE, zipped([
        (f"somebodyelse_77_900_{NAME}", "ada's"),
        (f"godelkurt_LATE_12_901_{STAGE}-2.ipynb", "kurt's"),
    ]), {})
    assert submitted(course) == {"ada": "ada's", "kurt": "kurt's"}


def test_plain_folders_zipped_or_not(course, zipped, tmp_path):
    collect(course.root, STAGE, zipped([(f"handed in/ada/{STAGE}/{NAME}", "ada's"), (f"kurt_{NAME}", "kurt's")]), {})
    assert submitted(course) == {"ada": "ada's", "kurt": "kurt's"}
    folder = tmp_path / "folder" / "ada"
    folder.mkdir(parents=True)
    (folder / NAME).write_text("ada's second")
    collect(course.root, STAGE, folder.parent, {})
    assert submitted(course)["ada"] == "ada's second"


def test_of_several_attempts_the_last_in_time_counts(course, zipped):
    moodle = "Ada Lovelace_1_{}_assignsubmission_file_/" + NAME
    found = collect(course.root, STAGE, zipped([
        (moodle.format(2), "first", when(9)),
        (moodle.format(1), "last", when(11)),
        (moodle.format(3), "middle", when(10)),
    ]), {})
    assert submitted(course) == {"ada": "last"} and len(found.older) == 2
    collect(course.root, STAGE, zipped([(moodle.format(4), "older archive", when(8))]), {})
    assert submitted(course) == {"ada": "last"}


def test_of_canvas_attempts_of_the_same_minute_the_highest_number_counts(course, zipped):
    names = [f"lovelaceada_77_1_{STAGE}{suffix}.ipynb" for suffix in ("-2", "", "-10", "-1")]
    collect(course.root, STAGE, zipped([(name, name) for name in names]), {})
    assert submitted(course) == {"ada": names[2]}


def test_an_unknown_name_is_listed_and_can_be_told(course, zipped):
    path = zipped([(f"Alan Turing_9_assignsubmission_file_/{NAME}", "alan's")])
    command = ["collect", str(path), "--stage", STAGE, "--course", str(course.root)]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 1 and "whose is it? Alan Turing_9" in told.output
    assert submitted(course) == {}
    told = CliRunner().invoke(main, [*command, "--name", "Alan Turing=alan"])
    assert told.exit_code == 0, told.output
    assert submitted(course) == {"alan": "alan's"}


def test_moodle_s_participant_number_is_nobody_s_id(course, zipped):
    found = collect(course.root, STAGE, zipped([(f"Alan Turing_1234_assignsubmission_file_/{NAME}", "alan's")]), {})
    assert len(found.unknown) == 1 and submitted(course) == {}


def test_a_name_that_two_students_have_is_nobody_s(course, zipped):
    with gradebook_of(course) as gradebook:
        gradebook.add_student("ada2", first_name="Ada", last_name="Lovelace")
    found = collect(course.root, STAGE, zipped([(f"Ada Lovelace_1_assignsubmission_file_/{NAME}", "whose?")]), {})
    assert len(found.unknown) == 1


# Refused by name; the neighbour is collected all the same


def link():
    entry = zipfile.ZipInfo(f"kurt/{NAME}")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(("entries", "reason"), [
    ([(f"../kurt/{NAME}", "x")], "leads out"),
    ([(f"kurt/../../ada/{NAME}", "x")], "leads out"),
    ([(f"/kurt/{NAME}", "x")], "leads out"),
    ([(f"C:/kurt/{NAME}", "x")], "leads out"),
    ([(f"kurt\\..\\{NAME}", "x")], "leads out"),
    ([(link(), "/etc/passwd")], "a link"),
    ([(f"kurt/{NAME}", b"0" * 20_000_000)], "unpacks to more"),
    ([(f"kurt/{NAME}", "x"), (f"KURT/{NAME}", "y")], "the same name"),
    ([(f"Kurt Go\u0308del/{NAME}", "x"), (f"Kurt G\u00f6del/{NAME}", "y")], "the same name"),
    ([(f"kurt\u202e/{NAME}", "x")], "cannot be seen"),
    ([(f"kurt/{NAME}\u0007", "x")], "cannot be seen"),
])
def test_a_hostile_entry_is_refused_by_its_name(course, zipped, entries, reason, tmp_path):
    found = collect(course.root, STAGE, zipped([*entries, (f"ada/{NAME}", "ada's")]), {})
    assert len(found.refused) == len(entries) and all(reason in refused.reason for refused in found.refused)
    assert submitted(course) == {"ada": "ada's"}
    assert not (tmp_path / "kurt").exists()


def test_a_name_in_an_unknown_encoding_is_refused_and_utf8_without_its_flag_is_not(course, zipped):
    path = zipped([("Kurt G_del/" + NAME, "latin"), ("Kurt G__del/" + NAME, "utf-8")])
    # zipfile itself always sets the flag: the bytes are put in afterwards, in both places where a zip has a name.
    data = path.read_bytes().replace(b"Kurt G_del", "Kurt Gödel".encode("latin-1"))
    path.write_bytes(data.replace(b"Kurt G__del", "Kurt Gödel".encode()))
    found = collect(course.root, STAGE, path, {})
    assert [refused.reason for refused in found.refused] == ["the encoding of its name is not known"]
    assert submitted(course) == {"kurt": "utf-8"}


def test_an_entry_with_a_broken_body_is_refused(course, zipped):
    path = zipped([(f"kurt/{NAME}", json.dumps(list(range(1000)))), (f"ada/{NAME}", "ada's")])
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    found = collect(course.root, STAGE, path, {})
    assert ["damaged" in refused.reason for refused in found.refused] == [True]
    assert submitted(course) == {"ada": "ada's"}


def test_a_total_beyond_reason_is_refused(course, zipped, monkeypatch):
    monkeypatch.setattr(archive, "MAX_TOTAL", 1000)
    found = collect(course.root, STAGE, zipped([(f"ada/{NAME}", "a" * 600), (f"kurt/{NAME}", "k" * 600)]), {})
    assert len(found.refused) == 1 and len(submitted(course)) == 1


def test_a_link_in_a_folder_is_refused(course, tmp_path):
    folder = tmp_path / "folder" / "ada"
    folder.mkdir(parents=True)
    os.symlink("/etc/passwd", folder / NAME)
    found = collect(course.root, STAGE, folder.parent, {})
    assert len(found.refused) == 1 and submitted(course) == {}


def test_what_is_no_archive_is_one_line(course, tmp_path):
    path = tmp_path / "grades.xlsx"
    path.write_text("no zip")
    told = CliRunner().invoke(main, ["collect", str(path), "--stage", STAGE, "--course", str(course.root)])
    assert told.exit_code == 1 and "neither a zip nor a folder" in told.output and len(told.output.splitlines()) == 1


# And back


def test_the_exports_hold_what_the_gradebook_holds(course, tmp_path):
    hand_in(course.root, "ada", "answer = 21")
    grade_stage(course.root, STAGE, Options(workers=1))
    told = CliRunner().invoke(main, ["export", "--to", str(tmp_path), "--course", str(course.root)])
    assert told.exit_code == 0, told.output
    moodle = list(csv.DictReader((tmp_path / "grades-moodle.csv").open()))
    assert {row["ID number"]: row[STAGE] for row in moodle} == {"ada": "2.0", "kurt": "", "1234": ""}
    points, *canvas = csv.DictReader((tmp_path / "grades-canvas.csv").open())
    assert points[STAGE] == "11.0" and points["Student"].strip() == "Points Possible"
    assert {row["SIS User ID"]: (row["Student"], row["ID"], row[STAGE]) for row in canvas}["ada"] == (
        "Lovelace, Ada", "77", "2.0")
    own = list(csv.DictReader((tmp_path / "grades.csv").open()))
    assert {row["student_id"]: float(row["score"]) for row in own} == {"ada": 2.0, "kurt": 0.0, "1234": 0.0}
