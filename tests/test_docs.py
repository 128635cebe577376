"""The guides say what is there: links lead somewhere, commands exist, code is the code, tables are up to date."""

import re
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderApp

from autograder.cli import main
from autograder.cli.guide import with_tables

ROOT = Path(__file__).resolve().parents[1]
DOCS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))}
MAKEFILE = (ROOT / "Makefile").read_text()
every_doc = pytest.mark.parametrize("name", DOCS)


def mentioned(text, program):
    """The words that follow a program's name wherever a text sets code."""
    code = "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))
    return set(re.findall(rf"(?<![\w/-]){program} ([a-z_]+)", code))


def anchors(path):
    """The names by which a Markdown page's headings are reached."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_doc
def test_every_link_and_picture_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", DOCS[name]):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


@every_doc
def test_every_command_exists(name):
    assert mentioned(DOCS[name], "autograder") <= main.commands.keys()
    assert mentioned(DOCS[name], "make") <= set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert mentioned(DOCS[name], "nbgrader") <= NbGraderApp.subcommands.keys()


def test_a_command_that_is_not_there_would_be_seen():
    text = "Then `autograder grade 01` and\n```\ncd course && make dinner\n```\n, or autograder in words."
    assert mentioned(text, "autograder") == {"grade"}
    assert mentioned(text, "make") == {"dinner"}


def test_the_plain_commands_are_those_of_make():
    plain = set(DOCS["README.md"].splitlines())
    rule = MAKEFILE.partition("\ntest:")[2].partition("\n\n")[0]
    recipes = re.findall(r"^\t@(.*\$\(IN_VENV\).*)$", rule, re.MULTILINE)
    assert len(recipes) == 4
    assert {recipe.replace("$(IN_VENV) ", "") for recipe in recipes} <= plain


def test_the_readme_lists_every_stage_that_is_released():
    stages = {path.name for path in (ROOT / "release").iterdir() if path.is_dir()}
    assert set(re.findall(r"^\| \[(\d\d-[\w-]+)\]", DOCS["README.md"], re.MULTILINE)) == stages


def test_the_worked_example_is_the_code_as_it_stands():
    modules = [path.read_text(encoding="utf-8") for folder in ("mlplab", "autograder")
               for path in (ROOT / folder).rglob("*.py")]
    notebook = nbformat.read(ROOT / "source" / "01-activation" / "01-activation.ipynb", as_version=4)
    places = [*modules, *(cell.source for cell in notebook.cells)]
    examples = re.findall(r"```python\n(.*?)```", DOCS["docs/writing-an-exercise.md"], re.DOTALL)
    assert examples
    for example in examples:
        assert any(example.strip() in place for place in places), example


def test_the_tables_of_the_guide_are_up_to_date():
    assert with_tables(DOCS["docs/instructor.md"]) == DOCS["docs/instructor.md"], "run `autograder guide`"
