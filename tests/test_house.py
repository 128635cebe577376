"""The house keeps its order: one lock, imports that run one way, a student's wheel without solutions."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]

# From the bottom up: a layer imports only itself and what stands before it. Whatever else is in autograder
# counts as part of the command line. "autograder" is its own __init__, which all its layers run.
LAYERS = ("mlplab", "autograder", "autograder.reference", "autograder.misconceptions", "autograder.checks",
          "autograder.sandbox", "autograder.grading", "autograder.cli")

# The functions the students write, stages 01 to 08. Not numerical_gradient: checking a gradient takes one.
EXERCISES = set("""
    sigmoid sigmoid_prime tanh_prime relu relu_prime
    dense initialize_weights forward_pass
    mse mse_gradient
    dyhat_dw2 dyhat_da da_dh dh_dwij dyhat_dwij backward backward_faster backward_pass
    sgd_step train predict
    softmax cross_entropy cross_entropy_gradient he_initialize forward minibatches accuracy
    confusion_matrix precision_recall train_validation_split improved_train
    gaze_vector angular_error split_by_person
""".split())


# One lock


def project(path: str) -> dict:
    return tomllib.loads((ROOT / path).read_text())["project"]


def names(requirements: Iterable[str]) -> set[str]:
    return {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements}


def lock() -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


MLPLAB, INSTRUCTOR = project("mlplab/pyproject.toml"), project("pyproject.toml")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
USED = names(MLPLAB["dependencies"] + INSTRUCTOR["dependencies"]) - {"mlplab"}


def test_every_dependency_is_locked():
    for_tests = names(INSTRUCTOR["optional-dependencies"]["test"])
    assert USED | for_tests <= lock().keys()


def test_environment_and_lock_name_the_same_versions():
    *from_conda, from_pip = CONDA["dependencies"]
    pinned = dict(line.replace("matplotlib-base", "matplotlib").split(" =") for line in from_conda if " =" in line)
    pinned |= dict(line.partition(";")[0].split("==") for line in from_pip["pip"])
    assert pinned == {name: lock()[name] for name in USED | {"setuptools"}}


def test_everything_promises_the_same_pythons():
    promise = MLPLAB["requires-python"]
    assert INSTRUCTOR["requires-python"] == promise
    assert f"python {promise}" in CONDA["dependencies"]


def test_neither_names_an_address():
    version_or_hash_or_comment = re.compile(
        r"[\w.-]+==[\w.]+( ; [^/\\]+)? \\|    --hash=sha256:\w{64}( \\)?| *#[^/\\]*|")
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [line for line in lines if not version_or_hash_or_comment.fullmatch(line)] == []
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]


# Imports run one way


def imported(path: Path, root: Path) -> Iterator[str]:
    """What a file imports at any depth: `from a import b` gives a.b, and import_module("a.b") counts too."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                parents = package[:len(package) - node.level + 1] if node.level else ()
                base = [*parents, *([node.module] if node.module else [])]
                yield from (".".join([*base, alias.name]) for alias in node.names)
            case ast.Call(func=ast.Name("import_module") | ast.Attribute(attr="import_module"),
                          args=[ast.Constant(str(name)) | ast.JoinedStr([ast.Constant(str(name)), *_]), *_]):
                yield name.rstrip(".")


def layer(module: str) -> int:
    """Where a module stands in LAYERS; one that is in none of them stands on top, with the command line."""
    top, *rest = module.split(".")
    package = ".".join([top, *rest[:1]]) if top == "autograder" else top
    return LAYERS.index(package) if package in LAYERS else len(LAYERS) - 1


def modules(root: Path, *packages: str) -> Iterator[tuple[Path, str]]:
    """The Python files of packages and the name each is imported by."""
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            if "build" not in path.parts:
                yield path, ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def wrong_way_imports(root: Path) -> list[str]:
    return [f"{module} imports {name}"
            for path, module in modules(root, "mlplab", "autograder")
            for name in imported(path, root)
            if name.split(".")[0] in ("mlplab", "autograder") and layer(name) > layer(module)]


def test_imports_run_one_way():
    assert wrong_way_imports(ROOT) == []


@pytest.mark.parametrize(("module", "line", "found"), [
    ("mlplab/lab.py", "import autograder", "mlplab.lab imports autograder"),
    ("mlplab/lab.py", "def f():\n    from autograder import reference",
     "mlplab.lab imports autograder.reference"),
    ("mlplab/lab.py", "import_module(f'autograder.checks.{name}')", "mlplab.lab imports autograder.checks"),
    ("mlplab/checks/loss.py", "from ..lab import Lab\nfrom . import forward\nimport numpy", None),
    ("autograder/__init__.py", "from .cli import main", "autograder imports autograder.cli.main"),
    ("autograder/reference/loss.py", "from ..checks import loss",
     "autograder.reference.loss imports autograder.checks.loss"),
    ("autograder/checks/loss.py", "import mlplab.compare\nfrom autograder.misconceptions import loss", None),
    ("autograder/checks/loss.py", "import autograder.grading.outcome",
     "autograder.checks.loss imports autograder.grading.outcome"),
    ("autograder/grading/record.py", "from autograder.demo import run",
     "autograder.grading.record imports autograder.demo.run"),
    ("autograder/cli/demo.py", "from autograder.notebooks import canonical", None),
])
def test_an_import_the_wrong_way_is_seen(tmp_path, module, line, found):
    path = tmp_path / module
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert wrong_way_imports(tmp_path) == ([found] if found else [])


def top_level_imports(package: str) -> set[str]:
    return {name.split(".")[0].lower() for path, _ in modules(ROOT, package) for name in imported(path, ROOT)}


def test_the_toolkit_imports_only_what_it_declares():
    declared = names(MLPLAB["dependencies"]) | {"pil", "contourpy"}  # matplotlib needs both: PNGs, contours.
    assert top_level_imports("mlplab") <= sys.stdlib_module_names | declared | {"mlplab"}


def test_the_reference_is_plain_numpy():
    assert top_level_imports("autograder/reference") <= sys.stdlib_module_names | {"numpy", "autograder"}
    ours = [name for path, _ in modules(ROOT, "autograder/reference") for name in imported(path, ROOT)
            if name.startswith("autograder")]
    assert all(name.startswith("autograder.reference.") for name in ours)


# The student's wheel


def copy_of_mlplab(folder: Path) -> Path:
    return shutil.copytree(ROOT / "mlplab", folder / "mlplab",
                           ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> dict[str, bytes]:
    """The path and content of each file of the wheel, built from a folder in which other things lie too."""
    source = copy_of_mlplab(tmp_path_factory.mktemp("wheel"))
    (source / "tests").mkdir()
    (source / "tests/test_something.py").touch()
    (source / "scratch.ipynb").touch()
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
                    "--disable-pip-version-check", "-w", "dist", "."], cwd=source, check=True)
    [built] = source.glob("dist/*")
    with zipfile.ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_the_toolkit_and_nothing_else(wheel, tmp_path):
    files = [path for path in copy_of_mlplab(tmp_path).rglob("*") if path.is_file()]
    ours = {path.relative_to(tmp_path).as_posix() for path in files}
    assert {name for name in wheel if ".dist-info/" not in name} == ours - {"mlplab/pyproject.toml"}


def solutions(source: str | bytes) -> set[str]:
    """The exercises that this code gives a function: by def, or by a lambda anywhere in an assigned value."""
    given = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                given.add(name)
            case ast.Assign(targets=targets, value=value):
                given |= _names_of_lambda(targets, value)
            case ast.AnnAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                given |= _names_of_lambda([target], value)
    return given & EXERCISES


def _names_of_lambda(targets: list[ast.expr], value: ast.expr | None) -> set[str]:
    if value is None or not any(isinstance(node, ast.Lambda) for node in ast.walk(value)):
        return set()
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def test_the_wheel_holds_no_solution(wheel):
    found = {name: solutions(code) for name, code in wheel.items() if name.endswith(".py")}
    assert {name: functions for name, functions in found.items() if functions} == {}


@pytest.mark.parametrize("code", [
    "def sigmoid(x): return x",
    "class Net:\n    def inner(self):\n        async def mse(): ...",
    "relu = lambda x: x",
    "one, predict = 1, np.vectorize(lambda x: x)",
    "train: object = lambda: 0",
    "print(dense := lambda x: x)",
])
def test_a_solution_is_seen(code):
    assert len(solutions(code)) == 1


def test_what_is_no_solution_is_left_in_peace():
    assert solutions("train = student.train\nmse: object\ndef numerical_gradient(): ...\ncall(relu)") == set()
