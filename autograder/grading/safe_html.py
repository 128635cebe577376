"""What a student may show as HTML: enough for a table, a picture, a panel or a hint, and nothing that acts.

No script, no frame, no form, no address that a page fetches by itself, no `id` or `class` that the page around it
gives a meaning, no style that leaves its place.
"""

import re
from html import escape

import nh3
from pygments.token import STANDARD_TYPES

_TAGS = set("""
    a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr
    i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var
""".split())
_ATTRIBUTES = {
    "*": {"style", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "details": {"open"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# Code in Markdown, coloured by Pygments, and tables of pandas.
_CLASSES = {"div": {"highlight"}, "span": set(STANDARD_TYPES.values()) - {""}, "table": {"dataframe"}}
_STYLES = {
    "background", "background-color", "border-collapse", "border-radius", "border-spacing", "box-sizing", "color",
    "display", "height", "line-height", "list-style-type", "max-width", "min-width", "opacity", "overflow-wrap",
    "text-align", "text-decoration", "text-indent", "vertical-align", "white-space", "width", "word-break",
    *(f"border{side}{part}" for side in ("", "-top", "-right", "-bottom", "-left")
      for part in ("", "-color", "-style", "-width")),
    *(f"{space}{side}" for space in ("margin", "padding") for side in ("", "-top", "-right", "-bottom", "-left")),
    *(f"font{part}" for part in ("", "-family", "-size", "-style", "-variant", "-weight")),
}
_FUNCTIONS = {"", "var", "calc", "color-mix", "rgb", "rgba", "hsl", "hsla"}  # not url(), image(), attr() …
_FUNCTION = re.compile(r"([\w-]*)\s*\(")
_VALUE = re.compile(r"[\w\s.,%#()+*-]*", re.ASCII)  # without quotation marks, comments and escapes
_LINK = re.compile(r"(https?|mailto):", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_LENGTH = re.compile(r"\d{1,5}%?")
# A parser's time grows with the square of what is nested, or of the attributes of one tag: this much takes a second
# or two at worst. Long runs of letters, as in a picture's data, are not counted.
_MAX_TAGS, _MAX_TEXT, _MAX_STYLE = 10_000, 300_000, 1_000
_LONG_RUN = re.compile(r"[A-Za-z0-9+/]{100,}")


def sanitize(html: str) -> str:
    """The HTML with what is not on the lists above taken out; what is left is well formed."""
    if html.count("<") > _MAX_TAGS or len(_LONG_RUN.sub("", html)) > _MAX_TEXT:
        return "<p>Not shown here: this output is too large.</p>"
    return _CLEANER.clean(html)


def as_typed(text: str) -> str:
    """The HTML that shows a text as it is."""
    return f"<pre>{escape(text)}</pre>"


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    """The value of an attribute that is on the list, None where it is not fit for a page."""
    match attribute:
        case "style":
            return ";".join(filter(_allowed_style, value[:_MAX_STYLE].split(";"))) or None
        case "href":
            harmless = _LINK.match(value)
        case "src":
            harmless = _IMAGE.fullmatch(value)
        case "width" | "height" | "colspan" | "rowspan":
            harmless = _LENGTH.fullmatch(value)
        case _:
            harmless = True
    return value if harmless else None


def _allowed_style(declaration: str) -> bool:
    name, _, value = declaration.partition(":")
    return (name.strip().lower() in _STYLES and _VALUE.fullmatch(value) is not None
            and set(_FUNCTION.findall(value.lower())) <= _FUNCTIONS)


_CLEANER = nh3.Cleaner(
    tags=_TAGS, attributes=_ATTRIBUTES, allowed_classes=_CLASSES, attribute_filter=_allowed,
    url_schemes={"http", "https", "mailto", "data"}, url_relative="deny",
)
