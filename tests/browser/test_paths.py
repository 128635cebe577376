"""A whole assignment in the browser: the instructor hands it out, a student works on it, the instructor grades it.

Two JupyterLabs, as on a JupyterHub: one in a course directory with Formgrader, one in a student's folder, and
nbgrader's exchange between them.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import running_lab
from nbgrader.utils import get_username
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from autograder.notebooks import find_cell
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[2]
STAGE = STAGES["01-activation"]
EXERCISES = [exercise.name for exercise in STAGE.exercises]
COURSE = "build-your-own-mlp"
# nbgrader knows a student by the name under which its server runs.
STUDENT = get_username()
SLOW = 120_000  # milliseconds: the machine may be loaded, and grading starts a kernel

# The classic one: the slope of the sigmoid without its factor a.
QUESTION = "why-no-line"
WRONG = "def sigmoid_prime(a):\n    return 1 - a"
DIAGNOSIS = "Certain: This is 1 − a, which is not the whole of the formula."


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[dict]:
    """The addresses and folders of an instructor and of a student, with an exchange of their own."""
    course, student, exchange = (tmp_path / name for name in ("course", "student", "exchange"))
    for folder in (course, student, exchange):
        folder.mkdir()
    exchange.chmod(0o777)
    shutil.copytree(REPOSITORY / "source" / STAGE.name, course / "source" / STAGE.name)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    theirs = f"c.Exchange.root = {str(exchange)!r}\nc.Exchange.cache = {str(tmp_path / 'cache')!r}\n"
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(theirs)
    (student / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = {COURSE!r}\n{theirs}")
    homes = [tmp_path / "home-of-instructor", tmp_path / "home-of-student"]
    for home in homes:
        home.mkdir()
    with running_lab(course, homes[0]) as instructor, running_lab(student, homes[1]) as desk:
        yield {"instructor": instructor, "course": course, "student": desk, "desk": student}


@pytest.fixture
def open_page(chromium: Browser) -> Iterator:
    contexts = []

    def opened(address: str) -> Page:
        contexts.append(chromium.new_context(viewport={"width": 1400, "height": 1000}))
        page = contexts[-1].new_page()
        page.set_default_timeout(SLOW)
        page.goto(address)
        page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
        return page

    yield opened
    for context in contexts:
        context.close()


def command(page: Page, name: str) -> None:
    page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)


# The instructor


def formgrader(page: Page) -> FrameLocator:
    command(page, "nbgrader:open-formgrader")
    return page.frame_locator("iframe[src*=formgrader]")


def press(frame: FrameLocator, row: Locator, column: str) -> None:
    """Presses the button of a row, and waits for nbgrader to say that it went well."""
    row.locator(f".{column} a").click()
    title = frame.locator(".modal.in .modal-title")
    expect(title).to_have_text("Success", timeout=SLOW)
    frame.locator(".modal.in .modal-footer button").click()
    expect(frame.locator(".modal")).to_have_count(0)


# The student


def notebook_cell(page: Page, grade_id: str) -> Locator:
    """The notebook's cell with that grade_id, scrolled to and active."""
    number = page.evaluate("""(grade_id) => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        const cells = notebook.widgets.map((cell) => cell.model.getMetadata("nbgrader")?.grade_id);
        notebook.activeCellIndex = cells.indexOf(grade_id);
        return notebook.activeCellIndex;
    }""", grade_id)
    found = page.locator(f".jp-Notebook [data-windowed-list-index='{number}']")
    found.scroll_into_view_if_needed()
    return found


def write(page: Page, grade_id: str, code: str) -> None:
    """Types over a cell and runs it."""
    cell = notebook_cell(page, grade_id)
    command(page, "notebook:enter-edit-mode")  # opens a text cell, too
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)
    page.keyboard.press("Control+Enter")


def check(page: Page, exercise: str) -> str:
    """Runs a cell of checks and reads its panel."""
    cell = notebook_cell(page, f"test-{exercise}")
    command(page, "notebook:run-cell")
    expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=SLOW)
    return cell.locator(".jp-OutputArea-output").inner_text()


def validate(page: Page) -> str:
    """Presses the Validate button and reads what it says."""
    page.get_by_role("button", name="Validate", exact=True).click()
    dialog = page.locator(".jp-Dialog", has_text="Validation Results")
    dialog.wait_for()
    text = dialog.inner_text()
    dialog.locator("button.jp-mod-accept").click()
    dialog.wait_for(state="detached")
    return text


def scores(course: Path) -> dict[str, float]:
    """What the gradebook holds: the points of each cell that was graded by machine."""
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        rows = gradebook.execute("select base_cell.name, grade.auto_score from grade join base_cell "
                                 "on grade.cell_id = base_cell.id").fetchall()
    return {name: score for name, score in rows if score is not None and name.startswith("test-")}


def test_an_assignment_from_the_release_to_the_right_score(classroom, open_page):
    solved = nbformat.read(REPOSITORY / "source" / STAGE.name / f"{STAGE.name}.ipynb", as_version=4)
    solutions = {name: re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", find_cell(solved, name).source)
                 for name in EXERCISES}

    # The instructor generates the students' version and puts it out.
    instructor = open_page(f"{classroom['instructor']}/lab")
    frame = formgrader(instructor)
    row = frame.locator("tr", has=frame.get_by_role("link", name=STAGE.name, exact=True))
    press(frame, row, "assign")
    press(frame, row, "release")
    expect(row.locator(".status")).to_have_text("released")

    # The student fetches it and opens it.
    student = open_page(f"{classroom['student']}/lab")
    command(student, "nbgrader:open-assignment-list")
    student.get_by_role("button", name="Fetch", exact=True).click()
    submit = student.get_by_role("button", name="Submit", exact=True)
    submit.wait_for()
    path = f"{STAGE.name}/{STAGE.name}.ipynb"
    assert "raise NotImplementedError" in (classroom["desk"] / path).read_text()
    student.evaluate("(path) => window.jupyterapp.commands.execute('docmanager:open', { path })", path)
    student.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
    student.locator(".jp-Notebook .jp-Cell").first.wait_for()
    command(student, "runmenu:run-all")
    assert "not written yet" in check(student, "sigmoid_prime")

    # One stub wrongly, and the panel says what is wrong; the others rightly.
    for name in EXERCISES:
        write(student, name, WRONG if name == "sigmoid_prime" else solutions[name])
    wrong = check(student, "sigmoid_prime")
    assert "2 of 4 checks pass" in wrong and DIAGNOSIS in wrong
    assert "fail" not in check(student, "sigmoid")
    command(student, "docmanager:save")
    told = validate(student)
    assert DIAGNOSIS in told and "Success" not in told

    # Mended, validated, saved and submitted.
    write(student, "sigmoid_prime", solutions["sigmoid_prime"])
    mended = check(student, "sigmoid_prime")
    assert "All 4 checks agree" in mended
    write(student, QUESTION, "A line through the four points cannot be drawn.")
    command(student, "docmanager:save")
    assert "Success! Your notebook passes all the tests." in validate(student)
    command(student, "nbgrader:open-assignment-list")
    submit.click()
    expect(student.locator("#submitted_assignments_list")).to_contain_text(STAGE.name, timeout=SLOW)

    # The instructor collects, grades and gives feedback.
    press(frame, row, "collect")
    row.locator(".num-submissions a").click()
    handed_in = frame.locator("tr", has=frame.locator(".student-id", has_text=STUDENT))
    press(frame, handed_in, "autograde")
    points = {f"test-{exercise.name}": exercise.points for exercise in STAGE.exercises}
    assert scores(classroom["course"]) == pytest.approx(points)
    # The answer in words waits for the instructor: it counts in the maximum only.
    total, maximum = sum(points.values()), sum(cell.metadata.nbgrader.get("points", 0) for cell in solved.cells
                                               if cell.metadata.get("nbgrader", {}).get("grade"))
    expect(handed_in.locator(".score")).to_have_text(f"{total:g} / {maximum:g}")
    expect(handed_in.locator(".status")).to_have_text("needs manual grading")
    press(frame, handed_in, "generate-feedback")
    page = classroom["course"] / "feedback" / STUDENT / STAGE.name / f"{STAGE.name}.html"
    assert re.search(rf"Score: {total:.1f} / {maximum:.1f}", page.read_text())
    assert re.search(r"All \d+ checks agree", page.read_text())
    press(frame, handed_in, "release-feedback")
