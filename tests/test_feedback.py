"""Feedback and Formgrader pages: what a student shows does no harm there, what is hidden stays hidden, all is drawn."""

import json
import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from hostile_page import ATTACHMENTS, COVER, HTML, MARKDOWN, OUTPUTS, PNG, attacks, notebook
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import Config

from autograder.cli.submissions import demo_class
from autograder.grading import configure
from autograder.grading.course import Course
from autograder.grading.outcomes import load
from autograder.grading.safe_html import as_typed, sanitize
from autograder.grading.safe_markdown import markdown2html, mathml
from autograder.grading.sanitize import SanitizeOutputs
from mlplab.checking import EXCUSED, FAILED, PASSED, Diagnosis, Outcome, Verdict
from mlplab.panel import outcome_panel

REPOSITORY = Path(__file__).resolve().parents[1]
ACTING = set("base button embed form frame iframe input link meta noscript object plaintext script style svg template "
             "textarea".split())
CAUGHT_ELSEWHERE = {"comment", "unclosed"}  # these are mended by a parser before one can look at them


def harm(html, places=("id", "name", "class")):
    """What in an HTML fragment acts, fetches, or takes a place (by one of the given attributes) that is not its own."""
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        found += [tag.name] * (tag.name in ACTING)
        for name, value in tag.attrs.items():
            value = " ".join(value) if isinstance(value, list) else value
            address = re.sub(r"[\s\x00-\x1f]", "", value).lower()
            if (name.startswith("on") or name in ("srcset", "srcdoc", "action")
                    or name in places and not re.fullmatch(r"highlight|dataframe|[a-z]{0,3}\d?", value)
                    or name == "href" and not address.startswith(("http:", "https:", "mailto:"))
                    or name in ("src", "data") and not address.startswith(("data:image/png;", "data:image/svg+xml;"))
                    or name == "style" and re.search(r"position|url\(|\\", value)):
                found.append(f"{name}={value}")
    return found


def from_markdown(source, attachments=ATTACHMENTS):
    return markdown2html({"cell": {"attachments": attachments}}, source)


@pytest.mark.parametrize("name", sorted(HTML.keys() - CAUGHT_ELSEWHERE))
def test_html_of_a_student_does_nothing(name):
    assert harm(HTML[name])
    assert harm(sanitize(HTML[name])) == []
    assert harm(from_markdown(HTML[name])) == []


@pytest.mark.parametrize("name", sorted(MARKDOWN))
def test_markdown_of_a_student_does_nothing(name):
    assert harm(from_markdown(MARKDOWN[name])) == []


def test_stock_markdown_would_have_done_harm():
    """The control, for those that nbconvert can render at all."""
    for name in MARKDOWN.keys() - {"missing attachment"}:
        html = MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=ATTACHMENTS)).render(MARKDOWN[name])
        assert harm(html) or "mermaid" in html or "$" in html, name  # mermaid and MathJax are scripts that take it on


def test_an_unclosed_element_ends_where_the_output_ends():
    whole = "<b>bold<table><tbody><tr><td>cell</td></tr></tbody></table></b>"
    assert sanitize("</div></div><b>bold<table><tr><td>cell") == whole


def test_a_hidden_comment_hides_nothing():
    assert "hacked" not in sanitize(HTML["comment"]).replace("&gt;", ">").split(">")[0]
    assert harm(sanitize(HTML["comment"])) == []


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_an_output_of_a_student_does_nothing(name):
    page = page_of("feedback", [new_code_cell("", outputs=[OUTPUTS[name]])])
    assert harm(cells(page), places=()) == []


def test_stock_pages_would_have_done_harm():
    """The control: an output runs, or leaves its mark, on nbgrader's own page."""
    escaped = {"text", "result", "traceback", "latex", "svg", "data of a picture", "mermaid", "widget",
               "html in lines"}
    for name in OUTPUTS.keys() - escaped:
        page = page_of("feedback", [new_code_cell("", outputs=[OUTPUTS[name]])], stock=True)
        assert harm(cells(page), places=()), name


def test_an_svg_is_shown_as_a_picture_in_which_no_script_runs():
    page = page_of("feedback", [new_code_cell("", outputs=[OUTPUTS["svg"]])])
    assert "<svg" not in page and 'src="data:image/svg+xml;base64,' in page


@pytest.mark.parametrize("template", ["feedback", "formgrade"])
def test_a_page_survives_all_attacks_at_once(template):
    soup = BeautifulSoup(cells(page_of(template, attacks())), "html.parser")
    assert not soup.select("script, iframe, object, embed, svg, form, base, meta, style, link")
    assert not [tag for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert not [tag for tag in soup.find_all(True) if "navbar-fixed-top" in tag.get("class", [])]
    assert not [tag for tag in soup.find_all(True) if "position" in tag.get("style", "")]


def test_widths_and_alt_texts_of_pictures_stay():
    picture = new_output("display_data", {"image/png": PNG},
                         metadata={"image/png": {"width": 60, "height": 40, "alt": "four points"}})
    shown = BeautifulSoup(page_of("feedback", [new_code_cell("", outputs=[picture])]), "html.parser").img
    assert (shown["alt"], shown["width"], shown["height"]) == ("four points", "60", "40")


def test_a_panel_looks_as_it_did():
    verdicts = tuple(Verdict(check="check", title="is right", category="values", visible=visible, weight=1,
                             status=status, message="`x` and\nthen y",
                             diagnosis=Diagnosis("sign", "certain", "A sign."))
                     for visible in (True, False) for status in (PASSED, FAILED, EXCUSED))
    panel = outcome_panel(Outcome("01-activation", "sigmoid", 3, verdicts, hint="Look again.")).html

    def styles(html):
        return [(tag.name, tag.get("style")) for tag in BeautifulSoup(html, "html.parser").find_all(True)]

    assert styles(sanitize(panel)) == styles(panel)


def test_tables_and_hints_stay():
    table = '<table border="1" class="dataframe"><thead><tr><th scope="col">a</th></tr></thead></table>'
    assert 'class="dataframe"' in sanitize(table) and "<thead>" in sanitize(table)
    hint = from_markdown("<details>\n<summary>What is $x$?</summary>\n\n`a` times $y$.\n\n</details>")
    assert re.sub(r"\s", "", hint).startswith("<details><summary>Whatis<math><mi>x</mi></math>?</summary><p><code>")


def test_every_formula_of_the_course_is_drawn():
    """By the text that is left: a formula that the converter does not know would stand there as LaTeX."""
    sources = [cell.source for path in [*REPOSITORY.glob("source/*/*.ipynb"), *REPOSITORY.glob("notebooks/*.ipynb")]
               for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    pages = [BeautifulSoup(from_markdown(source), "html.parser") for source in sources]
    assert sum(len(page.find_all("math")) for page in pages) > 500
    for page in pages:
        for code in page.find_all(["code", "pre"]):
            code.clear()
        assert not re.search(r"\$|\\[a-z]{2}|\[\d+pt\]", page.get_text())


@pytest.mark.parametrize("formula", [r"\text{<b>\&</b>}", r"\color{red}x", r"\hspace{-50em}x", r"\mathbf{<script>}"])
def test_a_formula_is_nothing_but_mathml(formula):
    tags = BeautifulSoup(mathml(formula, display=True), "html.parser").find_all(True)
    assert tags and all(tag.name.startswith("m") or tag.name == "code" for tag in tags)


@pytest.mark.parametrize("formula", ["{" * 100_000, r"\sqrt{" * 100_000, r"\newcommand\a{\a\a}\a", r"\unknown<b>"])
def test_a_formula_that_cannot_be_drawn_is_shown_as_it_was_typed(formula):
    assert mathml(formula, display=False).startswith("<code>")
    assert "<b>" not in mathml(formula, display=False)


@pytest.mark.parametrize("html", ["<div>" * 500_000, "<b " + " ".join(f"a{i}" for i in range(300_000)) + ">"])
def test_a_page_does_not_wait_for_html_that_is_hard_to_read(html):
    assert sanitize(html) == "<p>Not shown here: this output is too large.</p>"


def test_a_picture_is_not_too_large():
    assert len(sanitize(f'<img src="data:image/png;base64,{"A" * 3_000_000}">')) > 3_000_000


def test_markdown_that_is_hard_to_read_is_shown_as_it_was_typed():
    for source in (r"\\[" * 100_000, "![x](attachment:none)"):
        assert from_markdown(source) == as_typed(source)


def test_metadata_cannot_keep_a_page_from_being_made():
    hostile = notebook([new_code_cell("1")])
    hostile.metadata["widgets"] = {"application/x": 3}
    hostile.cells[0].outputs = [new_output("display_data", {"text/plain": "1"})]
    with pytest.raises(KeyError):
        HTMLExporter().from_notebook_node(deepcopy(hostile))
    clean, _ = SanitizeOutputs().preprocess(hostile, {})
    HTMLExporter().from_notebook_node(clean)


def config_of(template, stock=False):
    config = Config()
    if stock:
        config.HTMLExporter.extra_template_basedirs = [template_path]
    else:
        configure(config)
    config.HTMLExporter.template_name = template
    return config


def page_of(template, its_cells, stock=False):
    """The page as `nbgrader generate_feedback` or Formgrader makes it of cells; here without a gradebook."""
    config = config_of(template, stock)
    bootstrap = Path(template_path).parent / "static/node_modules/bootstrap/dist/css"
    config.HTMLExporter.extra_template_paths = [str(bootstrap)]
    resources = {"nbgrader": {"notebook": "hostile", "score": 1, "max_score": 10, "late_penalty": 0}, "index": 0,
                 "total": 1}
    return HTMLExporter(config=config).from_notebook_node(notebook(deepcopy(its_cells)), resources)[0]


def cells(page):
    """The part of a page that a student's cells make up."""
    return "".join(map(str, BeautifulSoup(page, "html.parser").find(id="notebook-container").contents))


# Hidden tests


SECRET = "31415926"


@pytest.fixture(scope="module")
def hidden(tmp_path_factory):
    """A course whose instructor hid a test the stock way."""

    def cell(source, grade_id, grade):
        return new_code_cell(source, metadata={"nbgrader": {
            "grade_id": grade_id, "grade": grade, "solution": not grade, "locked": grade, "schema_version": 3,
            "task": False, **({"points": 2} if grade else {})}})

    root = tmp_path_factory.mktemp("hidden")
    (root / "source" / "stock").mkdir(parents=True)
    nbformat.write(new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[
            cell("def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", "double", False),
            new_code_cell("print('before the tests')"),
            cell("assert double(2) == 4\n### BEGIN HIDDEN TESTS\n"
                 f"assert double({SECRET}) == 62831852, 'twice {SECRET}'\n### END HIDDEN TESTS", "test-double", True),
            new_code_cell("# Room for trying things"),
        ]), root / "source" / "stock" / "stock.ipynb")
    course = Course(root)
    course.generate("stock")
    return course


def feedback_on(course, student, answer, trial="", marks=None):
    course.enrol([student])
    submitted = nbformat.read(course.root / "release" / "stock" / "stock.ipynb", as_version=4)
    submitted.cells[0].source, submitted.cells[3].source = answer, trial
    submitted.cells[3].metadata.update(marks or {})
    (course.root / "submitted" / student / "stock").mkdir(parents=True)
    nbformat.write(submitted, course.root / "submitted" / student / "stock" / "stock.ipynb")
    course.autograde("stock", student)
    return course.feedback("stock", student).read_text(encoding="utf-8")


LEAKS = {
    "the_traceback_of_a_failed_test": ("def double(x):\n    return 4", ""),
    "a_function_that_prints_its_arguments": ("def double(x):\n    print(x)\n    return 2 * x", ""),
    "a_function_that_remembers_its_arguments":
        ("seen = []\ndef double(x):\n    seen.append(x)\n    return 2 * x", "print(seen)"),
    "a_look_at_the_caller": (
        "import inspect, linecache\ncode = []\ndef double(x):\n    frame = inspect.currentframe()\n"
        "    code.append(linecache.getlines(frame.f_back.f_code.co_filename))\n    return 2 * x", "code"),
}


@pytest.mark.parametrize("leak", sorted(LEAKS))
def test_hidden_tests_do_not_reach_the_student_by(leak, hidden):
    page = feedback_on(hidden, leak.replace("_", "-"), *LEAKS[leak])
    assert "HIDDEN TESTS" not in page and SECRET not in page and "62831852" not in page
    assert "assert double(2) == 4" in BeautifulSoup(page, "html.parser").get_text()
    assert "before the tests" in page and "hidden tests ran in this notebook" in page
    # The control: the autograded notebook, which stays with the instructor, has the test, and the leak.
    graded = nbformat.read(hidden.autograded("stock", leak.replace("_", "-")), as_version=4)
    assert SECRET in graded.cells[2].source
    assert SECRET in json.dumps([cell.outputs for cell in graded.cells if cell.cell_type == "code"])


def test_a_student_s_own_words_are_left_alone(hidden):
    page = feedback_on(hidden, "words", "# BEGIN HIDDEN TESTS\ndef double(x):\n    return 2 * x")
    assert "BEGIN HIDDEN TESTS" in BeautifulSoup(page, "html.parser").get_text()


def test_a_cell_cannot_pretend_to_be_graded(hidden):
    marks = {"nbgrader": {"grade": True, "solution": False, "locked": False, "task": False, "schema_version": 3,
                          "cell_type": "code", "grade_id": "made-up", "points": 100, "score": 100}}
    page = feedback_on(hidden, "pretender", "def double(x):\n    return 2 * x", "1", marks)
    assert "100" not in BeautifulSoup(page, "html.parser").find(class_="panel-heading").get_text()


def test_feedback_of_a_stage_holds_nothing_of_the_hidden_checks(tmp_path):
    (tmp_path / "source").symlink_to(REPOSITORY / "source")
    course = Course(tmp_path)
    stage, student = "01-activation", "emil"  # fails hidden checks too
    course.enrol([student])
    course.generate(stage)
    submission = next(submission for submission in demo_class() if submission.student == student)
    folder = tmp_path / "submitted" / student / stage
    folder.mkdir(parents=True)
    released = nbformat.read(tmp_path / "release" / stage / f"{stage}.ipynb", as_version=4)
    for cell in released.cells:
        written = submission.written.get((stage, cell.metadata.get("nbgrader", {}).get("grade_id")))
        if written and written.startswith("def"):
            cell.source = written
    nbformat.write(released, folder / f"{stage}.ipynb")
    course.autograde(stage, student)
    page = course.feedback(stage, student)
    text = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").get_text()
    verdicts = [verdict for outcome in load(course.autograded(stage, student)) for verdict in outcome["verdicts"]]
    hidden = [verdict for verdict in verdicts if not verdict["visible"]]
    shown = {verdict["title"] for verdict in verdicts if verdict["visible"]}
    assert any(verdict["message"] for verdict in hidden)  # the control: they were there to be shown
    for verdict in hidden:
        assert verdict["title"] not in text or verdict["title"] in shown
        assert not verdict["message"] or verdict["message"].replace("`", "") not in text
    assert [path.name for path in page.parent.iterdir()] == [page.name]


def test_the_feedback_page_forbids_scripts_and_asks_for_nothing():
    page = page_of("feedback", [new_markdown_cell("$x$")])
    assert "default-src 'none'" in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "cdnjs" in page_of("feedback", [new_markdown_cell("$x$")], stock=True)


def test_formgrader_loads_scripts_from_its_own_server_only():
    scripts = [tag["src"] for tag in BeautifulSoup(page_of("formgrade", []), "html.parser").select("script[src]")]
    assert scripts and all(script.startswith("/formgrader/static/") for script in scripts)


def test_nbgrader_gives_feedback_through_these_steps(tmp_path):
    """What `configure` sets reaches the exporter that nbgrader makes."""
    config = Config()
    configure(config)
    converter = GenerateFeedback(coursedir=CourseDirectory(root=str(tmp_path)), config=config)
    exporter = HTMLExporter(config=converter.config)
    assert exporter.template_name == "feedback"
    assert exporter.environment.filters["markdown2html"] is markdown2html
    assert COVER not in sanitize(HTML["cover"])
