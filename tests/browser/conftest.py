"""A running JupyterLab and a Chromium, once for all tests of this folder, and a notebook opened in them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright

# Chromium's own calls home are off, and no name but this machine's leads anywhere.
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
_KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
_SLOW = 60_000  # milliseconds: a kernel may take its time on a loaded machine


@contextmanager
def running_lab(root: Path, home: Path) -> Iterator[str]:
    """A JupyterLab on the folder `root`, without anybody's settings but those in `home`; yields its address."""
    (home / "labconfig").mkdir()
    (home / "labconfig/default_setting_overrides.json").write_text(json.dumps(_SETTINGS))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "NBGRADER_EXECUTION"} | {
        "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home), "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
         "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", "--IdentityProvider.token=",
         "--LabApp.expose_app_in_browser=True", "--LabServerApp.news_url=", "--LabApp.extension_manager=readonly"],
        cwd=root, env=environment, stdout=(home / "log").open("w"), stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1)
            break
        except OSError:
            assert server.poll() is None, (home / "log").read_text()
            time.sleep(0.2)
    try:
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, and the folder it shows."""
    root = tmp_path_factory.mktemp("lab")
    with running_lab(root, tmp_path_factory.mktemp("home")) as address:
        yield address, root


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A browser without a window. Raises: FileNotFoundError where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise FileNotFoundError("This needs Chromium (on Debian: apt install chromium); `make test` does without it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


class Notebook:
    """A notebook that has been opened in JupyterLab and run.

    Attributes:
        page: of the browser; path: of the file.
        strangers: the addresses outside of this machine that the page has asked for.
    """

    def __init__(self, page: Page, address: str, path: Path) -> None:
        self.page = page
        self.path = path
        self.strangers: list[str] = []
        page.on("request", lambda request: None if request.url.startswith((address, "data:", "blob:"))
                else self.strangers.append(request.url))
        page.set_default_timeout(_SLOW)
        page.goto(f"{address}/lab/tree/{path.name}?reset")
        page.wait_for_function(f"{_KERNEL.replace('.', '?.')}?.status === 'idle'")
        self.run("runmenu:run-all")

    def run(self, command: str, **arguments: object) -> None:
        """Executes one of JupyterLab's commands."""
        self.page.evaluate("([command, given]) => window.jupyterapp.commands.execute(command, given)",
                           [command, arguments])

    def execute(self, code: str) -> None:
        """Runs code in the notebook's kernel, as if in another cell, and waits for its end."""
        self.page.evaluate("""async (code) => {
            const reply = await KERNEL.requestExecute({ code }).done;
            if (reply.content.status !== "ok") throw new Error(reply.content.evalue);
        }""".replace("KERNEL", _KERNEL), code)

    def theme(self, name: str) -> None:
        """Changes JupyterLab's theme, "Light" or "Dark"."""
        self.run("apputils:change-theme", theme=f"JupyterLab {name}")
        self.page.wait_for_selector(f"body[data-jp-theme-light={str(name == 'Light').lower()}]", state="attached")


class Explored:
    """An explorable on a page, as a reader meets it."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.body: Locator = self.page.locator(".mlplab-body")
        self.body.wait_for()

    @property
    def summary(self) -> str:
        return self.body.locator(".mlplab-summary").inner_text()

    @property
    def message(self) -> str:
        return self.body.locator(".mlplab-message").text_content()

    @property
    def line(self) -> str:
        return self.body.get_by_label("This state").input_value()

    def violations(self) -> list[str]:
        """What axe-core finds in the explorable that is serious or worse."""
        found = Axe().run(self.page, context=".mlplab-explore").response["violations"]
        return [f"{rule['id']}: {node['html']}" for rule in found if rule["impact"] in ("serious", "critical")
                for node in rule["nodes"]]

    def texts(self, panel: int) -> list[str]:
        """What is written in a panel."""
        return self.body.locator(".mlplab-panel").nth(panel).locator("text").all_text_contents()

    def slider(self, label: str) -> Locator:
        return self.body.get_by_label(label, exact=True)

    def press(self, label: str, *keys: str) -> None:
        """Gives a control the focus and presses keys."""
        self.slider(label).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, panel: int, *keys: str) -> None:
        """Gives a panel the focus and presses keys."""
        self.body.locator(".mlplab-panel").nth(panel).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def place(self, panel: int, x: float, y: float) -> tuple[float, float]:
        """A place on the page, from shares of a panel's size."""
        svg = self.body.locator(".mlplab-panel").nth(panel).locator("svg")
        svg.scroll_into_view_if_needed()
        box = svg.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(self, button: str) -> None:
        self.body.get_by_role("button", name=button, exact=True).click()

    def drag(self, panel: int, *places: tuple[float, float]) -> None:
        """Puts the pointer down at the first place and moves it through the others, in shares of the panel's size."""
        points = [self.place(panel, *place) for place in places]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point, steps=3)
        self.page.mouse.up()

    def wait_for(self, words: str, part: str = "summary") -> None:
        """Waits until the summary, or the message, contains the words."""
        self.body.locator(f".mlplab-{part}", has_text=words).wait_for(timeout=10_000)


def opened(chromium: Browser, address: str, path: Path, cells: Sequence[str], *, width: int = 1280,
           motion: str = "no-preference") -> Notebook:
    """Writes a notebook of code cells to `path`, in the folder that JupyterLab shows, opens it and runs it."""
    nbformat.write(nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}), path)
    context = chromium.new_context(viewport={"width": width, "height": 1000}, reduced_motion=motion)
    return Notebook(context.new_page(), address, path)


@pytest.fixture
def open_notebook(lab_server, chromium, tmp_path) -> Iterator:
    """Opens a notebook of the given code cells in a page of its own and runs it: `open_notebook("1 + 1")`."""
    address, root = lab_server
    notebooks = []

    def open_one(*cells: str, **options: object) -> Notebook:
        path = root / f"{tmp_path.name}-{len(notebooks)}.ipynb"
        notebooks.append(opened(chromium, address, path, cells, **options))
        return notebooks[-1]

    yield open_one
    for notebook in notebooks:
        notebook.page.context.close()
