"""What a student might hand in to take over the page that shows it: for the tests of feedback, in and out of a browser.

Whatever of it runs sets `window.hacked`; whatever of it is fetched comes from example.org; whatever of it leaves its
place covers the table of scores with the words FULL MARKS.
"""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

COVER = "position:fixed;top:0;left:0;width:100%;height:100%;background:white;z-index:9999"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="hacked=1"><script>hacked=1</script></svg>'

HTML = {
    "script": "<script>hacked=1</script>",
    "script from elsewhere": '<script src="https://example.org/x.js"></script>',
    "event handler": '<img src="data:," onerror="hacked=1">',
    "event handler on a hint": '<details open ontoggle="hacked=1"><summary>Hint</summary></details>',
    "javascript link": '<a href="java&#10;script:hacked=1">a link</a>',
    "data link": '<a href="data:text/html,<script>hacked=1</script>">a link</a>',
    "frame": '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
    "frame with data": '<iframe src="data:text/html,<script>top.hacked=1</script>"></iframe>',
    "object": '<object data="data:text/html,<script>hacked=1</script>"></object><embed src="https://example.org/x">',
    "svg": SVG,
    "math that turns into HTML": "<math><mtext><table><mglyph><style><!--</style><img src onerror=hacked=1>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=hacked=1>">',
    "template": "<template><script>hacked=1</script></template>",
    "form": '<form action="https://example.org/"><button autofocus onfocus="hacked=1">Sign in</button></form>',
    "base": '<base href="https://example.org/"><img src="x.png">',
    "refresh": '<meta http-equiv="refresh" content="0;url=https://example.org/">',
    "style sheet": '<style>body { display: none } @import "https://example.org/x.css";</style>',
    "linked style sheet": '<link rel="stylesheet" href="https://example.org/x.css">',
    "tracking picture": '<img src="https://example.org/x.png" srcset="https://example.org/y.png 2x" alt="a picture">',
    "picture of the server": '<img src="/hub/logout"><img src="//example.org/x.png">',
    "picture in a style": "<p style=\"background:url('https://example.org/x.png')\">text</p>",
    "escaped picture in a style": '<p style="background:u\\72l(https://example.org/x.png)">text</p>',
    "cover": f'<div style="{COVER}">FULL MARKS</div>',
    "cover by a class of Bootstrap": '<div class="modal-backdrop navbar-fixed-top">FULL MARKS</div>',
    "cover by a class of Formgrader": '<div class="score" id="test-number">FULL MARKS</div>',
    "target of the table's links": '<a name="number"></a><h2 id="number">FULL MARKS</h2>',
    "unclosed": "</div></div></div></body><plaintext>",
    "comment": "<!--<img src='--><img src=x onerror=hacked=1>//'>",
}
"""Attacks by HTML."""

MARKDOWN = {
    "javascript link": "[a link](javascript:hacked=1)",
    "tracking picture": "![a picture](https://example.org/x.png)",
    "reference": "[a link][1]\n\n[1]: javascript:hacked=1",
    "formula": r"$\text{<img src=x onerror=hacked=1>}$ and $\href{javascript:hacked=1}{x}$",
    "formula within an attribute": """<p title='

$\\text{' onclick="hacked=1"}$ '>""",
    "formula in the text of a picture": r'![$\text{" onerror=hacked=1 "}$](x)',
    "language of code": "```\"><img/src=x/onerror=hacked=1>\ntext\n```",
    "mermaid": "```mermaid\n<img src=x onerror=hacked=1>\n```",
    "heading": "# <img src=x onerror=hacked=1>",
    "attachment": "![a picture](attachment:x.png)",
    "missing attachment": "![a picture](attachment:y.png) <script>hacked=1</script>",
}
"""Attacks by Markdown."""

ATTACHMENTS = {"x.png": {"text/html": "PHNjcmlwdD5oYWNrZWQ9MTwvc2NyaXB0Pg==\" onerror=\"hacked=1"}}

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

OUTPUTS = {
    "javascript": new_output("display_data", {"application/javascript": "hacked=1", "text/plain": "script"}),
    "widget": new_output("display_data", {"application/vnd.jupyter.widget-view+json": {
        "model_id": "</script><script>hacked=1</script>"}, "text/plain": "a widget"}),
    "svg": new_output("display_data", {"image/svg+xml": SVG}),
    "latex": new_output("display_data", {"text/latex": r"$x$ <img src=x onerror=hacked=1>"}),
    "markdown": new_output("display_data", {"text/markdown": "<script>hacked=1</script>"}),
    "mermaid": new_output("display_data", {"text/vnd.mermaid": "</pre><script>hacked=1</script>"}),
    "html in lines": new_output("display_data", {"text/html": ["<scr", "ipt>hacked=1</script>"]}),
    "isolated": new_output("display_data", {"text/html": "<script>top.hacked=1</script>"},
                           metadata={"text/html": {"isolated": True}}),
    "size of a picture": new_output("display_data", {"image/png": PNG},
                                    metadata={"image/png": {"width": "1 onload=hacked=1"}}),
    "file of a picture": new_output("display_data", {"image/png": PNG},
                                    metadata={"filenames": {"image/png": "https://example.org/x.png"}}),
    "data of a picture": new_output("display_data", {"image/png": '" onerror="hacked=1'}),
    "text": new_output("stream", text="<script>hacked=1</script>\x1b[31m<img src=x onerror=hacked=1>\x1b[0m"),
    "result": new_output("execute_result", {"text/plain": "<script>hacked=1</script>"}, execution_count=1),
    "traceback": new_output("error", ename="<script>hacked=1</script>", evalue="<script>hacked=1</script>",
                            traceback=["\x1b[31m<script>hacked=1</script>\x1b[0m",
                                       '\x1b[38;2;1;2;3"onclick=hacked=1m x']),
}
"""Attacks by the outputs of a cell."""


def attacks():
    """All the attacks, each in a cell of its own."""
    return [
        *(new_code_cell("", outputs=[new_output("display_data", {"text/html": html})]) for html in HTML.values()),
        *(new_markdown_cell(html) for html in HTML.values()),
        *(new_raw_cell(html) for html in HTML.values()),
        *(new_markdown_cell(text, attachments=ATTACHMENTS) for text in MARKDOWN.values()),
        *(new_code_cell("", outputs=[output]) for output in OUTPUTS.values()),
        new_code_cell("x", metadata={"tags": ["a modal-backdrop navbar-fixed-top", '"><script>hacked=1</script>']}),
        new_code_cell("%%javascript\n</pre><script>hacked=1</script>", metadata={"magics_language": ["x"]}),
    ]


def notebook(cells):
    """A notebook of cells, which is hostile in its metadata too."""
    return new_notebook(cells=cells, metadata={
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "title": "</title><script>hacked=1</script>",
        "language_info": {"name": '"><script>hacked=1</script>', "pygments_lexer": '"><script>hacked=1</script>'},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
    })
