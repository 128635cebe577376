"""Notebooks that want points for nothing: by lies about values, patched libraries, forged replies, answers remembered.

Every attack runs on every rung that this machine offers and earns nothing. The controls show that it would have worked
on a grader that runs the checks, or reads the score, in the student's own process.
"""

import json
import subprocess
import sys

import numpy as np
import pytest
from hostile import EXERCISE, STAGE, marks

from autograder.grading.outcomes import judge
from autograder.misconceptions import reference_functions
from autograder.sandbox import Opaque
from autograder.sandbox import session as session_module
from mlplab.exercises import STAGES
from mlplab.student import LocalStudent, Stopped, StudentError

# Libraries patched, so that checks in the same process would pass

PATCHES = {
    "comparison_of_the_checks": """
import mlplab.checks.activation as checks
for name in list(vars(checks)):
    if name.startswith("expect") or name in ("leaves_alone", "require"): setattr(checks, name, lambda *a, **k: None)
""",
    "outcome_of_a_check": """
import mlplab.checking
mlplab.checking.Outcome.score = property(lambda self: 100.0)
""",
    "lab": """
class Lab:
    def check(self, name): return 100.0
lab = Lab()
""",
    "sys_modules": """
import sys, types
fake = types.ModuleType("mlplab")
class Lab:
    def check(self, name): return 100.0
fake.stage = lambda name: Lab()
sys.modules["mlplab"] = fake
""",
}
WRONG = "\nimport numpy as np\ndef sigmoid(x): return np.zeros_like(np.asarray(x, dtype=float))\n"
CHECK_INSIDE = f"""
import os
os.environ['NBGRADER_EXECUTION'] = 'autograde'
if 'lab' not in globals():
    import mlplab
    lab = mlplab.stage('{STAGE.name}')
lab.check('sigmoid')
"""


@pytest.mark.parametrize("what", PATCHES)
def test_patching_the(arena, what):
    with arena.hostile() as session:
        session.run_cell(PATCHES[what] + WRONG)
        assert marks(session) == 0
        # The control: a check in the process.
        inside = session.run_cell(CHECK_INSIDE).outputs[-1].data["text/plain"]
        assert float(inside) >= EXERCISE.points
    with arena.hostile() as session:
        session.run_cell(WRONG)
        assert float(session.run_cell(CHECK_INSIDE).outputs[-1].data["text/plain"]) == 0


SABOTAGE = {
    "numpy": "import numpy as np\nnp.ndarray = np.asarray = np.frombuffer = np.array_equal = np.errstate = None",
    "json": "import json\njson.dumps = lambda *a, **k: '{\"kind\": \"returned\"}'\njson.loads = lambda *a: {}",
    "struct": "import sys, struct\nsys.modules['inside.channel']._PREFIX = struct.Struct('>16sQI')",
    "traceback": "import traceback\ntraceback.walk_tb = lambda tb: 1 / 0\ndef sigmoid(x): raise ValueError",
    "warnings": "import warnings\nwarnings.catch_warnings = lambda **k: 1 / 0",
    "inside": "import sys\nfor name, module in list(sys.modules.items()):\n"
              "    if name.startswith('inside.'): module.pack = module.unpack = lambda *a, **k: ([], [])",
    "shell": "get_ipython().user_ns = {'sigmoid': lambda x: 0.5}",
    "settrace": "import sys\ndef trace(frame, event, argument):\n    frame.f_locals['value'] = 1.0\n    return trace\n"
                "sys.settrace(trace); sys.setprofile(trace)",
    "excepthook": "import sys\nsys.excepthook = sys.unraisablehook = lambda *a: print('2.0')",
    "atexit": "import atexit, os\natexit.register(lambda: os.write(1, b'2.0'))",
    "builtins": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.type = lambda x: float",
    "os_exit": "import os\ndef sigmoid(x): os._exit(0)",
    "recursion": "import sys\nsys.setrecursionlimit(60)",
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_sabotaging_the_process_through(arena, what):
    with arena.hostile(call_timeout=3) as session:
        session.run_cell(WRONG + SABOTAGE[what])
        assert marks(session) == 0
        session.run_cell("1")


@pytest.mark.parametrize("handler", [
    "atexit.register(print, '2.0')", "kept = type('K', (), {'__del__': lambda s: print('2.0')})()"])
def test_speaking_from_the_grave(arena, handler):
    """What runs when an interpreter ends may print a score after the last cell; here it never runs."""
    code = f"import atexit\n{handler}"
    with arena.hostile() as session:
        session.run_cell(code)
        assert session.run_cell("None").outputs == []
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "2.0\n"


# Values that lie

LIARS = {
    "equal_to_everything": """
class Liar(np.ndarray):
    def __eq__(self, other): return np.ones(np.shape(other), bool)
    __ne__ = __lt__ = __gt__ = lambda self, other: np.zeros(np.shape(other), bool)
    def __array_ufunc__(self, ufunc, method, *inputs, **k):
        shape = np.broadcast_shapes(*(np.shape(np.asarray(x).view(np.ndarray)) for x in inputs))
        return np.ones(shape, bool) if ufunc in (np.equal, np.isfinite, np.less_equal) else np.zeros(shape)
    def __array_function__(self, function, types, args, kwargs): return True
def sigmoid(x): return np.zeros(np.shape(x)).view(Liar)
""",
    "number_equal_to_everything": """
class Liar(float):
    __eq__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *a: 0.0
    def __array__(self, *a, **k): return np.zeros(())
def sigmoid(x): return Liar(0)
""",
    "array_of_objects_that_agree": """
class Agrees:
    def __eq__(self, other): return True
    __sub__ = __rsub__ = lambda self, other: 0.0
def sigmoid(x):
    out = np.empty(np.shape(x), object); out[...] = Agrees(); return out
""",
    "iterator_without_end": "import itertools\ndef sigmoid(x): return itertools.repeat(0.5)",
    "list_that_grows_while_read": """
class Grows(list):
    def __iter__(self):
        while True: yield Grows([1])
def sigmoid(x): return Grows()
""",
}


@pytest.mark.parametrize("liar", LIARS)
def test_lying_values(arena, liar):
    with arena.hostile(call_timeout=5) as session:
        session.run_cell("import numpy as np\n" + LIARS[liar])
        assert marks(session) == 0


def test_without_the_channel_such_a_value_agrees_with_everything():
    """The control for the lies: in one process, NumPy's own comparison believes them."""
    namespace = {"np": np}
    exec(LIARS["equal_to_everything"], namespace)
    assert np.allclose(namespace["sigmoid"](np.arange(3.0)), [7, 8, 9])
    assert np.array_equal(namespace["sigmoid"](np.arange(3.0)), [7, 8, 9])


STRANGE = {
    "nan": "np.full(np.shape(x), np.nan)", "inf": "np.full(np.shape(x), np.inf)",
    "objects": "np.full(np.shape(x), None)", "structured": "np.zeros(np.shape(x), 'f8,f8')",
    "strings": "np.full(np.shape(x), '0.5')", "complex": "np.zeros(np.shape(x), complex)",
    "dates": "np.zeros(np.shape(x), 'M8[s]')", "long_doubles": "np.zeros(np.shape(x), np.longdouble)",
    "enormous": "np.broadcast_to(0.5, (10**6, 10**6))", "enormous_and_empty": "np.zeros((0, 2**40))",
    "overlapping": "np.lib.stride_tricks.as_strided(np.zeros(1), (1000, 1000), (0, 0))",
    "many_dimensions": "np.zeros((1,) * 64)", "negative_strides": "np.zeros(7)[::-1]",
    "masked": "np.ma.masked_all(np.shape(x))", "nested": "[[[[[0.5]]]]]", "huge_number": "10**5000",
    "itself": "sigmoid", "lone_surrogate": "'\\ud800'", "bytes": "b'0.5'",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_strange_values(arena, kind):
    with arena.hostile(call_timeout=5) as session:
        session.run_cell(f"import numpy as np\ndef sigmoid(x): return {STRANGE[kind]}")
        assert marks(session) == 0
        try:
            value = session.student.sigmoid(np.arange(3.0))
        except StudentError as error:
            assert not isinstance(error, Stopped)
            return
        assert isinstance(value, np.ndarray | list | str | Opaque)
        json.dumps(repr(value)[:1000])


def test_nan_would_pass_where_it_is_compared_carelessly():
    """The control: what stands for 'no difference found' in a careless grader."""
    assert not (abs(np.nan - 0.5) > 1e-9)
    np.testing.assert_array_equal(np.array([np.nan]), np.array([np.nan]))


# Inputs remembered or carried out

REMEMBERING = """
import numpy as np
known = {}
def sigmoid(x):
    key = np.shape(x)
    if key not in known:
        known[key] = 1 / (1 + np.exp(-np.clip(np.asarray(x, float), -700, None)))
    return known[key].copy()
"""


def test_remembering_the_first_call(arena):
    with arena.hostile() as session:
        session.run_cell(REMEMBERING)
        assert marks(session) < EXERCISE.points
        first = session.student.sigmoid(np.arange(3.0))
        assert np.array_equal(session.student.sigmoid(np.ones(3)), first)  # the control: it does remember


def test_carrying_inputs_out_through_output(arena):
    cell = ("import os, sys\nlog = []\ndef sigmoid(x):\n    print(x); os.write(1, str(x).encode())\n"
            "    sys.__stdout__.write(str(x)); log.append(str(x)); return x")
    with arena.hostile() as session:
        session.run_cell(cell)
        session.student.sigmoid(np.array([123.456]))
        assert session.run_cell("None").outputs == []
        # The control: the function did see it. So nothing may be shown after a hidden check that depends on memory.
        assert "123.456" in session.run_cell("print(log)").outputs[0].text


def test_answering_with_what_an_argument_was_changed_into(arena):
    """`x` comes back after the call: a function cannot bend the check's own copy so that it agrees."""
    with arena.hostile() as session:
        session.run_cell("import numpy as np\ndef sigmoid(x):\n    if isinstance(x, np.ndarray): x[...] = 0\n"
                         "    return x + 0.5")
        assert marks(session) == 0
    namespace = {"np": np}
    exec("def sigmoid(x):\n    x *= 0\n    return x + 0.5", namespace)
    ours = np.arange(3.0)
    LocalStudent(namespace).sigmoid(ours)
    assert (ours == 0).all()  # the control: in one process it bends


EXERCISES = [(stage, exercise) for stage in STAGES.values() if stage.name < "06" for exercise in stage.exercises
             if exercise.name != "initialize_weights"]  # it is given no array


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES, ids=lambda value: value.name)
def test_bending_the_arguments_so_that_the_check_agrees(stage, exercise):
    """Zeros in the check's own arrays, and what is right for zeros: no check looks at its arrays afterwards."""
    right = reference_functions(stage)

    def bending(*args):
        for array in args:
            if isinstance(array, np.ndarray) and array.dtype.kind == "f":
                array[...] = 0
        return right[exercise.name](*args)

    student = LocalStudent({**right, exercise.name: bending})
    assert judge(stage, exercise, student, seed=5).score == 0
    assert judge(stage, exercise, LocalStudent(right), seed=5).score == exercise.points


# Forged replies

FIND_CHANNEL = """
import gc, os
channel = next(thing for thing in gc.unfreeze() or gc.get_objects()
               if type(thing).__name__ == "Channel" and thing._connection.fileno() > 0)
fd, number = channel._connection.fileno(), 1
"""


@pytest.mark.parametrize("attack", [
    "os.write(fd, b'x' * 100)",
    "os.close(fd)",
    "channel._connection.sendall(b'{}')",
    "channel._connection.sendall(channel._nonce + bytes(3))\nos._exit(0)",
    "channel.send({'kind': 'cell', 'id': True, 'succeeded': True, 'count': 1, 'exit': False}, b'[]')",
    "channel.send({'kind': 'cell', 'id': [], 'succeeded': True, 'count': 1, 'exit': False}, b'[]')",
    "channel.send({'kind': 'callback', 'handle': 0, 'args': []})",
    "channel.send({'kind': 'returned', 'id': 2})",
    *(f"channel.send({{'kind': 'cell', 'id': number + 1, 'succeeded': True, 'count': 1, 'exit': False}}, b'{body}')"
      for body in ("{}", "[1]", '[{"output_type": "stream"}]', "[" * 50_000, '[{"output_type": "error", "ename": 1}]',
                   '[{"output_type": "display_data", "data": {"text/html": {}}, "metadata": {}}]',
                   '[{"output_type": "display_data", "data": {"application/json": NaN}, "metadata": {}}]',
                   '[{"output_type": "display_data", "data": {}, "metadata": {"a": %s}}]' % ("[" * 30 + "]" * 30),
                   '[{"output_type": "stream", "name": "stdin", "text": ""}]')),
], ids=lambda attack: attack[:60])
def test_forged_results_of_a_cell(arena, attack):
    with arena.hostile() as session:
        assert session.run_cell(FIND_CHANNEL).status == "ok"  # the control: the channel can be found
        assert session.run_cell(attack).status == "dead"
        assert "no answer" in session.reason or "exit" in session.reason or "close" in attack
        assert marks(session) == 0


@pytest.mark.parametrize("reply", [
    {"kind": "returned"}, {"kind": "returned", "value": [["array", "float64", [9]], 0], "changed": []},
    {"kind": "returned", "value": [None, 0], "changed": [[5, [None, 0]]], "warnings": [], "global_random": False},
    {"kind": "returned", "value": [None, 0], "changed": [], "warnings": [1], "global_random": False},
    {"kind": "returned", "value": [None, 0], "changed": [], "warnings": [], "global_random": 1},
    {"kind": "returned", "value": [["function", 7], 0], "changed": [], "warnings": [], "global_random": False},
    {"kind": "raised", "ename": 1}, {"kind": "not_attempted"}, {"kind": "cell"}, {"kind": "callback", "handle": 3},
    {"kind": "callback", "handle": 0}, {"kind": ["missing"]},
], ids=str)
def test_forged_replies_to_a_call(arena, reply):
    with arena.hostile() as session:
        session.run_cell(FIND_CHANNEL + f"def f(g): channel.send({reply | {'id': 2}!r})")
        with pytest.raises(Stopped, match="no answer"):
            session.student.f(lambda: 0)
        assert not session.alive


TWICE = """
def f(x):
    channel.send({'kind': 'returned', 'id': 2, 'value': [1, 0], 'changed': [], 'warnings': [], 'global_random': False})
    return 2
"""


def test_two_replies_to_one_call(arena):
    """The second would be taken for the answer to the next call."""
    with arena.hostile() as session:
        session.run_cell(FIND_CHANNEL + TWICE)
        assert session.student.f(0) == 1  # a reply is the student's own word for a value, and may be any
        with pytest.raises(Stopped, match="no answer"):
            session.student.f(0)


def test_a_late_reply(arena):
    with arena.hostile(call_timeout=0.5) as session:
        session.run_cell("import time\ndef f(x):\n    try: time.sleep(20)\n    except KeyboardInterrupt: return 7")
        with pytest.raises(Stopped, match="never ends"):
            session.student.f(0)
        assert session.run_cell("def f(x): return 1").status == "ok" and session.student.f(0) == 1


HALF = """
import time
def f(x):
    channel._connection.sendall(channel._nonce + bytes(3))
    while True:
        try: time.sleep(20)
        except BaseException: pass
"""


def test_a_reply_that_stops_half_way(arena, monkeypatch):
    monkeypatch.setattr(session_module, "GRACE", 0.5)
    with arena.hostile(call_timeout=0.5) as session:
        session.run_cell(FIND_CHANNEL + HALF)
        with pytest.raises(Stopped, match="never ends"):
            session.student.f(0)
        assert not session.alive


def test_a_copy_made_by_fork_that_answers_too(arena):
    """On the second rung there is no fork, and so no copy."""
    with arena.hostile() as session:
        result = session.run_cell("import os\npid = os.fork()\nprint('parent' if pid else 'child')")
        if arena.rung == "bwrap":
            assert result.status == "ok" and result.outputs[0].text == "parent\n"
            session.run_cell("def f(x):\n    os.fork()\n    return x")
            assert [session.student.f(x) for x in range(3)] == [0, 1, 2]
        else:
            assert "PermissionError" in result.outputs[0].ename


@pytest.mark.parametrize("cell, words", [
    ("import os; os._exit(0)", "ended itself with exit code 0"),
    ("import os; os._exit(3)", "exit code 3"),
    ("import ctypes; ctypes.string_at(0)", "crashed"),
    ("import os; os.abort()", "crashed"),
    ("exit()", "exit() or quit()"),
    ("quit()", "exit() or quit()"),
    ("import os; os.execv('/bin/true', ['true'])", "ended itself with exit code 0"),
])
def test_ending_before_the_checks(arena, cell, words):
    with arena.hostile() as session:
        session.run_cell(f"import numpy as np\nprint('2.0')\n{cell}")
        assert not session.alive and words in session.reason
        assert marks(session) == 0
        assert session.run_cell("2.0").outputs == []
