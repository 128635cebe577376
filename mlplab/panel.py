"""Panels: what a student sees of an outcome, as HTML for the notebook and the feedback page, and as text.

Styles are inline and built on JupyterLab's theme variables (with fallbacks for pages that have none), and nothing is
said by colour alone: that is what survives in an untrusted notebook, on GitHub and in a screen reader.
"""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from mlplab.checking import (
    BROKEN,
    EXCUSED,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    WAITING,
    Outcome,
    Verdict,
    surest_diagnosis,
)

_TEXT = "color:var(--jp-content-font-color1,#1f1f1f)"
_MUTED = "color:var(--jp-content-font-color2,#555)"
_GOOD = "var(--jp-info-color0,#1565c0)"
_BAD = "var(--jp-warn-color0,#b34a00)"
_QUIET = "var(--jp-border-color0,#888)"
_WORDS = {PASSED: "pass", FAILED: "fail", EXCUSED: "not judged", NOT_ATTEMPTED: "not yet", WAITING: "waiting",
          BROKEN: "broken"}
_ACCENTS = {PASSED: _GOOD, FAILED: _BAD, "partly": _BAD, BROKEN: _BAD}


class Panel:
    """Something to show in a notebook: HTML, and the same in plain text."""

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def message_panel(text: str) -> Panel:
    """One calm line, for what is not there yet."""
    return Panel(_box(f'<span style="{_MUTED}">{_prose(text)}</span>', _QUIET), text.replace("`", ""))


def table_panel(headline: str, header: Sequence[str], rows: Sequence[Sequence[str]], footer: str = "") -> Panel:
    """A small table under a headline."""
    cell = "text-align:left;padding:2px 14px 2px 0;vertical-align:top"
    head = "".join(f'<th style="{cell};{_MUTED};font-weight:normal">{_prose(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f'<td style="{cell}">{_prose(value)}</td>' for value in row) + "</tr>"
                   for row in rows)
    html = (f'<div>{_prose(headline)}</div><table style="border-collapse:collapse;margin:4px 0;{_TEXT}">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    if footer:
        html += f'<div style="{_MUTED}">{_prose(footer)}</div>'
    lines = [headline, *("  " + "  ".join(row) for row in (header, *rows)), *([footer] if footer else [])]
    return Panel(_box(html, _QUIET), "\n".join(lines).replace("`", ""))


def outcome_panel(outcome: Outcome) -> Panel:
    """The panel of one exercise: each visible check with its message, hidden ones by category only."""
    headline = _headline(outcome)
    if outcome.status == NOT_ATTEMPTED:
        return message_panel(headline)
    visible = [verdict for verdict in outcome.verdicts if verdict.visible]
    hidden = [verdict for verdict in outcome.verdicts if not verdict.visible]
    diagnosis = surest_diagnosis(visible)  # that of a hidden check would tell its inputs
    html = [f'<div><strong style="font-weight:600">{_prose(headline)}</strong></div>']
    text = [headline.replace("`", "")]
    for verdict in visible:
        html.append(_row(verdict.status, verdict.title, verdict.message))
        text.append(f"  {_WORDS[verdict.status]}: {verdict.title}")
        text += [f"      {line}" for line in verdict.message.replace("`", "").splitlines()]
    for category, status, count in _summaries(hidden):
        html.append(_row(status, f"on other inputs, {category}: {count}", ""))
        text.append(f"  {_WORDS[status]}: on other inputs, {category}: {count}")
    if diagnosis is not None:
        html.append(f'<div style="margin-top:6px"><em>{diagnosis.certainty.capitalize()}:</em> '
                    f"{_prose(diagnosis.text)}</div>")
        text.append(f"  {diagnosis.certainty.capitalize()}: {diagnosis.text}".replace("`", "").replace("\n", "\n  "))
    if outcome.hint is not None:
        html.append(f'<div style="margin-top:6px"><em>A thought:</em> {_prose(outcome.hint)}</div>')
        text.append(f"  A thought: {outcome.hint}".replace("`", ""))
    return Panel(_box("".join(html), _ACCENTS.get(outcome.status, _QUIET)), "\n".join(text))


def _headline(outcome: Outcome) -> str:
    name = f"`{outcome.exercise}`"
    if outcome.status == NOT_ATTEMPTED:
        return f"{name} is not written yet: fill in the cell above, run it, and run this one again."
    if outcome.status == WAITING:
        return f"{name} waits for an earlier function."
    if outcome.status == EXCUSED:
        return f"{name} cannot be judged yet."
    passed = sum(verdict.status == PASSED for verdict in outcome.verdicts)
    judged = sum(verdict.status != EXCUSED for verdict in outcome.verdicts)
    unjudged = len(outcome.verdicts) - judged
    if outcome.status == PASSED and unjudged:
        return f"{name}: {passed} of {passed} checks pass, {unjudged} cannot be judged yet."
    if outcome.status == PASSED:
        return f"{name}: pass. {'The check agrees' if judged == 1 else f'All {judged} checks agree'}."
    return f"{name}: {passed} of {judged} checks pass."


def _summaries(hidden: Sequence[Verdict]) -> list[tuple[str, str, str]]:
    """Category, worst status and a count: all that is said of hidden checks."""
    summaries = []
    for category, group in groupby(sorted(hidden, key=lambda verdict: verdict.category), lambda v: v.category):
        statuses = [verdict.status for verdict in group]
        status = next((s for s in (BROKEN, FAILED, WAITING, NOT_ATTEMPTED, PASSED) if s in statuses), EXCUSED)
        summaries.append((category, status, f"{statuses.count(PASSED)} of {len(statuses)} pass"))
    return summaries


def _row(status: str, title: str, message: str) -> str:
    # The themes' own orange is too pale to be read on white, hence the share of the text's colour.
    colour = (f"color:color-mix(in srgb,{_ACCENTS[status]} 70%,var(--jp-content-font-color0,#000))"
              if status in _ACCENTS else _MUTED)
    word = (f'<span style="{colour};font-weight:600;display:inline-block;width:6.2em;text-indent:0;white-space:nowrap">'
            f"{_WORDS[status]}</span>")
    row = f'<div style="margin-top:3px;padding-left:6.5em;text-indent:-6.5em">{word} {escape(title)}</div>'
    if not message:
        return row
    return row + (f'<div style="margin:0 0 2px 6.5em;white-space:pre-wrap;{_MUTED}">'
                  f'<span style="font-size:92%">{_prose(message)}</span></div>')


def _box(content: str, accent: str) -> str:
    return (f'<div style="border:1px solid var(--jp-border-color2,#ccc);border-left:4px solid {accent};'
            f"border-radius:3px;padding:8px 12px;margin:4px 0;max-width:60em;{_TEXT};"
            f'background:var(--jp-layout-color1,#fff);line-height:1.45;overflow-wrap:anywhere">{content}</div>')


def _prose(text: str) -> str:
    """Escaped text in which `names` are set as code and lines stay lines."""
    parts = escape(text).replace("\n", "<br>").split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
