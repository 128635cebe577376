"""Pictures are held by the arrays they were drawn from, by their text, and by what a notebook receives."""

import base64
import io
import struct
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from mlplab import eyes, plots
from mlplab.plots.warm import warm_up
from mlplab.student import LocalStudent

X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0.0], [1], [1], [0]])
W1 = np.array([[4.0, -1.0, 0.5], [4.0, -1.5, 0.25]])
W2 = np.array([[5.0], [-4.0], [0.5]])
PATCHES = eyes.render(eyes.draw_persons(1, np.random.default_rng(0)), np.zeros(3, int),
                      np.radians([[0, 0], [15, 20], [-15, -20]]))
DIRECTIONS = np.array([[0.1, 0, -1], [-0.3, -0.2, -0.9], [0.3, 0.2, -0.9]])
LARGEST = 60_000


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(a):
    return a * (1 - a)


def forward_pass(X, w1, w2):
    act_hidden = sigmoid(X @ w1)
    return act_hidden, act_hidden @ w2


def not_written(*args):
    raise NotImplementedError


def divides(*args):
    return [0.0, 1.0] @ np.ones(3)


def output(X):
    return forward_pass(X, W1, W2)[1]


def train_one(seed):
    return (output if seed % 2 else lambda X: np.zeros((len(X), 1))), np.linspace(0.3, 0.01 * seed, 5)


DRAWN = {
    "xor_scatter": lambda p: p(X, Y, lines=[(1, 1, -0.5), (1, 0, -0.5)]),
    "activation_and_slope": lambda p: p(sigmoid, lambda x: sigmoid_prime(sigmoid(x))),
    "decision_boundary": lambda p: p(output, X, Y),
    "training_curve": lambda p: p(np.geomspace(0.5, 1e-4, 1000), plateau=0.125, log=True),
    "network": lambda p: p((W1, W2), x=[0, 1], forward_pass=forward_pass),
    "network_diagram": lambda p: p(),
    "gradient_check": lambda p: p((W1, W2), (W1 + 0.1, W2)),
    "seeds_strip": lambda p: p(train_one, range(12), X, Y),
    "hidden_units": lambda p: p(forward_pass, (W1, W2), X, Y),
    "spread_by_depth": lambda p: p({"He": np.full(5, 0.8), "small": np.geomspace(0.1, 1e-6, 5)}),
    "image_grid": lambda p: p(np.linspace(0, 1, 12 * 784).reshape(12, 784), range(12), title="Twelve shades"),
    "confusion_heat_map": lambda p: p([[5, 1, 0], [2, 4, 0], [0, 0, 6]], ["cat", "dog", "owl"]),
    "predicted_against_actual": lambda p: p(np.array([[1.0, 2], [3, 5], [4, 4]]), np.array([[1.0, 3], [3, 4], [5, 5]]),
                                            ["pitch", "yaw"], unit="°"),
    "eye_patches": lambda p: p(PATCHES, DIRECTIONS, DIRECTIONS[::-1], columns=2),
    "pitch_and_yaw": lambda p: p(),
    "error_by_person": lambda p: p({"one": np.arange(6), "other": np.ones(6)}, [3, 3, 5, 5, 5, 8], baseline=16),
}


@pytest.fixture
def shown():
    """What a notebook receives of the call: its bundles of data and their metadata."""
    InteractiveShell.clear_instance()
    InteractiveShell.instance()

    def run(function, *args, **options):
        with capture_output() as captured:
            assert function(*args, **options) is None
        assert captured.stdout == captured.stderr == ""
        return [(output.data, output.metadata) for output in captured.outputs]

    yield run
    InteractiveShell.clear_instance()


def line(shown, function, *args, **options):
    """The one line in place of a picture."""
    [(data, _)] = shown(function, *args, **options)
    assert set(data) == {"text/plain", "text/html"}
    assert "\n" not in data["text/plain"]
    return data["text/plain"]


@pytest.mark.parametrize("name", DRAWN)
def test_a_notebook_receives_an_image_and_its_text(name, shown):
    [(data, metadata)] = shown(lambda: DRAWN[name](getattr(plots, name)))
    assert set(data) == {"text/plain", "text/html", "image/png"}
    alt = data["text/plain"]
    assert len(alt) > 40 and any(character.isdigit() for character in alt) and "\n" not in alt
    png = base64.b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG") and 2_000 < len(png) < LARGEST
    # Drawn with one and a half dots for each pixel of the page.
    width, height = struct.unpack(">II", png[16:24])
    assert metadata["image/png"]["alt"] == alt
    assert width == pytest.approx(1.5 * metadata["image/png"]["width"], abs=2)
    assert height == pytest.approx(1.5 * metadata["image/png"]["height"], abs=2)
    assert data["image/png"] in data["text/html"] and ' alt="' in data["text/html"]


@pytest.mark.parametrize("name", DRAWN)
def test_the_text_is_the_same_from_run_to_run(name):
    first, second = (DRAWN[name](getattr(plots, name).draw) for _ in range(2))
    assert first.alt == second.alt == repr(first)
    assert first.png == second.png


def test_every_picture_is_in_these_tests():
    functions = {name for name in plots.__all__ if hasattr(getattr(plots, name), "draw")}
    assert functions == set(DRAWN)
    assert all(getattr(plots, name).__doc__ for name in functions)


def test_xor_scatter_counts_the_points_on_the_right_side_of_a_line():
    drawn = plots.xor_scatter.draw(X, Y, lines=[(1, 1, -0.5), (-1, -1, 0.5), (0, 1, -0.5)])
    assert drawn.arrays["right"].tolist() == [3, 3, 2]
    assert "(0, 1) has class 1" in drawn.alt
    assert "Of 3 straight lines the best gets 3 of 4 points right" in drawn.alt
    np.testing.assert_array_equal(drawn.arrays["X"], X)
    np.testing.assert_array_equal(drawn.arrays["y"], Y)


def test_xor_scatter_gives_the_classes_different_markers():
    points = plots.xor_scatter.draw(X, Y).figure.axes[0].collections
    assert [collection.get_label() for collection in points] == ["class 0", "class 1"]
    shapes = [collection.get_paths()[0].vertices.shape for collection in points]
    assert shapes[0] != shapes[1]


def test_activation_and_slope_draws_the_students_functions():
    drawn = plots.activation_and_slope.draw(sigmoid, lambda x: sigmoid_prime(sigmoid(x)), limits=(-4, 4))
    x = drawn.arrays["x"]
    assert (x[0], x[-1]) == (-4, 4) and not (x == 0).any()
    np.testing.assert_array_equal(drawn.arrays["activation"], sigmoid(x))
    np.testing.assert_array_equal(drawn.arrays["slope"], sigmoid_prime(sigmoid(x)))
    np.testing.assert_allclose(drawn.arrays["numerical_slope"], drawn.arrays["slope"], atol=1e-9)
    assert "sigmoid(x)" in drawn.alt and "lies on it" in drawn.alt


def test_activation_and_slope_marks_a_wrong_slope():
    drawn = plots.activation_and_slope.draw(np.tanh, lambda x: 1 - np.tanh(x))
    assert "leaves it: the largest difference is 2, at x = −6" in drawn.alt
    assert any(collection.get_hatch() for collection in drawn.figure.axes[1].collections)


def test_activation_stands_alone_before_its_slope_is_written():
    drawn = plots.activation_and_slope.draw(np.tanh)
    assert set(drawn.arrays) == {"x", "activation", "numerical_slope"} and "Your" not in drawn.alt


def test_decision_boundary_draws_what_the_network_answers():
    drawn = plots.decision_boundary.draw(output, X, Y)
    axis, y_hat = drawn.arrays["axis"], drawn.arrays["y_hat"]
    assert (axis[0], axis[-1]) == (-0.25, 1.25)
    for i, j in ((0, 7), (30, 2), (60, 60)):
        assert y_hat[i, j] == pytest.approx(output(np.array([[axis[j], axis[i]]]))[0, 0], rel=1e-12)
    np.testing.assert_array_equal(drawn.arrays["y_hat_at_X"], output(X))
    right = int(((output(X) >= 0.5) == Y).sum())
    assert f"{right} of 4 points lie on their side" in drawn.alt


def test_decision_boundary_of_a_network_that_never_crosses_a_half():
    drawn = plots.decision_boundary.draw(lambda X: np.full((len(X), 1), 0.25), X, Y)
    assert "does not cross ½" in drawn.alt and "2 of 4 points" in drawn.alt


def test_decision_boundary_takes_predictions_of_whole_numbers():
    drawn = plots.decision_boundary.draw(lambda X: (output(X) >= 0.5).astype(int), X, Y)
    assert set(np.unique(drawn.arrays["y_hat"])) <= {0, 1}


def test_training_curve_draws_the_errors():
    one = plots.training_curve.draw([0.5, 0.25, 0.125], plateau=0.125)
    assert one.arrays["loss"].tolist() == [0.5, 0.25, 0.125]
    assert "from 0.5 to 0.125 in 3 epochs" in one.alt and "plateau at 0.125" in one.alt
    several = plots.training_curve.draw({"slow": [0.5, 0.4], "fast": lambda: np.array([0.5, 0.1])}, log=True)
    assert several.arrays["fast"].tolist() == [0.5, 0.1] and "slow: from 0.5 to 0.4" in several.alt
    assert several.figure.axes[0].get_yscale() == "log"
    styles = [curve.get_linestyle() for curve in several.figure.axes[0].lines]
    assert len(set(styles)) == 2


def test_network_draws_weights_and_values():
    drawn = plots.network.draw(lambda: (W1, W2), x=X[1], forward_pass=forward_pass)
    act_hidden, y_hat = forward_pass(X[1:2], W1, W2)
    np.testing.assert_array_equal(drawn.arrays["w1"], W1)
    np.testing.assert_array_equal(drawn.arrays["w2"], W2)
    np.testing.assert_array_equal(drawn.arrays["act_hidden"], act_hidden[0])
    np.testing.assert_array_equal(drawn.arrays["y_hat"], y_hat[0])
    edges = [collection for collection in drawn.figure.axes[0].collections if collection.get_zorder() == 1]
    widths = np.concatenate([collection.get_linewidth() for collection in edges])
    strengths = np.abs(np.concatenate([W1.ravel(), W2.ravel()]))
    np.testing.assert_array_equal(np.argsort(widths, kind="stable"), np.argsort(strengths, kind="stable"))
    solid = [dashes is None for collection in edges for _, dashes in collection.get_linestyle()]
    assert solid == (np.concatenate([W1.ravel(), W2.ravel()]) >= 0).tolist()


def test_gradient_check_finds_the_entries_that_differ():
    wrong = W2.copy()
    wrong[1] *= 1.01
    drawn = plots.gradient_check.draw((W1, wrong), lambda: (W1 + 1e-9, W2))
    np.testing.assert_array_equal(drawn.arrays["dL_dw2"], wrong)
    np.testing.assert_array_equal(drawn.arrays["dL_dw2_numeric"], W2)
    assert (drawn.arrays["dL_dw2_error"] > 1e-6).ravel().tolist() == [False, True, False]
    assert "dL_dw1 agrees" in drawn.alt and "dL_dw2 differs in 1 of 3 entries" in drawn.alt
    assert [text for text in texts(drawn) if "≠" in text] == ["−4.04 ≠", "0.004 ≠"]  # not on the numerical one


def test_gradient_check_of_two_zero_gradients_agrees():
    drawn = plots.gradient_check.draw(np.zeros((2, 3)), np.zeros((2, 3)), names=["w"])
    assert "w agrees" in drawn.alt


def test_seeds_strip_says_which_seeds_solve_it():
    drawn = plots.seeds_strip.draw(train_one, [1, 2, 3], X, (output(X) >= 0.5).astype(float))
    assert drawn.arrays["solved"].tolist() == [True, False, True]
    np.testing.assert_allclose(drawn.arrays["final_errors"], [0.01, 0.02, 0.03])
    assert drawn.arrays["y_hat"].shape == (3, 31, 31)
    assert "3 seeds, 2 with all points on their side. Not solved: 2." in drawn.alt


def test_hidden_units_draws_each_activation():
    drawn = plots.hidden_units.draw(forward_pass, (W1, W2), X, Y)
    axis = drawn.arrays["axis"]
    act_hidden, y_hat = forward_pass(np.array([[axis[5], axis[20]]]), W1, W2)
    np.testing.assert_allclose(drawn.arrays["act_hidden"][20, 5], act_hidden[0])
    assert drawn.arrays["y_hat"][20, 5] == pytest.approx(y_hat[0, 0])


def test_eye_patches_draws_each_arrow_from_the_middle_of_its_patch():
    drawn = plots.eye_patches.draw(PATCHES, DIRECTIONS, columns=2, title="Eyes")
    np.testing.assert_array_equal(drawn.arrays["actual"], DIRECTIONS)
    shafts = [line.get_xydata() for line in drawn.figure.axes[0].lines[::2]]
    middles = [[32.5, 20.5], [95.5, 20.5], [32.5, 59.5]]  # patches of 60 by 36, 3 pixels between them
    np.testing.assert_allclose([shaft[0] for shaft in shafts], middles)
    ways = np.array([shaft[1] - shaft[0] for shaft in shafts])
    np.testing.assert_allclose(ways / ways[2, 0], DIRECTIONS[:, :2] / DIRECTIONS[2, 0])
    assert "1 point to the left, 2 to the right, 1 up, 1 down" in drawn.alt


def test_pitch_and_yaw_draws_its_angles():
    drawn = plots.pitch_and_yaw.draw(pitch=10, yaw=-20)
    (ahead, up), (right, back) = drawn.arrays["pitch"], drawn.arrays["yaw"]
    np.testing.assert_allclose(np.degrees([np.arctan2(up, -ahead), np.arctan2(right, -back)]), [10, 20])
    assert "10° above" in drawn.alt and "20° to the right" in drawn.alt


def test_error_by_person_averages_over_each_persons_samples():
    drawn = plots.error_by_person.draw({"old": [1, 2, 3, 4, 5], "new": [9, 1, 1, 2, 3]}, [7, 4, 4, 4, 7], baseline=16)
    assert drawn.arrays["person"].tolist() == [4, 7]  # by their error in the last one
    np.testing.assert_allclose(drawn.arrays["old"], [3, 3])
    np.testing.assert_allclose(drawn.arrays["new"], [4 / 3, 6])
    assert "of 2 persons" in drawn.alt and "new: from 1.3° to 6.0°" in drawn.alt and "baseline at 16.0°" in drawn.alt
    markers = [line.get_marker() for line in drawn.figure.axes[0].lines[:2]]
    assert len(set(markers)) == 2


STUBS = {
    "activation_and_slope": lambda p: p(not_written),
    "decision_boundary": lambda p: p(lambda X: not_written(X), X, Y),
    "gradient_check": lambda p: p(lambda: not_written(W1), lambda: not_written(W1)),
    "hidden_units": lambda p: p(not_written, (W1, W2), X, Y),
    "network": lambda p: p(lambda: not_written(2, 3, 1)),
    "seeds_strip": lambda p: p(not_written, range(3), X, Y),
    "training_curve": lambda p: p(lambda: not_written()[2]),
    "xor_scatter": lambda p: p(X, lambda: not_written(X)),
    "eye_patches": lambda p: p(PATCHES, lambda: not_written(PATCHES)),
    "error_by_person": lambda p: p({"mine": lambda: not_written(X)}, [1, 1]),
}


@pytest.mark.parametrize("name", STUBS)
def test_a_stub_is_answered_with_a_line(name, shown):
    answer = line(shown, lambda: STUBS[name](getattr(plots, name)))
    assert answer == "`not_written` is not written yet: the picture appears once it is."


def test_a_stub_of_an_earlier_stage_is_named(shown):
    student = LocalStudent({"forward_pass": lambda X: not_written(X)})
    answer = line(shown, plots.decision_boundary, student.forward_pass, X, Y)
    assert answer.startswith("`not_written` is not written yet")


def test_an_exception_is_told_with_function_and_line(shown):
    answer = line(shown, plots.decision_boundary, lambda X: divides(X), X, Y)
    assert answer.startswith("No picture: `divides` raised ValueError: matmul")
    assert answer.endswith("in the line `return [0.0, 1.0] @ np.ones(3)`")


def test_an_exception_through_a_student_object_is_told_too(shown):
    student = LocalStudent({"sigmoid": divides})
    answer = line(shown, plots.activation_and_slope, student.sigmoid, name="sigmoid")
    assert answer.startswith("No picture: `sigmoid` raised ValueError")
    assert "no function `relu`" in line(shown, plots.activation_and_slope, student.relu)


def test_markup_in_a_message_stays_text(shown):
    def careless(X):
        raise RuntimeError("<script>alert(1)</script>")

    [(data, _)] = shown(plots.decision_boundary, careless, X, Y)
    assert "<script>" in data["text/plain"] and "<script>" not in data["text/html"]


@pytest.mark.parametrize(("call", "words"), [
    (lambda: plots.decision_boundary(lambda X: output(X)[:, 0], X, Y), "shape (3721,); (3721, 1) is asked"),
    (lambda: plots.decision_boundary(lambda X: None, X, Y), "is there a `return`?"),
    (lambda: plots.decision_boundary(lambda X: "ŷ", X, Y), "is a str; an array of numbers is asked for"),
    (lambda: plots.decision_boundary(output, X, Y[:, 0]), "`y` has shape (4,); (4, 1)"),
    (lambda: plots.xor_scatter(X, output), "your function raised TypeError"),
    (lambda: plots.xor_scatter(X, Y + 0.5), "classes other than 0 and 1"),
    (lambda: plots.training_curve([0.5, np.nan, np.inf]), "2 of the 3 values of the list of errors are NaN"),
    (lambda: plots.training_curve([]), "is empty"),
    (lambda: plots.training_curve((W1, W2, [0.1])), "an array of numbers is asked for"),
    (lambda: plots.activation_and_slope(lambda x: x[:3], name="relu"), "`relu` has shape (3,); (240,)"),
    (lambda: plots.network((W1, W2.T)), "`w2` has shape (1, 3); (3, K) is asked for"),
    (lambda: plots.network(W1), "the pair (w1, w2) is asked for"),
    (lambda: plots.gradient_check(W1.T, W1), "`gradient` has shape (3, 2); (2, 3)"),
    (lambda: plots.gradient_check((W1, W2), W1), "2 of yours and 1 numerical"),
    (lambda: plots.hidden_units(lambda *a: output(X), (W1, W2), X, Y), "pair (act_hidden, y_hat)"),
    (lambda: plots.seeds_strip(lambda seed: output, [1], X, Y), "pair (predict, errors)"),
    (lambda: plots.eye_patches(PATCHES, DIRECTIONS.T[:, :2]), "actual directions has shape (3, 2); (3, 3) is asked"),
    (lambda: plots.eye_patches(PATCHES[0]), "the images has shape (36, 60)"),
    (lambda: plots.error_by_person({"mine": [1.0, np.nan]}, [1, 2]), "1 of the 2 values of the errors of “mine”"),
    (lambda: plots.error_by_person(dict.fromkeys("abcd", [1.0]), [1]), "4 networks cannot be told apart"),
])
def test_what_cannot_be_drawn_is_answered_with_a_line(call, words, shown):
    assert words in line(shown, call)


def test_draw_raises_where_the_notebook_shows_a_line():
    with pytest.raises(plots.NoPicture, match="not written yet"):
        plots.activation_and_slope.draw(not_written)


def test_arguments_stay_as_they_were():
    def rude(X):
        X[:] = 0
        return np.zeros((len(X), 1))

    points = X.copy()
    plots.decision_boundary.draw(rude, points, Y)
    np.testing.assert_array_equal(points, X)


def test_matplotlib_settings_are_left_alone_and_not_followed():
    plain = plots.xor_scatter.draw(X, Y).png
    with matplotlib.rc_context({"figure.facecolor": "black", "font.size": 30, "axes.grid": True}):
        before = dict(matplotlib.rcParams)
        assert plots.xor_scatter.draw(X, Y).png == plain
        assert dict(matplotlib.rcParams) == before


def test_pyplot_is_never_loaded():
    code = ("import sys, numpy as np; from mlplab import plots; plots.training_curve([0.3, 0.1]); "
            "assert 'matplotlib.pyplot' not in sys.modules")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # Outside of a notebook the text stands for the picture.
    assert done.stdout.startswith("Training curve, loss against epoch.") and done.stderr == ""


@pytest.mark.parametrize("name", DRAWN)
def test_without_pictures_the_functions_are_called_and_a_line_is_shown(monkeypatch, name):
    monkeypatch.setenv("MLPLAB_PLOTS", "skip")
    with pytest.raises(plots.NoPicture, match="this run does without"):
        DRAWN[name](getattr(plots, name).draw)
    with pytest.raises(plots.NoPicture, match="not written yet"):
        plots.activation_and_slope.draw(not_written)


def test_warming_up_shows_nothing():
    with capture_output() as shown:
        warm_up()
    assert shown.outputs == [] and shown.stdout == shown.stderr == ""


def texts(drawn):
    return [text.get_text() for axes in drawn.figure.axes for text in axes.texts]


def test_gradient_check_shows_a_zero_where_rounding_left_something():
    analytic = np.array([[0.3, 1e-17], [-2e-18, 0.5]])
    drawn = plots.gradient_check.draw(analytic, analytic + [[0, 3e-13], [0, 0]])
    assert texts(drawn)[:8] == ["0.3", "0", "0", "0.5"] * 2
    assert drawn.arrays["gradient"][0, 1] == 1e-17


@pytest.mark.parametrize(("columns", "written"), [(1, "0.123"), (3, "0.123"), (4, "0.12"), (5, None), (9, None)])
def test_gradient_check_writes_as_many_digits_as_there_is_room_for(columns, written):
    analytic = np.full((2, columns), 0.12345)
    numbers = texts(plots.gradient_check.draw(analytic, analytic))[:-3]  # the last ones are titles
    assert numbers == ([written] * 4 * columns + ["0"] * 2 * columns if written else [])


def test_image_grid_tells_its_captions():
    drawn = plots.image_grid.draw(np.zeros((3, 6)), ["one\nof two", 2, "three"], title="Nothing", shape=(2, 3))
    assert drawn.alt == "Nothing. 3 images of 2 by 3 pixels: one of two; 2; three."
    assert drawn.arrays["images"].shape == (3, 2, 3)
    assert texts(drawn) == ["one\nof two", "2", "three"]


def test_a_photograph_keeps_its_shades():
    shades = np.arange(200).reshape(1, 200) / 200
    png = plots.image_grid.draw(shades, title="Shades", shape=(10, 20), columns=1, colours="light").png
    assert len(np.unique(np.asarray(Image.open(io.BytesIO(png))))) > 150


def test_confusion_heat_map_tells_what_is_mistaken_most_often():
    drawn = plots.confusion_heat_map.draw([[5, 1, 0], [3, 4, 0], [0, 0, 6]], ["cat", "dog", "owl"], title="Pets")
    assert drawn.alt == ("Pets, rows true, columns predicted: 15 of 19 on the diagonal. Most often mistaken: dog for "
                         "cat 3 times, cat for dog once.")
    assert sorted(texts(drawn)) == ["1", "3", "4", "5", "6"]
    assert "mistaken: nothing" in plots.confusion_heat_map.draw(np.eye(2)).alt


def test_pictures_of_many_images_answer_what_cannot_be_drawn_with_a_line(shown):
    assert "2 captions for 3 images" in line(shown, plots.image_grid, np.zeros((3, 784)), "ab", title="x")
    assert "has shape (3, 10); (N, 784) is asked for" in line(shown, plots.image_grid, np.zeros((3, 10)), title="x")
    assert "(2, 2) is asked for" in line(shown, plots.confusion_heat_map, np.zeros((2, 3)))
    assert "1 names for 2 classes" in line(shown, plots.confusion_heat_map, np.eye(2), ["one"])
    assert "cannot be told apart" in line(shown, plots.spread_by_depth, {name: np.ones(3) for name in "abcde"})
