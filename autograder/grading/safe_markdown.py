"""Markdown as HTML for the pages that nbgrader makes, with the formulas as MathML.

Browsers draw MathML by themselves, so that a page needs no script and no network.
"""

import re
import secrets
from html import escape

from jinja2 import pass_context
from jinja2.runtime import Context
from math_core import LatexError, LatexToMathML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, MathInlineParser

from autograder.grading.safe_html import as_typed, sanitize

# What is longer is shown as it was typed: time and stack of the converters grow faster than the text. The longest
# cell of the course has 2,000 characters, its longest formula 340.
_MAX_TEXT, _MAX_FORMULA = 20_000, 1_000
_ROW_SPACING = re.compile(r"\\\\\[[\d.]+\s*[a-z]+\]")  # as in \\[4pt], which the converter would print
_INLINE_FORMULA = re.compile(MathInlineParser.INLINE_MATH_TEX)

_to_mathml = LatexToMathML(fancy_error=False).convert_with_local_state


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """The filter of this name in nbconvert's templates: what an author wrote in Markdown, as harmless HTML."""
    attachments = context.get("cell", {}).get("attachments", {})
    if len(source) > _MAX_TEXT:
        return as_typed(source)
    try:
        return _render(source, attachments)
    except Exception:  # a text may break the converters in ways that nobody thought of; it is shown all the same
        return as_typed(source)


def _render(source: str, attachments: dict) -> str:
    renderer = _Renderer(attachments)
    html = sanitize(MarkdownWithMath(renderer=renderer).render(source))
    # A placeholder that is not an element of the page but part of an attribute has no such quotation marks any more.
    return renderer.placeholder.sub(lambda match: renderer.formulas[int(match[1])], html)


def mathml(latex: str, *, display: bool) -> str:
    """A formula as MathML; its LaTeX, as code, where it is none that the converter knows."""
    if len(latex) <= _MAX_FORMULA:
        try:
            return _to_mathml(_ROW_SPACING.sub(r"\\\\", latex), displaystyle=display)
        except LatexError:
            pass
    return f"<code>{escape(latex)}</code>"


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, which keeps the formulas back until everything else is sanitised."""

    def __init__(self, attachments: dict) -> None:
        super().__init__(escape=False, exclude_anchor_links=True, attachments=attachments)
        self.formulas: list[str] = []
        self._nonce = secrets.token_hex(8)
        self.placeholder = re.compile(f'<span title="{self._nonce}-(\\d+)"></span>')

    def block_math(self, body: str) -> str:
        return self._hold_back(body, display=True)

    def inline_math(self, body: str) -> str:
        return self._hold_back(body, display=False)

    def latex_environment(self, name: str, body: str) -> str:
        return self._hold_back(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)

    def block_html(self, html: str) -> str:
        return super().block_html(_INLINE_FORMULA.sub(lambda match: self.inline_math(match["math_inline_tex"]), html))

    def _hold_back(self, latex: str, *, display: bool) -> str:
        self.formulas.append(mathml(latex, display=display))
        return f'<span title="{self._nonce}-{len(self.formulas) - 1}"></span>'
