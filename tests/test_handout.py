"""What is handed out: a pack that works on its own, outside of the clone, and a released solution to carry from."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from click.testing import CliRunner
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from autograder.cli import main
from autograder.cli.handout import pack
from autograder.notebooks import find_cell
from mlplab.carry import carry
from mlplab.exercises import STAGES

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = (ROOT / "mlplab/pyproject.toml").read_text(encoding="utf-8")


def files_of(folder):
    """What lies in a folder, but for what Python itself puts there."""
    return {path.relative_to(folder) for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The pack, unpacked; the clone has a stale build in it and must be left as it was."""
    folder = tmp_path_factory.mktemp("pack")
    clone = folder / "clone"
    clone.mkdir()
    for name in ("release", "environment.yml", "LICENSE"):
        (clone / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "mlplab", clone / "mlplab", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    stale = clone / "mlplab/build/lib/mlplab/checks/deleted_since.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    before = files_of(clone)
    target = pack(clone, folder / "made on the way" / "build-your-own-mlp.zip")
    assert files_of(clone) == before
    with zipfile.ZipFile(target) as archive:
        archive.extractall(folder / "unpacked")
    [root] = (folder / "unpacked").iterdir()
    assert root.name == "build-your-own-mlp"
    return root


@pytest.fixture(scope="module")
def wheel(packed):
    [path] = packed.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def python(packed, tmp_path_factory):
    """The Python of a fresh environment with the pack's wheel in it and, after it, what else is installed here."""
    folder = tmp_path_factory.mktemp("student") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    scheme = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = Path(sysconfig.get_path("scripts", "venv", scheme)) / Path(sys.executable).name
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index",
                    "--disable-pip-version-check", next(packed.glob("*.whl"))], check=True)
    assert (site / "mlplab").is_dir()
    return python


# The pack


def test_the_pack_holds_a_stage_s_notebooks_and_what_they_need(packed):
    assert {path.name for path in packed.iterdir()} == {
        *STAGES, "START-HERE.md", "LICENSE", "environment.yml", "requirements.txt", next(packed.glob("*.whl")).name}
    for stage in STAGES:
        released = ROOT / "release" / stage / f"{stage}.ipynb"
        assert (packed / stage / f"{stage}.ipynb").read_bytes() == released.read_bytes()


def test_the_pack_holds_no_solution_and_nothing_of_the_instructor_s(packed, wheel):
    for stage in STAGES.values():
        notebook = nbformat.read(packed / stage.name / f"{stage.name}.ipynb", as_version=4)
        for exercise in stage.exercises:
            [*_, last] = ast.parse(find_cell(notebook, exercise.name).source).body[-1].body
            assert isinstance(last, ast.Raise)
    held = [path.as_posix() for path in files_of(packed)] + list(wheel)
    assert [name for name in held if re.search("autograder|reference|misconception|solution|ipynb_checkpoints", name)
            ] == []
    assert [name for name, content in wheel.items() if name.endswith(".py") and b"import autograder" in content] == []


def test_the_wheel_is_built_from_what_is_there_now(wheel):
    assert "mlplab/lab.py" in wheel
    assert not any("deleted_since" in name for name in wheel)
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mlplab/checks").glob("*.py")}
    assert {name for name in wheel if name.startswith("mlplab/checks/")} == modules


def test_both_environments_name_the_versions_of_the_lock(packed, wheel):
    lock = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    *conda, pip = yaml.safe_load((packed / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    *requirements, own = (packed / "requirements.txt").read_text(encoding="utf-8").splitlines()
    own_wheel = "./" + next(packed.glob("*.whl")).name
    assert pip == {"pip": [own_wheel]} and own == own_wheel
    pinned = dict(line.split("==") for line in requirements)
    assert pinned == {name: lock[name] for name in pinned}
    assert [f"{name.replace('matplotlib', 'matplotlib-base')} ={version}" for name, version in pinned.items()] == [
        line for line in conda if not line.startswith("python ") and line != "pip"]
    [metadata] = [content.decode() for name, content in wheel.items() if name.endswith(".dist-info/METADATA")]
    needed = re.findall(r"^Requires-Dist: ([\w.-]+)", metadata, re.MULTILINE)
    assert needed and {*needed, "jupyterlab", "nbgrader"} == pinned.keys()
    [python] = [line for line in conda if line.startswith("python ")]
    assert f'requires-python = "{python.split(" ", 1)[1]}"' in PYPROJECT


def test_the_instructions_name_only_what_is_there(packed):
    text = (packed / "START-HERE.md").read_text(encoding="utf-8")
    for name in re.findall(r"[\w/.-]+\.(?:ipynb|yml|txt)", text):
        assert (packed / name).exists(), name
    assert f"name: {re.search('conda activate ([a-z-]+)', text)[1]}\n" in (packed / "environment.yml").read_text()


def test_the_pack_opens_outside_of_the_clone(packed, python, tmp_path, monkeypatch):
    """The first notebook, untouched, to its last cell, on a kernel of the student's own environment."""
    kernel = tmp_path / "jupyter/kernels/student"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "student",
        "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    for name in ("PYTHONPATH", "NBGRADER_EXECUTION", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    folder = packed / "01-activation"
    notebook = nbformat.read(folder / "01-activation.ipynb", as_version=4)
    notebook.cells += [
        new_code_cell("print(mlplab.__file__)"),
        new_code_cell("def relu(x):\n    return np.maximum(x, 0)"), new_code_cell("lab.check('relu')"),
        new_code_cell("try:\n    import autograder\nexcept ImportError:\n    print('no autograder')")]
    NotebookClient(notebook, timeout=120, kernel_name="student", resources={"metadata": {"path": str(folder)}}
                   ).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    *untouched, path, _, check, absent = [str(cell.get("outputs", "")) for cell in notebook.cells]
    assert str(python.parents[1]) in path
    assert "relu: pass." in check
    assert "no autograder" in absent
    assert "is not written yet" in "".join(untouched)
    assert "Traceback" not in "".join(untouched)


def test_without_a_release_there_is_no_pack(tmp_path):
    with pytest.raises(FileNotFoundError, match="release/01-activation is not there: run `autograder release` first"):
        pack(tmp_path, tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()


def test_the_command_says_where_the_pack_lies(tmp_path):
    target = tmp_path / "course.zip"
    result = CliRunner().invoke(main, ["pack", "--output", str(target)], catch_exceptions=False)
    assert result.output.strip() == str(target)
    with zipfile.ZipFile(target) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"course"}


# The released solution


def test_a_released_solution_is_what_carry_takes(tmp_path):
    names = ["01-activation", "02-forward"]
    result = CliRunner().invoke(main, ["solutions", *names, "--course", str(tmp_path)], catch_exceptions=False)
    written = [Path(line) for line in result.output.split()]
    assert written == [tmp_path / "solutions" / name / f"{name}-solution.ipynb" for name in names]
    for name, path in zip(names, written, strict=True):
        (tmp_path / "student" / name).mkdir(parents=True)
        shutil.copy(path, tmp_path / "student" / name)
        carried = carry(STAGES[name], tmp_path / "student")
        assert carried.origins == dict.fromkeys(carried.functions, "the released solution")
    text = written[0].read_text(encoding="utf-8")
    assert "SOLUTION" not in text
    assert "raise NotImplementedError" not in text


def test_solutions_of_no_stage_are_refused(tmp_path):
    result = CliRunner().invoke(main, ["solutions", "--course", str(tmp_path)])
    assert result.exit_code == 2
    assert "name the stages" in result.output
    assert os.listdir(tmp_path) == []
