"""Panels: safe, calm, legible on either theme, and the same in HTML and in text."""

import re
import sys
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mlplab.carry import Carried
from mlplab.checking import (
    BROKEN,
    CATEGORIES,
    EXCUSED,
    EXTREMES,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    SHAPES,
    VALUES,
    WAITING,
    Outcome,
    Verdict,
)
from mlplab.diagnosis import certain, likely, possible
from mlplab.exercises import STAGES
from mlplab.lab import _carried_panel
from mlplab.panel import message_panel, outcome_panel, table_panel

THEMES = Path(sys.prefix, "share/jupyter/lab/themes/@jupyterlab")
WORDS = {PASSED: "pass", FAILED: "fail", EXCUSED: "not judged", WAITING: "waiting", BROKEN: "broken"}
NASTY = "<script>alert('x')</script><img src=x onerror=\"alert(1)\"> & `code <b>` 'quoted'"


def verdict(title, status, message="", diagnosis=None, *, category=VALUES, visible=True):
    return Verdict(title.replace(" ", "_"), title, category, visible, 1, status, message, diagnosis)


def panel_of(*verdicts, **more):
    return outcome_panel(Outcome("03-loss", "mse", 5, verdicts, **more))


class Page(HTMLParser):
    """The text of some HTML, in lines, and the tags and attributes that it has."""

    def __init__(self, html):
        super().__init__()
        self.text, self.tags, self.attributes, self.open = "", [], [], []
        self.feed(html)
        self.lines = [" ".join(line.split()) for line in self.text.splitlines() if line.strip()]

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)
        if tag in ("div", "br", "tr"):
            self.text += "\n"
        if tag in ("td", "th"):
            self.text += " "

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("div", "tr"):
            self.text += "\n"

    def handle_data(self, data):
        self.text += data


ALL_KINDS = [
    verdict("has the values you can work out by hand", PASSED, "Right, given your own `sigmoid`."),
    verdict("is zero for a perfect prediction", FAILED,
            "error is wrong in 2 of 4 entries, by up to 0.5:\n[0, 1] is nan; 0.25 is asked for\n…",
            likely("no-mean", "Every entry is N = 6 times too large: where is the 1/N?")),
    verdict("can be judged", EXCUSED, "This compares with your own `dense`, which does not pass its own checks yet."),
    verdict("waits", WAITING, "`mse` calls `dense`, which is not written yet."),
    verdict("breaks", BROKEN, "This check broke down, TypeError: text."),
]
HIDDEN = [
    verdict("secret one", FAILED, "shape (7, 3), 0.123", certain("transpose", "N = 7: it is the transpose"),
            visible=False),
    verdict("secret two", PASSED, "note", visible=False),
    verdict("secret three", EXCUSED, "why", visible=False, category=SHAPES),
    verdict("secret four", BROKEN, "KeyError 0.456", visible=False, category=EXTREMES),
]
PANELS = {
    "passed": panel_of(*(verdict(f"check {n}", PASSED) for n in range(3))),
    "one": panel_of(verdict("check", PASSED)),
    "all kinds": panel_of(*ALL_KINDS, *HIDDEN, misconception="m", hint="Which `N` is it?"),
    "raised": panel_of(verdict("a", FAILED, "", certain("raises-ValueError", "`mse` raised ValueError: text\n"
                                                        "in the line `y_hat - y`"))),
    "not attempted": panel_of(*(verdict(f"check {n}", NOT_ATTEMPTED, "`mse` is not written yet.") for n in range(3))),
    "excused": panel_of(ALL_KINDS[2]),
    "message": message_panel("This cell waits for `dense`, which is not written yet."),
    "table": table_panel("Carried over:", ("function", "from"), [("`dense`", "missing"), ("`mse`", "your notebook")],
                         "One.\nAnd two."),
    "nasty": panel_of(verdict("a", FAILED, NASTY, certain("code", NASTY)), hint=NASTY),
    "nasty message": message_panel(NASTY),
    "nasty table": table_panel(NASTY, (NASTY, "b"), [(NASTY, "c")], NASTY),
}
every_panel = pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)


@every_panel
def test_the_html_is_well_formed_and_has_only_what_survives_anywhere(panel):
    page = Page(panel.html)
    assert page.open == []
    assert set(page.tags) <= {"div", "span", "strong", "em", "code", "br", "table", "thead", "tbody", "tr", "th", "td"}
    assert {name for name, _ in page.attributes} == {"style"}
    assert not any("url" in value or "<" in value for _, value in page.attributes)


@every_panel
def test_the_text_says_what_the_html_says(panel):
    assert "".join(panel.text.replace(":", "").split()) == "".join(
        Page(panel.html).text.replace(":", "").replace("`", "").split())
    assert "`" not in panel.text


@every_panel
def test_a_panel_goes_out_as_html_and_as_text(panel):
    assert panel._repr_mimebundle_() == {"text/html": panel.html, "text/plain": panel.text}


def test_what_comes_from_a_student_is_escaped():
    for name in ("nasty", "nasty message", "nasty table"):
        html = PANELS[name].html
        assert "<script" not in html and "<img" not in html and "<b>" not in html
        assert "&lt;script&gt;" in html
        assert NASTY.replace("`", "") in PANELS[name].text


def test_the_word_stands_beside_each_check():
    lines = Page(PANELS["all kinds"].html).lines
    for kind in ALL_KINDS:
        assert f"{WORDS[kind.status]} {kind.title}" in lines
        assert f"  {WORDS[kind.status]}: {kind.title}" in PANELS["all kinds"].text
        for line in kind.message.replace("`", "").splitlines():
            assert line in lines


@pytest.mark.parametrize(("verdicts", "headline"), [
    ([verdict("a", PASSED)], "mse: pass. The check agrees."),
    ([verdict("a", PASSED), verdict("b", PASSED)], "mse: pass. All 2 checks agree."),
    ([verdict("a", PASSED), verdict("b", EXCUSED)], "mse: 1 of 1 checks pass, 1 cannot be judged yet."),
    ([verdict("a", PASSED), verdict("b", FAILED)], "mse: 1 of 2 checks pass."),
    ([verdict("a", FAILED), verdict("b", EXCUSED)], "mse: 0 of 1 checks pass."),
    ([verdict("a", PASSED), verdict("b", BROKEN)], "mse: 1 of 2 checks pass."),
    ([verdict("a", EXCUSED)], "mse cannot be judged yet."),
    ([verdict("a", PASSED, category=SHAPES), verdict("b", EXCUSED)], "mse cannot be judged yet."),
    ([verdict("a", WAITING)], "mse waits for an earlier function."),
])
def test_the_headline(verdicts, headline):
    panel = panel_of(*verdicts)
    assert panel.text.splitlines()[0] == Page(panel.html).lines[0] == headline


def test_not_attempted_is_one_calm_line():
    panel = PANELS["not attempted"]
    assert len(panel.text.splitlines()) == len(Page(panel.html).lines) == 1
    assert "is not written yet" in panel.text
    assert "fail" not in panel.html and "warn-color" not in panel.html


def test_of_hidden_checks_only_category_and_count_are_told():
    lines = Page(panel_of(*HIDDEN).html).lines
    assert lines == ["mse: 1 of 3 checks pass.", "broken on other inputs, extreme inputs: 0 of 1 pass",
                     "not judged on other inputs, shapes and types: 0 of 1 pass",
                     "fail on other inputs, values: 1 of 2 pass"]
    both = PANELS["all kinds"]
    for view in (both.html, both.text):
        for secret in ("secret", "(7, 3)", "0.123", "0.456", "N = 7", "transpose", "KeyError", "note", "why"):
            assert secret not in view


def test_hidden_checks_of_every_category_can_be_told():
    panel = panel_of(*(verdict("s", PASSED, category=category, visible=False) for category in CATEGORIES))
    for category in CATEGORIES:
        assert f"pass: on other inputs, {category}: 1 of 1 pass" in panel.text


def test_the_surest_visible_diagnosis_is_told_with_its_certainty():
    panel = panel_of(verdict("a", FAILED, "", possible("one", "A first guess.")),
                     verdict("b", FAILED, "", likely("two", "A better one.")),
                     verdict("c", FAILED, "", certain("three", "Not to be seen."), visible=False))
    assert "  Likely: A better one." in panel.text
    assert "guess" not in panel.text and "Not to be seen" not in panel.text


def test_lines_of_a_diagnosis_stay_lines():
    lines = Page(PANELS["raised"].html).lines
    assert lines[-2:] == ["Certain: mse raised ValueError: text", "in the line y_hat - y"]
    assert "<code>y_hat - y</code>" in PANELS["raised"].html


def test_the_hint_is_told():
    assert "A thought: Which <code>N</code> is it?" in re.sub("</?em>", "", PANELS["all kinds"].html)
    assert "A thought: Which N is it?" in PANELS["all kinds"].text


def test_a_table_has_its_header_in_both_views():
    assert Page(PANELS["table"].html).lines == [
        "Carried over:", "function from", "dense missing", "mse your notebook", "One.", "And two."]
    assert "  function  from" in PANELS["table"].text


def test_the_table_of_what_was_carried():
    stage = STAGES["03-loss"]
    carried = Carried(stage, {}, {"mse": "your notebook", "mse_gradient": None}, Path("x"),
                      datetime(2025, 3, 4, 15, 7), ["`E` in `03-loss.ipynb` raised ZeroDivisionError."])
    outcomes = [Outcome("03-loss", "mse", 5, (verdict("a", PASSED),)),
                Outcome("03-loss", "mse_gradient", 5, (verdict("a", NOT_ATTEMPTED),))]
    lines = _carried_panel(carried, outcomes).text.splitlines()
    assert lines[:5] == ["Carried over from 03-loss, as saved on 04 March 2025 at 15:07:", "  function  from  state",
                         "  mse  your notebook  passes its visible checks",
                         "  mse_gradient  missing  is not written yet", "E in 03-loss.ipynb raised ZeroDivisionError."]
    assert 'lab.carry("03-loss", use_solution=True)' in lines[5]
    states = [_carried_panel(carried, [Outcome("03-loss", "mse", 5, (verdict("a", status),))]).text.splitlines()[2]
              for status in (FAILED, WAITING, EXCUSED, BROKEN)]
    assert [state.split("notebook  ")[1] for state in states] == [
        "does not pass its visible checks yet", "waits for another", "cannot be judged yet",
        "does not pass its visible checks yet"]
    assert "use_solution" not in _carried_panel(carried, outcomes[:1]).text


# Colours


def theme(name):
    """The colour variables of one of JupyterLab's themes; of none, for a page without."""
    if name is None:
        return {}
    css = (THEMES / f"theme-{name}-extension/index.css").read_text(encoding="utf-8")
    return dict(re.findall(r"(--jp-[\w-]+):\s*([^;}]+)", css))


def split(arguments):
    """The arguments of a CSS function, split at the commas between them."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", arguments)]


def colour(css, variables):
    """Red, green, blue in 0 … 255 and opacity of a CSS colour, with variables and color-mix."""
    css = {"white": "#fff", "black": "#000"}.get(css, css)
    if css.startswith("#"):
        digits = css[1:] if len(css) == 7 else "".join(2 * digit for digit in css[1:])
        return [int(digits[at:at + 2], 16) for at in (0, 2, 4)] + [1.0]
    function, inside = re.fullmatch(r"([\w-]+)\((.*)\)", css).groups()
    if function == "var":
        name, fallback = inside.split(",", 1)
        return colour(variables.get(name, fallback).strip(), variables)
    if function == "rgba":
        return [float(part) for part in split(inside)]
    assert function == "color-mix"
    *_, first, second = re.fullmatch(r"(in srgb),(.*) 70%,(var\(.*\))", inside).groups()
    return [0.7 * one + 0.3 * other
            for one, other in zip(colour(first, variables), colour(second, variables), strict=True)]


def luminance(rgb):
    parts = [part / 255 for part in rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text, ground):
    """WCAG 2's ratio of two colours; the text may be translucent."""
    *over, opacity = text
    over = [opacity * one + (1 - opacity) * other for one, other in zip(over, ground[:3], strict=True)]
    light, dark = sorted([luminance(over), luminance(ground[:3])], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@every_panel
@pytest.mark.parametrize("name", [None, "light", "dark"])
def test_all_that_is_written_has_the_contrast_of_wcag_aa(panel, name):
    variables = theme(name)
    styles = [value for _, value in Page(panel.html).attributes]
    texts = {match for style in styles for match in re.findall(r"(?<![\w-])color:([^;]+)", style)}
    [ground] = {match for style in styles for match in re.findall(r"background:([^;]+)", style)}
    assert texts
    for text in texts:
        assert contrast(colour(text, variables), colour(ground, variables)) >= 4.5, text
