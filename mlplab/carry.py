"""Carrying the student's own functions from an earlier stage's notebook into a later one.

Only what the functions need comes along: a notebook's definitions are read from its file, the wanted functions are
looked up in its solution cells, and with them the imports, constants and helpers whose names they mention. Nothing
else of the earlier notebook is run.
"""

import ast
import dis
import json
import linecache
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import CodeType, MappingProxyType

from IPython.core.inputtransformer2 import TransformerManager

from mlplab.exercises import STAGES, Stage

# The magics of a whole cell that run it in the notebook's own namespace; the line stays, empty, for the line numbers.
_CELL_MAGIC = re.compile(r"\A\s*%%(time|capture|prun)\b.*")
_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True)
class _Statement:
    """One top-level statement of a notebook.

    Attributes:
        node, filename: the statement, and what its cell is called in a traceback.
        defines, needs: the names that it binds, and those that it, or a function defined in it, looks up.
        in_solution: whether its cell is a solution cell.
        is_block: whether it is an if, for, while, with, try or match.
    """

    node: ast.stmt
    filename: str
    defines: frozenset[str]
    needs: frozenset[str]
    in_solution: bool
    is_block: bool


@dataclass
class Carried:
    """What was found in an earlier stage's notebook.

    Attributes:
        stage: which stage.
        functions: by name, one for each exercise of the stage; those not found raise NotImplementedError when called.
        origins: for each name "your notebook", "the released solution" or None where it is missing.
        path, saved: the student's notebook, and when it was saved; None where there is none.
        problems: a sentence for each thing that went wrong.
    """

    stage: Stage
    functions: dict[str, Callable] = field(default_factory=dict)
    origins: dict[str, str | None] = field(default_factory=dict)
    path: Path | None = None
    saved: datetime | None = None
    problems: list[str] = field(default_factory=list)


def carry(
    stage: Stage,
    course: Path,
    *,
    solution_for: frozenset[str] = frozenset(),
    known: Mapping[str, Callable] = MappingProxyType({}),
) -> Carried:
    """The functions of an earlier stage, the student's own where there are such.

    Inputs:
        stage: the earlier stage.
        course: the folder that holds the stages' folders, `01-activation/01-activation.ipynb` and so on.
        solution_for: names to take from the released solution, `01-activation/01-activation-solution.ipynb`, though
            the student has them. Names that the student does not have are taken from it anyway, where it is there.
        known: functions of still earlier stages that have been carried before; the others that `stage` builds on are
            looked up in their own notebooks.
    """
    earlier: dict[str, Callable] = {}
    for name in stage.builds_on:
        names = {exercise.name for exercise in STAGES[name].exercises}
        if names <= known.keys():
            earlier |= {name: known[name] for name in names}
        else:
            earlier |= _carry(STAGES[name], course, earlier, frozenset()).functions
    return _carry(stage, course, earlier, solution_for)


def _carry(stage: Stage, course: Path, earlier: dict[str, Callable], solution_for: frozenset[str]) -> Carried:
    carried = Carried(stage)
    own = course / stage.name / f"{stage.name}.ipynb"
    solution = course / stage.name / f"{stage.name}-solution.ipynb"
    names = [exercise.name for exercise in stage.exercises]
    missing = {name: _missing(name, stage) for name in names}
    taken, released = {}, {}
    if solution.exists():
        released = _take(solution, stage, earlier | missing, carried.problems)
    if own.exists():
        carried.path, carried.saved = own, datetime.fromtimestamp(own.stat().st_mtime)
        # What the released solution stands in for, it stands in for wherever it is called.
        taken = _take(own, stage, earlier | missing | released, carried.problems,
                      leave=solution_for & released.keys())
    else:
        carried.problems.append(f"There is no notebook `{stage.name}/{stage.name}.ipynb` beside this one's folder.")
    carried.functions = missing | released | taken
    carried.origins = (dict.fromkeys(names) | dict.fromkeys(released, "the released solution")
                       | dict.fromkeys(taken, "your notebook"))
    return carried


def _missing(name: str, stage: Stage) -> Callable:
    """Stands in for a function that is not there, and says so when it is called."""

    def missing(*args: object) -> None:
        error = NotImplementedError(f"`{name}` of stage {stage.name} is not written yet")
        error.needed = name
        raise error

    return missing


def _take(
    path: Path,
    stage: Stage,
    given: dict[str, Callable],
    problems: list[str],
    leave: frozenset[str] = frozenset(),
) -> dict[str, Callable]:
    """The stage's functions that a notebook defines, each with what it needs.

    Inputs:
        given: functions that those of the notebook may call, whether it defines them or not.
        problems: a sentence is added for each thing that goes wrong.
        leave: names that are not to be taken from the notebook.
    """
    wanted = {exercise.name for exercise in stage.exercises} - leave
    namespace: dict[str, object] = {"__name__": f"carried from {stage.name}", **given}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the student was told in the notebook itself
        try:
            statements = [statement for statement in _statements(path, problems) if not statement.defines & leave]
        except Exception as error:  # a file may hold anything
            problems.append(f"`{path.name}` could not be read as a notebook ({type(error).__name__}).")
            return {}
        for statement in _closure(statements, wanted):
            try:
                exec(compile(ast.Module([statement.node], []), statement.filename, "exec"), namespace)
            except Exception as error:  # whatever the notebook's line may raise: the function that needs it will say so
                names = ", ".join(f"`{name}`" for name in sorted(statement.defines))
                problems.append(f"{names} in `{path.name}` raised {type(error).__name__}: {error}.")
    return {name: namespace[name] for name in wanted
            if callable(namespace.get(name)) and namespace[name] is not given.get(name)}


def _statements(path: Path, problems: list[str]) -> Iterator[_Statement]:
    """The top-level statements of a notebook's code cells, in order; cells that do not compile are reported."""
    manager = TransformerManager()
    for number, cell in enumerate(json.loads(path.read_bytes())["cells"], start=1):
        marks = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or (marks.get("grade") and not marks.get("solution")):
            continue
        filename = f"{path.name}, cell {number}"
        try:
            source = manager.transform_cell(_CELL_MAGIC.sub("", "".join(cell["source"])))
            nodes = ast.parse(source, filename).body
            names = [_names(node) for node in nodes]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problems.append(f"Cell {number} of `{path.name}` does not compile: {error}.")
            continue
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        for node, (defines, needs) in zip(nodes, names, strict=True):
            if defines and not _is_stub(node):
                yield _Statement(node, filename, defines, needs, bool(marks.get("solution")), isinstance(node, _BLOCKS))


def _names(node: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a statement binds at the top level, and the global ones that it looks up."""
    code = compile(ast.Module([node], []), "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    defines = {instruction.argval for instruction in dis.get_instructions(code) if instruction.opname == "STORE_NAME"}
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        defines.add("*")
    return frozenset(defines), frozenset(global_names(code))


def global_names(code: CodeType) -> set[str]:
    """The global names that some code, or a function defined in it, looks up."""
    names = {instruction.argval for instruction in dis.get_instructions(code)
             if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL")}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= global_names(constant)
    return names


def _closure(statements: list[_Statement], wanted: set[str]) -> list[_Statement]:
    """Those statements, in order, that define a wanted name or something that one of them needs."""
    chosen: set[int] = set()
    pending, seen = {*wanted, "*"}, set()  # anything may come from a star import
    while pending:
        name = pending.pop()
        seen.add(name)
        for statement in _defining(name, statements, in_solution=name in wanted):
            chosen.add(id(statement))
            pending |= statement.needs - seen
    return [statement for statement in statements if id(statement) in chosen]


def _defining(name: str, statements: list[_Statement], *, in_solution: bool) -> list[_Statement]:
    """The statements by which a name comes about: as few as possible, for they will be run.

    Of an exercise's function those in solution cells, where there are such, and not a later experiment with it. Of
    anything else a plain statement rather than a block, which may be a whole training loop.
    """
    found = [statement for statement in statements if name in statement.defines]
    if in_solution:
        return [statement for statement in found if statement.in_solution] or found
    return [statement for statement in found if not statement.is_block] or found


def _is_stub(node: ast.stmt) -> bool:
    """Whether this is a function that ends in NotImplementedError and returns nothing: a released stub, as it was."""
    match node:
        case ast.FunctionDef(body=[*_, ast.Raise(exc=ast.Name("NotImplementedError")
                                                 | ast.Call(func=ast.Name("NotImplementedError")))]):
            return not any(isinstance(part, ast.Return | ast.Yield) for part in ast.walk(node))
    return False
