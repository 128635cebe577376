"""What leaves the instructor's hands: the students' pack, and a stage's released solution."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from autograder.notebooks import canonical
from mlplab.exercises import STAGES

# What a student's environment has of the course's environment.yml; nbgrader brings the Validate button.
_STUDENT_PACKAGES = ("python", "pip", "numpy", "matplotlib-base", "ipywidgets", "anywidget", "traitlets", "ipython",
                     "pooch", "requests", "tqdm", "jupyterlab", "nbgrader")

_START_HERE = """\
# Build Your Own MLP

Seven steps from here to your first green panel.

1. Unpack this folder somewhere you will find again, and open a terminal in it.
2. With conda: `conda env create -f environment.yml`, then `conda activate build-your-own-mlp`.
   With plain Python 3.11 to 3.13: `python -m venv .venv`, activate it (`source .venv/bin/activate`, on Windows
   `.venv\\Scripts\\activate`), then `pip install -r requirements.txt`.
3. Start JupyterLab in this folder: `jupyter lab`.
4. Open `01-activation/01-activation.ipynb`.
5. Work from the top: read, replace `raise NotImplementedError` by your own lines, run the cell, run the
   `lab.check("…")` below it. The panel says what is right and what is not.
6. Save. The next stage takes your functions from the saved notebook: leave the folders side by side.
7. Hand in the notebook of each stage the way your instructor told you.

Something does not start? This should print a path inside your environment:
`python -c "import mlplab; print(mlplab.__file__)"`
"""


def pack(repository: Path, target: Path) -> Path:
    """Writes the zip that a student receives: the release, the wheel of mlplab, an environment and instructions.

    Raises: FileNotFoundError where a stage has not been released yet.
    """
    folders = [repository / "release" / stage for stage in STAGES]
    for folder in folders:
        if not folder.exists():
            raise FileNotFoundError(f"release/{folder.name} is not there: run `autograder release` first")
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        wheel = _build_wheel(repository / "mlplab", Path(scratch))
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            root = target.stem
            archive.write(wheel, f"{root}/{wheel.name}")
            archive.writestr(f"{root}/START-HERE.md", _START_HERE)
            pins = _student_pins(repository / "environment.yml")
            archive.writestr(f"{root}/environment.yml", _conda_environment(pins, wheel.name))
            archive.writestr(f"{root}/requirements.txt", _pip_requirements(pins, wheel.name))
            archive.write(repository / "LICENSE", f"{root}/LICENSE")
            for folder in folders:
                for path in sorted(folder.rglob("*")):
                    if path.is_file() and ".ipynb_checkpoints" not in path.parts:
                        archive.write(path, f"{root}/{path.relative_to(folder.parent)}")
    return target


def write_solution(repository: Path, course: Path, stage: str) -> Path:
    """Writes a stage's solved notebook to `solutions/` of a course, where the grader, too, looks for it."""
    notebook = nbformat.read(repository / "source" / stage / f"{stage}.ipynb", as_version=4)
    for cell in notebook.cells:
        kept = [line for line in cell.source.split("\n") if not re.search(r"(BEGIN|END) SOLUTION", line)]
        cell.source = "\n".join(kept)
    path = course / "solutions" / stage / f"{stage}-solution.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(canonical(notebook, keep_outputs=False), encoding="utf-8")
    return path


def _build_wheel(package: Path, scratch: Path) -> Path:
    """Builds mlplab's wheel; CalledProcessError, with pip's own words, if that fails.

    It is built from a copy: building leaves a folder behind, of which a later wheel would take up what has been deleted
    since.
    """
    clean = shutil.copytree(package, scratch / package.name,
                            ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--no-build-isolation", "--wheel-dir", str(scratch), str(clean)], check=True)
    return next(scratch.glob("mlplab-*.whl"))


def _student_pins(environment: Path) -> dict[str, str]:
    """The packages of a student's environment with their versions, from the course's environment.yml."""
    lines = re.findall(r"^  - ([\w-]+)(?: (\S+))?$", environment.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: version for name, version in lines if name in _STUDENT_PACKAGES}


def _conda_environment(pins: dict[str, str], wheel: str) -> str:
    lines = "\n".join(f"  - {name} {version}".rstrip() for name, version in pins.items())
    return (f"name: build-your-own-mlp\nchannels:\n  - conda-forge\n  - nodefaults\ndependencies:\n{lines}\n"
            f"  - pip:\n      - ./{wheel}\n")


def _pip_requirements(pins: dict[str, str], wheel: str) -> str:
    names = {name.removesuffix("-base"): version.replace("=", "==") for name, version in pins.items()
             if name not in ("python", "pip")}
    return "".join(f"{name}{version}\n" for name, version in names.items()) + f"./{wheel}\n"
