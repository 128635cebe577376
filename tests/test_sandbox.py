"""A notebook in a process of its own: what it shows, what its functions answer, and what it cannot break."""

import linecache
import math
import os
import re
import subprocess
import sys
import textwrap
import time

import nbclient
import nbformat
import numpy as np
import psutil
import pytest
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat.v4 import new_code_cell, new_notebook
from rungs import offered

from autograder.sandbox import Opaque, SandboxError, Session, Zygote, session
from autograder.sandbox.inside.channel import ValueTooLarge
from mlplab.student import (
    FunctionRaised,
    LocalStudent,
    MissingFunction,
    NotAFunction,
    NotAttempted,
    Stopped,
    StudentError,
)

STRONGEST = offered()[0]


@pytest.fixture(scope="module")
def zygote():
    with Zygote(STRONGEST) as zygote:
        yield zygote


@pytest.fixture
def notebook(zygote, tmp_path):
    with Session(tmp_path, zygote=zygote, cell_timeout=60, call_timeout=60) as session:
        yield session


@pytest.fixture
def narrow(zygote, tmp_path):
    """A notebook that may show little."""
    with Session(tmp_path, zygote=zygote, cell_timeout=60, output_limit=10_000) as narrow:
        yield narrow


@pytest.fixture
def hurried(zygote, tmp_path, monkeypatch):
    """A notebook that must be quick."""
    monkeypatch.setattr(session, "GRACE", 1.0)
    with Session(tmp_path, zygote=zygote, cell_timeout=1, call_timeout=1, output_limit=10_000) as hurried:
        yield hurried


def text(result):
    """All that the streams of a result say."""
    return "".join(output.get("text", "") for output in result.outputs)


def assert_gone(pids):
    """No process of these runs; an orphan may stay as a zombie where init reaps none."""
    def runs(pid):
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    deadline = time.monotonic() + 30
    while any(map(runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(runs, pids))


def children(zygote):
    return psutil.Process(zygote._process.pid).children(recursive=True)


# Cells, held against a real kernel

CELLS = r'''
1 + 1
---
import sys
print("a"); print("b", file=sys.stderr); print("c")
---
print("p", flush=True); print("e", file=sys.stderr, flush=True); print("q")
---
import matplotlib.pyplot as plt
plt.plot([1, 2, 3]); print("before")
"value"
---
%matplotlib inline
fig, ax = plt.subplots(2, 1)
plt.show()
print("after")
---
fig
---
1 / 0
---
def f(x):
    return g(x)
def g(x):
    raise ValueError("ungültig")
f(3)
---
try:
    {}["k"]
except KeyError as error:
    raise TypeError("chained") from error
---
def broken(:
---
x = 3
  y = 4
---
from IPython.display import HTML, JSON, Latex, clear_output, display, update_display
display(HTML("<b>x</b>"), metadata={"m": 1})
display({"a": 1}, display_id="d"); update_display({"a": 2}, display_id="d")
---
print(1); display(2); print(3); display(Latex("$x$"), JSON({"a": [1, None]}))
---
print("gone"); clear_output(); print("stays")
---
for i in range(3):
    print(i); clear_output(wait=True)
---
%no_such_magic
---
_, Out[1], In[1]
---
import warnings
warnings.warn("careful")
---
import numpy as np
np.array([1.0]) / 0
---
sys.exit(2)
---
raise KeyboardInterrupt
---
%%capture captured
print("captured"); display(3)
---
captured.stdout, len(captured.outputs)
---
import ipywidgets
ipywidgets.IntSlider(3)
---
class Bad:
    def _repr_html_(self):
        raise RuntimeError("bad repr")
Bad()
---
len?
---
import asyncio
await asyncio.sleep(0.001)
"done"
---
import logging
logging.warning("logged")
---
None
---
print("end", end="")
'''.strip().split("\n---\n")

_NOISE = [
    (r"/\S*/(ipykernel_\d+/\d+|cell_\d+)\.py", "CELL"),
    (r"\((\d+|cell_\d+)\.py, line", "(CELL, line"),
    (r"0x[0-9a-f]{6,}", "0x"),
    (r"\\r\\n", r"\\n"),  # a kernel lends `!command` a terminal
    (r"'model_id': '\w+'", "'model_id': ''"),
]


def normalised(outputs):
    lines = [repr(sorted(output.items())) for output in outputs]
    for pattern, replacement in _NOISE:
        lines = [re.sub(pattern, replacement, line) for line in lines]
    return lines


def test_outputs_are_those_of_a_kernel(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    programs = ["!echo from the shell"] if STRONGEST != "landlock" else []  # that rung starts none
    kernel = new_notebook(cells=[new_code_cell(cell) for cell in CELLS + programs])
    nbclient.NotebookClient(kernel, kernel_name="python3", allow_errors=True).execute(cwd=str(tmp_path))
    CoalesceStreamsPreprocessor(enabled=True).preprocess(kernel, {})
    ours = new_notebook()
    for cell in kernel.cells:
        result = notebook.run_cell(cell.source)
        assert normalised(result.outputs) == normalised(cell.outputs), cell.source
        assert result.execution_count == cell.execution_count
        ours.cells.append(new_code_cell(cell.source, outputs=result.outputs))
    nbformat.validate(ours)


def test_a_cell_says_how_it_went(notebook):
    assert notebook.run_cell("x = 1").status == "ok"
    assert notebook.run_cell("1 / 0").status == "error"
    assert notebook.run_cell("def (:").status == "error"
    assert notebook.run_cell("%no_such_magic").status == "error"
    assert notebook.run_cell("x").outputs[0].data["text/plain"] == "1"
    empty = notebook.run_cell("  \n")
    assert (empty.outputs, empty.execution_count, empty.status) == ([], None, "ok")
    assert notebook.run_cell("x").execution_count == 6


def test_the_notebook_is_at_home_in_a_copy_of_its_directory(zygote, tmp_path):
    here = tmp_path / "02-forward"
    for path, content in ((here / "own.py", "value = 7"), (tmp_path / "01-activation" / "x.txt", "next door")):
        path.parent.mkdir()
        path.write_text(content)
    with Session(here, root=tmp_path, zygote=zygote) as notebook:
        cell = "import os, own\nprint(os.environ['HOME'] == os.getcwd() == os.path.expanduser('~'), own.value)"
        assert text(notebook.run_cell(cell)) == "True 7\n"
        assert text(notebook.run_cell("print(open('../01-activation/x.txt').read())")) == "next door\n"
        assert notebook.run_cell("open('new.txt', 'w').close(); os.remove('own.py')").status == "ok"
    assert [path.name for path in here.iterdir()] == ["own.py"]


def test_files_of_any_name_come_along_and_links_do_not(zygote, tmp_path):
    names = ["<b>.txt", "a\nb", "\udcff.bin", "-rf", "x" * 200]
    for name in names:
        (tmp_path / name).write_text("x")
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    with Session(tmp_path, zygote=zygote) as notebook:
        shown = text(notebook.run_cell("import os; print([ascii(name) for name in sorted(os.listdir('.'))])"))
    assert shown == f"{[ascii(name) for name in sorted(names)]}\n"


def test_the_environment_is_the_notebooks_own(zygote, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    with Session(tmp_path, zygote=zygote, environment={"MORE": "yes"}) as notebook:
        seen = text(notebook.run_cell("import os\nfor item in os.environ.items(): print(*item)"))
    assert "MORE yes" in seen and "NBGRADER_EXECUTION autograde" in seen and "OPENBLAS_NUM_THREADS 1" in seen
    assert "hunter2" not in seen


def test_nothing_of_the_grader_can_be_imported(notebook):
    cell = """
    import importlib, sys
    print([name for name, module in sys.modules.items() if name.split(".")[0] == "autograder" and module])
    for name in ("autograder", "autograder.reference", "channel", "session", "job"):
        try:
            importlib.import_module(name)
            print("imported", name)
        except ImportError:
            pass
    """
    assert text(notebook.run_cell(textwrap.dedent(cell))) == "[]\n"


def test_output_below_python_is_shown_in_its_place(notebook):
    cell = """
    import ctypes, os, subprocess, sys
    print("one")
    os.write(1, b"two\\n")
    subprocess.run(["sh", "-c", "echo three; echo problem >&2"])
    print("four")
    ctypes.CDLL(None).puts(b"five")
    sys.__stdout__.write("six\\n")
    """
    result = notebook.run_cell(textwrap.dedent(cell) + "None")
    assert [(output.name, output.text) for output in result.outputs] == [
        ("stdout", "one\ntwo\nthree\nfour\nfive\nsix\n"), ("stderr", "problem\n")]
    assert notebook.run_cell("os.close(1); os.close(2); print('still')").outputs[0].text == "still\n"


def test_there_is_no_input(notebook):
    for cell in ("input('name? ')", "import getpass; getpass.getpass()"):
        assert notebook.run_cell(cell).outputs[0].ename == "StdinNotImplementedError"
    assert text(notebook.run_cell("import sys, os; print(repr(sys.stdin.read()), os.read(0, 5))")) == "'' b''\n"


def test_random_state_differs_between_notebooks(zygote, tmp_path):
    drawn = set()
    for _ in range(3):
        with Session(tmp_path, zygote=zygote) as notebook:
            drawn.add(text(notebook.run_cell("import random, numpy; print(random.random(), numpy.random.rand())")))
    assert len(drawn) == 3 and len({part for line in drawn for part in line.split()}) == 6


def test_output_is_cut_and_the_cell_runs_on(narrow):
    result = narrow.run_cell("for i in range(10_000): print(i)\ndone = True\n1 / 0")
    assert [output.output_type for output in result.outputs] == ["stream", "stream", "error"]
    assert len(result.outputs[0].text) == 10_000
    assert result.outputs[1].name == "stderr" and result.outputs[1].text == "output was cut after 10,000 bytes\n"
    assert narrow.run_cell("done").outputs[0].data["text/plain"] == "True"
    cut = narrow.run_cell("import os\nfor i in range(300): os.write(1, b'x' * 1000)\nNone")
    assert len(cut.outputs[0].text) == 10_000 and "cut" in cut.outputs[1].text
    cut = narrow.run_cell("from IPython.display import *\nfor i in range(3): display(HTML('x' * 6000))")
    assert [output.output_type for output in cut.outputs] == ["display_data", "stream"]
    shown_last = narrow.run_cell("for i in range(9): clear_output(); display(HTML(f'{i}' * 6000))")
    assert len(shown_last.outputs) == 1 and shown_last.outputs[0].data["text/html"] == "8" * 6000


def test_outputs_are_limited_in_number_and_over_the_notebook(narrow):
    result = narrow.run_cell("for i in range(2000): display()\nfor i in range(2000): display({}, raw=True)")
    assert len(result.outputs) <= session.MAX_OUTPUTS + 2 and "cut" in text(result)
    for _ in range(12):
        result = narrow.run_cell("print('x' * 9000)")
    assert text(result) == "output was cut after 0 bytes\n"


def test_a_recursion_without_end_is_told_briefly(notebook):
    result = notebook.run_cell("def rec(n):\n    return rec(n + 1)\nrec(0)")
    assert result.outputs[0].ename == "RecursionError"
    assert sum(map(len, result.outputs[0].traceback)) < 100_000


def test_what_no_file_takes_is_mended(notebook):
    result = notebook.run_cell("print('a\\ud800b'); from IPython.display import HTML; HTML('\\udfff')")
    nbformat.writes(new_notebook(cells=[new_code_cell("", outputs=result.outputs)])).encode("utf-8")


# Calls

FUNCTIONS = '''
import numpy as np
import random
import warnings
calls = []
number = 3
def double(x):
    print("inputs:", x)
    calls.append(x)
    return 2 * x
def increment(x, more=None):
    x += 1
    if more is not None:
        more[0][0] += 1
        more[1]["w"] *= 2
        more[2].append(5)
def draw(rng):
    return rng.normal(size=3)
def apply(f, x):
    return f(x) + f(x + 1)
def apply_kindly(f, x):
    try:
        return f(x)
    except Exception:
        return "caught"
def stub(x):
    raise NotImplementedError
def calls_stub(x):
    return [stub(n) for n in x]
def stub_generator(n):
    raise NotImplementedError
    yield
def batches(n):
    for start in range(0, n, 2):
        yield np.arange(start, min(n, start + 2))
def endless():
    while True:
        yield 1
def fails(x):
    return x @ np.zeros((7, 7))
def fails_itself(x):
    y = x[0]
    raise LookupError("nothing here")
def divide(x):
    return np.log(x)
def seeds(n):
    np.random.seed(n)
    return np.random.rand()
def restores(n):
    state = np.random.get_state()
    np.random.rand(5)
    np.random.set_state(state)
def opaque(x):
    return [lambda: 0, x]
def plots(x):
    import matplotlib.pyplot as plt
    plt.plot(x)
    from IPython.display import display
    display(x)
    return x
def returns_many(x):
    return {"a": [x, (x.sum(), None)], "b": 1 + 2j}
def leaves():
    raise SystemExit(3)
def interrupts():
    raise KeyboardInterrupt
class Machine:
    def __call__(self, x):
        return x + 1
machine = Machine()
'''


@pytest.fixture
def student(notebook):
    assert notebook.run_cell(FUNCTIONS).status == "ok"
    return notebook.student


def test_functions_are_called_and_answer(student):
    assert np.array_equal(student.double(np.arange(3.0)), [0, 2, 4])
    assert student.double(3) == 6 and student.double("ab") == "abab" and student.machine(1) == 2
    many = student.returns_many(np.arange(3))
    assert many["a"][1] == (3, None) and isinstance(many["b"], Opaque)
    assert isinstance(student.opaque(1)[0], Opaque)
    assert [batch.tolist() for batch in student.batches(5)] == [[0, 1], [2, 3], [4]]


def test_changed_arguments_come_back(student):
    x, w, items, inner = np.zeros((2, 3)), np.ones((2, 2)), [1], np.zeros(1)
    student.increment(x, (inner, {"w": w}, items))
    assert (x == 1).all() and (w == 2).all() and items == [1, 5] and (inner == 1).all()
    view = np.zeros((4, 4))
    student.increment(view[::2, ::2].T)
    assert view.sum() == 4
    unchanged = np.array([np.nan, 1])
    unchanged.flags.writeable = False
    student.double(unchanged)
    with pytest.raises(FunctionRaised, match="read-only"):
        student.increment(unchanged)


def test_a_generator_comes_back_advanced(student):
    ours, theirs = np.random.default_rng(4), np.random.default_rng(4)
    for _ in range(2):
        assert np.array_equal(student.draw(theirs), ours.normal(size=3))
    assert ours.normal() == theirs.normal()
    assert not student.last.touched_global_random


def test_callbacks_run_here(student):
    seen = []
    assert student.apply(lambda x: seen.append(x) or float(x.sum()), np.ones(3)) == 9
    assert [x.tolist() for x in seen] == [[1, 1, 1], [2, 2, 2]]
    assert student.apply(lambda x: student.apply(lambda y: y, x), 1) == 3 + 5


def test_a_callback_that_raises_surfaces_here_and_tells_nothing_there(student, notebook):
    def f(x):
        raise ValueError("the secret is 42")

    with pytest.raises(FunctionRaised, match="secret") as caught:
        student.apply(f, 1)
    assert caught.value.ename == "ValueError" and isinstance(caught.value.__cause__, ValueError)
    assert caught.value.line == "return f(x) + f(x + 1)"
    assert student.apply_kindly(f, 1) == "caught"
    notebook.run_cell("def tells(f):\n    try: f(1)\n    except Exception as error: return str(error)")
    assert "ValueError" in student.tells(f) and "42" not in student.tells(f)
    with pytest.raises(FunctionRaised, match="TypeError"):
        student.apply(lambda: 0, 1)


def test_what_happens_during_a_call_is_not_shown(student, notebook):
    student.double(np.array([123.0]))
    student.plots(np.arange(3))
    assert notebook.run_cell("None").outputs == []
    assert notebook.run_cell("len(calls)").outputs[0].data["text/plain"] == "1"
    shown = notebook.run_cell("import matplotlib.pyplot as plt; plt.plot([1]); None").outputs
    assert [output.output_type for output in shown] == ["display_data"]


def test_a_fault_of_the_check_is_not_the_students(student):
    with pytest.raises(TypeError):
        student.double(1j)
    with pytest.raises(ValueTooLarge):
        student.double(np.broadcast_to(0.0, 10**9))
    with pytest.raises(AttributeError):
        student._double  # noqa: B018
    assert student.double(1) == 2


ARGUMENTS = {
    "double": (3,), "missing": (1,), "number": (), "stub": (1,), "calls_stub": ([1],), "fails": (np.ones((2, 3)),),
    "fails_itself": ([1],), "machine": (1, 2, 3), "divide": (np.array([0.0, -1.0]),), "seeds": (3,), "restores": (3,),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_both_kinds_of_student_tell_the_same(student, name):
    namespace = {}
    exec(compile(FUNCTIONS, "/nowhere/notebook.py", "exec"), namespace)
    linecache.cache["/nowhere/notebook.py"] = (len(FUNCTIONS), None, FUNCTIONS.splitlines(True), "")

    def account(student):
        try:
            value = getattr(student, name)(*ARGUMENTS[name])
        except StudentError as error:
            return type(error), vars(error), str(error)
        return repr(value), student.last

    assert account(student) == account(LocalStudent(namespace))


def test_errors_are_told_apart(student):
    with pytest.raises(MissingFunction):
        student.nowhere(1)
    with pytest.raises(NotAFunction) as not_function:
        student.number(1)
    assert not_function.value.type_name == "int"
    with pytest.raises(NotAttempted) as not_attempted:
        student.calls_stub([1])
    assert not_attempted.value.needed == "stub"
    with pytest.raises(NotAttempted):
        student.stub_generator(3)
    with pytest.raises(FunctionRaised, match="more than") as too_large:
        student.endless()
    assert too_large.value.ename == "ValueTooLarge"
    for name, ename in (("leaves", "SystemExit"), ("interrupts", "KeyboardInterrupt")):
        with pytest.raises(FunctionRaised) as raised:
            getattr(student, name)()
        assert raised.value.ename == ename
    with pytest.raises(FunctionRaised):
        student.double()
    with pytest.raises(FunctionRaised) as raised:
        student.double(Opaque("thing"))
    assert raised.value.ename == "TypeError" and raised.value.line == "return 2 * x"


def test_an_argument_of_another_shape_is_told(notebook):
    notebook.run_cell("def reshape(x):\n    x.resize((3, 2), refcheck=False)")
    with pytest.raises(FunctionRaised, match="shape"):
        notebook.student.reshape(np.zeros((2, 3)))


def test_what_is_noticed_beside_the_value(student):
    student.divide(np.array([0.0]))
    assert student.last.warnings == ("divide by zero encountered in log",)
    student.seeds(1)
    assert student.last.touched_global_random and student.last.warnings == ()
    student.seeds(1)  # back to the same state: it shows all the same
    assert student.last.touched_global_random
    student.double(1)
    assert not student.last.touched_global_random


def test_a_call_leaves_the_notebook_s_global_random_state(notebook):
    notebook.run_cell("import numpy as np\nnp.random.seed(3)\ndef draws(x):\n    return np.random.random()")
    notebook.student.draws(1)
    (shown,) = notebook.run_cell("np.random.random()").outputs
    assert shown.data["text/plain"] == repr(np.random.RandomState(3).random_sample())


# Names kept, and restored


def test_names_are_restored_for_the_functions_of_the_notebook_too(notebook):
    notebook.run_cell("a, kept = 1, []\ndef f():\n    kept.append(a)\n    return a")
    assert notebook.student.f() == 1
    first = notebook.keep()
    notebook.run_cell("a, more = 2, 5\ndef f(): return -a\ndef g(): return more")
    second = notebook.keep()
    notebook.run_cell("del a, f, g")
    with pytest.raises(MissingFunction):
        notebook.student.f()
    for number, value in ((second, -2), (first, 1), (second, -2)):
        notebook.restore(number)
        assert notebook.student.f() == value
    assert notebook.student.g() == 5
    notebook.restore(first)
    with pytest.raises(MissingFunction):
        notebook.student.g()
    assert text(notebook.run_cell("print(a, kept)")) == "1 [1, 1]\n"  # an object that was changed stays so


def test_what_was_late_when_names_were_kept_is_late_when_they_are_restored(hurried):
    hurried.run_cell("def f(x):\n    while x: pass\n    return 5")
    early = hurried.keep()
    with pytest.raises(Stopped):
        hurried.student.f(1)
    late = hurried.keep()
    hurried.restore(early)
    assert hurried.student.f(0) == 5
    hurried.restore(late)
    with pytest.raises(Stopped):
        hurried.student.f(0)


def test_a_notebook_that_has_ended_keeps_nothing(notebook):
    number = notebook.keep()
    notebook.run_cell("exit()")
    assert notebook.keep() is None and not notebook.alive
    notebook.restore(number)
    assert_stopped(notebook, "exit()")


def test_names_that_go_say_nothing_and_may_not_take_for_ever(hurried):
    first = hurried.keep()
    hurried.run_cell("class Last:\n    def __del__(self): print('gone')\nlast = Last()")
    hurried.restore(first)
    assert hurried.run_cell("None").outputs == []
    hurried.run_cell("class Last:\n    def __del__(self):\n        while True: pass\nlast = Last()")
    hurried.restore(first)
    assert_stopped(hurried, "never ends")


# Limits and attacks


def assert_stopped(notebook, words):
    assert not notebook.alive and words in notebook.reason
    after = notebook.run_cell("1")
    assert (after.outputs, after.execution_count, after.status) == ([], None, "dead")
    with pytest.raises(Stopped, match=re.escape(notebook.reason)):
        notebook.student.f(1)


def assert_unharmed(zygote, tmp_path):
    with Session(tmp_path, zygote=zygote) as neighbour:
        assert neighbour.run_cell("def f(x): return x + 1").status == "ok"
        assert neighbour.student.f(1) == 2


def test_a_cell_that_takes_too_long_is_interrupted(hurried):
    result = hurried.run_cell("print('begun')\nwhile True: pass")
    assert result.status == "timeout" and hurried.alive
    assert [output.get("ename") for output in result.outputs] == [None, "KeyboardInterrupt", "CellTimeoutError"]
    assert result.outputs[-1].evalue == "stopped after 1 s: look for a loop that never ends"
    assert hurried.run_cell("2").outputs[0].data["text/plain"] == "2"
    flood = hurried.run_cell("while True: print('x')")
    assert flood.status == "timeout" and "cut" in text(flood)


def test_a_call_that_takes_too_long_is_interrupted(hurried):
    hurried.run_cell("calls = []\ndef f(x):\n    calls.append(x)\n    while x: pass\n    return 5")
    with pytest.raises(Stopped, match="never ends"):
        hurried.student.f(1)
    with pytest.raises(Stopped, match="never ends"):
        hurried.student.f(0)  # at once: a check would wait dozens of times
    assert hurried.run_cell("len(calls)").outputs[0].data["text/plain"] == "1"
    assert hurried.student.f(0) == 5


def test_there_may_be_no_limit(zygote, tmp_path):
    with Session(tmp_path, zygote=zygote, cell_timeout=math.inf, call_timeout=math.inf) as patient:
        assert patient.run_cell("def f(x): return x").status == "ok" and patient.student.f(1) == 1


def test_the_graders_own_time_does_not_count(hurried):
    hurried.run_cell("def f(g):\n    return g(1)")
    assert hurried.student.f(lambda x: time.sleep(1.5) or x) == 1


def test_callbacks_without_end_are_interrupted(hurried):
    hurried.run_cell("def f(g):\n    while True: g(1)")
    with pytest.raises(Stopped, match="never ends"):
        hurried.student.f(lambda x: x)
    assert hurried.run_cell("3").status == "ok"


def test_a_function_that_ends_the_process_is_stopped(zygote, notebook, tmp_path):
    notebook.run_cell("import os\ndef f(x): os._exit(0)")
    with pytest.raises(Stopped, match="exit code 0"):
        notebook.student.f(1)
    assert_stopped(notebook, "exit code 0")
    assert not notebook.machine_failed
    assert_unharmed(zygote, tmp_path)


def test_nothing_is_left_running(zygote, tmp_path):
    before = children(zygote)
    with Session(tmp_path, zygote=zygote) as notebook:
        notebook.run_cell("import subprocess, os\nsleeper = subprocess.Popen(['sleep', '600'])\nif os.fork() == 0:\n"
                          "    while True: pass")
        pids = {process.pid for process in children(zygote)} - {process.pid for process in before}
        assert len(pids) == 3
    assert children(zygote) == before
    assert_gone(pids)


def test_a_zygote_that_died_is_started_again(zygote, tmp_path):
    process = zygote._process
    process.kill()
    process.wait()
    assert_unharmed(zygote, tmp_path)
    assert zygote._process is not process


def test_a_zygote_that_dies_under_a_notebook_is_a_fault_of_the_machine(zygote, notebook, tmp_path):
    zygote._process.kill()
    zygote._process.wait()
    notebook.run_cell("1")
    assert notebook.machine_failed
    assert_stopped(notebook, "has died")
    assert_unharmed(zygote, tmp_path)


def test_a_missing_directory_is_a_fault_of_ours(zygote, tmp_path):
    with pytest.raises(FileNotFoundError):
        Session(tmp_path / "nowhere", zygote=zygote)
    assert_unharmed(zygote, tmp_path)


def test_the_zygote_dies_with_its_parent(tmp_path):
    script = """
    import os, psutil, signal, sys
    from autograder.sandbox import Session, Zygote
    zygote = Zygote(sys.argv[2])
    session = Session(sys.argv[1], zygote=zygote)
    print(zygote._process.pid, *(child.pid for child in psutil.Process(zygote._process.pid).children(recursive=True)),
          flush=True)
    session._job.channel.send({"kind": "cell", "id": 9, "max_bytes": 0, "max_count": 0}, b"while True: pass")
    os.kill(os.getpid(), signal.SIGKILL)
    """
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path), STRONGEST], cwd=root,
                         capture_output=True, text=True)
    pids = [int(pid) for pid in run.stdout.split()]
    assert len(pids) >= 2, run.stderr
    assert_gone(pids)


def test_a_zygote_serves_one_notebook_at_a_time_and_several_serve_several(zygote, tmp_path):
    with (
        Zygote(STRONGEST) as second,
        Session(tmp_path, zygote=zygote) as one,
        Session(tmp_path, zygote=second) as other,
    ):
        one.run_cell("x = 1")
        other.run_cell("x = 2")
        assert [text(notebook.run_cell("print(x)")) for notebook in (one, other)] == ["1\n", "2\n"]
        with pytest.raises(SandboxError, match="one notebook at a time"):
            Session(tmp_path, zygote=zygote)
    assert Zygote.shared(STRONGEST) is Zygote.shared(STRONGEST)
