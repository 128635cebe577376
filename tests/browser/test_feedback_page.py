"""The feedback page in a browser: drawn without a script or a network, and out of a student's reach."""

import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from hostile_page import PNG, attacks, notebook
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import Config

from autograder.grading import configure
from autograder.grading.course import Course
from autograder.notebooks import find_cell

REPOSITORY = Path(__file__).resolve().parents[2]
STAGE = "01-activation"


@pytest.fixture(scope="module")
def feedback(tmp_path_factory):
    """Feedback on a submission with one right and one wrong function, as nbgrader writes it."""
    root = tmp_path_factory.mktemp("course")
    (root / "source").symlink_to(REPOSITORY / "source")
    course = Course(root)
    course.enrol(["amy"])
    course.generate(STAGE)
    submitted = nbformat.read(root / "release" / STAGE / f"{STAGE}.ipynb", as_version=4)
    find_cell(submitted, "relu").source = "def relu(x):\n    return np.maximum(x, 0.0)"
    find_cell(submitted, "tanh_prime").source = "def tanh_prime(a):\n    return 1 + a**2"
    (root / "submitted" / "amy" / STAGE).mkdir(parents=True)
    nbformat.write(submitted, root / "submitted" / "amy" / STAGE / f"{STAGE}.ipynb")
    course.autograde(STAGE, "amy")
    return course.feedback(STAGE, "amy")


class Opened:
    """A page opened in a browser that has no network.

    Attributes:
        requests: addresses that the page asked for, beside its own and the data in it.
    """

    def __init__(self, chromium, file):
        self.requests = []
        self.page = chromium.new_context(offline=True, viewport={"width": 1200, "height": 1000}).new_page()
        self.page.on("request", lambda request: None if request.url.startswith((file.as_uri(), "data:"))
                     else self.requests.append(request.url))
        self.page.goto(file.as_uri(), wait_until="load")
        self.page.wait_for_timeout(500)  # whatever acts by itself has had the time to

    def look(self, script):
        return self.page.evaluate(script)


@pytest.fixture
def opened(chromium):
    pages = []

    def opened(file):
        pages.append(Opened(chromium, file))
        return pages[-1]

    yield opened
    for one in pages:
        one.page.context.close()


def test_a_feedback_page_is_whole_without_a_network(feedback, opened):
    one = opened(feedback)
    assert one.requests == []
    assert one.page.locator("script").count() == 0
    assert one.page.locator("h4").inner_text() == f"{STAGE} (Score: 1.0 / 12.0)"


def test_its_formulas_are_drawn(feedback, opened):
    one = opened(feedback)
    heights = one.look("[...document.querySelectorAll('math')].map(one => one.getBoundingClientRect().height)")
    assert len(heights) > 30
    assert max(heights) > 60  # four rows of inequalities
    assert "$" not in one.look("""[...document.querySelectorAll('.text_cell_render')].map(one => {
        const copy = one.cloneNode(true); copy.querySelectorAll('code').forEach(code => code.remove());
        return copy.innerText }).join()""")


def test_its_pictures_are_drawn_and_told_in_words(feedback, opened):
    pictures = opened(feedback).look(
        "[...document.images].map(one => [one.naturalWidth, one.getBoundingClientRect().width, one.alt.length])")
    assert len(pictures) > 3
    assert all(natural > 100 and drawn > 100 and words > 20 for natural, drawn, words in pictures)


def test_its_panels_say_pass_and_fail_in_a_column(feedback, opened):
    page = opened(feedback).page
    words = page.locator("div.output_html span", has_text="fail").first
    assert words.evaluate("one => getComputedStyle(one).display") == "inline-block"
    assert 60 < words.evaluate("one => one.getBoundingClientRect().width") < 120
    assert page.get_by_text("relu: pass.").is_visible()


def test_its_hints_are_folded_and_have_their_marker(feedback, opened):
    page = opened(feedback).page
    hint = page.locator("details").first
    assert hint.locator("summary").evaluate("one => getComputedStyle(one).display") == "list-item"
    inside = hint.locator("p, .highlight").first
    assert not inside.is_visible()
    hint.locator("summary").click()
    assert inside.is_visible()


def hostile_page(folder, name, cells, *, policy=True, stock=False):
    """A feedback page on hostile cells; without the policy, what the cells hold is all that keeps them quiet."""
    config = Config()
    if stock:
        config.HTMLExporter.extra_template_basedirs = [template_path]
    else:
        configure(config)
    config.HTMLExporter.template_name = "feedback"
    config.HTMLExporter.extra_template_paths = [
        str(Path(template_path).parent / "static/node_modules/bootstrap/dist/css")]
    resources = {"nbgrader": {"notebook": "hostile", "score": 1, "max_score": 10, "late_penalty": 0}}
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook(deepcopy(cells)), resources)
    if not policy:
        assert "Content-Security-Policy" in page
        page = page.replace("Content-Security-Policy", "nothing")
    (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder / f"{name}.html"


@pytest.mark.parametrize("policy", [True, False])
def test_nothing_of_a_hostile_page_runs_or_calls_home(policy, tmp_path, opened):
    one = opened(hostile_page(tmp_path, "hostile", attacks(), policy=policy))
    for closed in one.page.locator("details:not([open]) summary").all():
        closed.click()
    assert one.look("window.hacked") is None
    assert one.requests == []
    assert one.page.locator("h4").inner_text() == "hostile (Score: 1.0 / 10.0)"


def test_stock_would_have_run_them_and_called_home(tmp_path, opened):
    """The control."""
    ran = called = 0
    for number, cell in enumerate(attacks()):
        if cell.cell_type == "code" and cell.outputs:
            one = opened(hostile_page(tmp_path, f"hostile-{number}", [cell], stock=True))
            ran += one.page.url.startswith("file:") and one.look("window.hacked") == 1
            called += any("example.org" in address for address in one.requests)
    assert ran >= 5 and called >= 5


def test_a_student_s_work_is_not_painted_over_the_score(tmp_path, opened):
    """By what no list of words for styles can know: overflow, and space of no size."""
    covers = [
        '<div style="margin-top:-3000px;height:6000px;background:white;opacity:0.99">FULL MARKS</div>',
        '<div style="height:0"><div style="height:3000px;background:white;opacity:0.99">FULL MARKS</div></div>',
        '<span style="line-height:0;font-size:3000px;opacity:0.99">M</span>',
    ]
    cells = [cell for cover in covers for cell in (
        new_code_cell("", outputs=[new_output("display_data", {"text/html": cover})]), new_markdown_cell(cover),
        new_markdown_cell(r"$\hspace{-200em}\raisebox{200em}{FULL MARKS}$"))]
    page = hostile_page(tmp_path, "covers", cells)
    on_top = """(() => { const box = document.querySelector('h4').getBoundingClientRect();
        return document.elementFromPoint(box.x + 200, box.y + box.height / 2).tagName })()"""
    assert opened(page).look(on_top) == "H4"
    loose = tmp_path / "loose.html"  # the control: the same where the cells do not keep it in
    loose.write_text(re.sub("contain: paint;|overflow-x: auto;", "", page.read_text(encoding="utf-8")),
                     encoding="utf-8")
    assert opened(loose).look(on_top) != "H4"


def test_a_picture_without_a_text_is_said_to_have_none(tmp_path, opened):
    cell = new_code_cell("", outputs=[new_output("display_data", {"image/png": PNG})])
    assert opened(hostile_page(tmp_path, "picture", [cell])).look("document.images[0].alt").startswith("No description")
