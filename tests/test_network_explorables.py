"""The explorables on trained networks, by the numbers that their pictures are drawn from."""

import numpy as np
import pytest

from autograder.reference import eye_gaze, fashion, mnist
from mlplab import eyes
from mlplab.data import FASHION_CLASSES, load_mnist
from mlplab.explore.digits import DigitPad
from mlplab.explore.gallery import Gallery
from mlplab.explore.gaze import MovableEye
from mlplab.explore.ink import as_in_mnist, inked
from mlplab.explore.scene import texts

MNIST = vars(mnist)
FASHION = MNIST | {"confusion_matrix": fashion.confusion_matrix}
GAZE = vars(eye_gaze)
SEVEN = [[(40, 60), (120, 56), (100, 150)], [(70, 100), (130, 100)]]


def drawn(kind, namespace, **state):
    explorable = kind(namespace, **state)
    answer = explorable.react({})
    assert answer["message"] == ""
    return explorable


def refused(kind, namespace, **state):
    return kind(namespace, **state).react({})["message"]


def centre_of_mass(image):
    return [np.average(np.arange(length), weights=image.sum(axis=1 - axis)) for axis, length in enumerate(image.shape)]


def box(image):
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


# 06: ink


@pytest.mark.parametrize("strokes", [SEVEN, [[(20, 140), (260, 150)]], [[(250, 250), (262, 268)]]],
                         ids=["seven", "line", "small, in the corner"])
def test_ink_is_scaled_and_centred_as_mnist_was(strokes):
    ink = inked(strokes, 280, 24)
    image = as_in_mnist(ink)
    assert image.shape == (28, 28) and image.dtype == np.float32 and image.min() >= 0 and image.max() <= 1
    height, width = box(ink)
    scale = 20 / max(height, width)
    assert box(image) == (round(height * scale), round(width * scale)) and max(box(image)) == 20
    assert centre_of_mass(image) == pytest.approx([14, 14], abs=0.5)


def test_where_and_how_large_it_was_drawn_does_not_matter():
    small = np.zeros((280, 280), dtype=np.float32)
    small[200:260, 10:50] = np.linspace(0.1, 1, 60 * 40, dtype=np.float32).reshape(60, 40)
    large = np.zeros((280, 280), dtype=np.float32)
    large[20:260, 80:240] = np.repeat(np.repeat(small[200:260, 10:50], 4, axis=0), 4, axis=1)
    np.testing.assert_allclose(as_in_mnist(small), as_in_mnist(large), atol=0.01)


def test_mnist_itself_stays_as_it_is():
    """Its images fill the box and are centred already: to make them once more changes nothing."""
    images = load_mnist(sample=True).test_images.reshape(-1, 28, 28)
    filled = [image for image in images if max(box(image)) == 20]
    assert len(filled) > 950
    same = [np.array_equal(as_in_mnist(image), image) for image in filled]
    assert np.mean(same) > 0.99  # a centre of mass near the half of a pixel may be rounded the other way


def test_no_ink_is_an_empty_image():
    assert not as_in_mnist(np.zeros((280, 280), dtype=np.float32)).any()
    assert not as_in_mnist(inked([], 280, 24)).any()


def test_a_dot_is_round():
    ink = inked([[(100, 140)]], 280, 24)
    assert ink[140, 100] == 1 and ink[140, 111] == 1 and ink[140, 114] == 0 and ink[129, 100] == 1 and ink[0, 0] == 0


# 06: digit pad


@pytest.fixture(scope="module")
def params():
    return mnist.he_initialize([784, 13, 11, 10], np.random.default_rng(1))


def test_the_bars_are_softmax_of_forward(params):
    pad = drawn(DigitPad, MNIST, params=params, strokes=SEVEN)
    image = as_in_mnist(inked(SEVEN, 280, 24))
    activations, logits = mnist.forward(image.reshape(1, 784), params)
    arrays = pad.frame.arrays
    np.testing.assert_array_equal(arrays["image"], image)
    np.testing.assert_allclose(arrays["probabilities"], mnist.softmax(logits)[0], rtol=1e-12)
    hidden = activations[1][0]
    assert list(arrays["activations"]) == sorted(hidden[hidden > 0], reverse=True)[:8]
    np.testing.assert_array_equal(hidden[arrays["units"]], arrays["activations"])
    best = logits[0].argmax()
    assert f"says {best}, with probability {mnist.softmax(logits)[0, best]:.3f}" in pad.frame.summary
    assert f"{mnist.softmax(logits)[0, best]:.3f} ◀" in texts(pad.frame.panels[2])


def test_a_network_without_hidden_layer_will_do():
    params = mnist.he_initialize([784, 10], np.random.default_rng(2))
    arrays = drawn(DigitPad, MNIST, params=params).frame.arrays
    assert list(arrays["activations"]) == sorted(arrays["activations"], reverse=True)


def test_it_is_drawn_on_by_pointer(params):
    pad = drawn(DigitPad, MNIST, params=params, strokes=[])
    pad.react({"points": [[0, 10, 20, True], [0, 11, 21, False], [0, 60.4, 20, False]]})
    pad.react({"points": [[0, 100, 400, True]]})
    assert pad.values["strokes"] == [[(10, 20), (60, 20)], [(100, 280)]]
    pad.react({"press": ["undo"]})
    assert pad.values["strokes"] == [[(10, 20), (60, 20)]]
    assert "empty" in pad.react({"press": ["clear"]})["summary"]


def test_it_is_drawn_on_by_keyboard(params):
    pad = drawn(DigitPad, MNIST, params=params, strokes=[])
    pad.react({"keys": [[0, key] for key in ("ArrowUp", " ", "ArrowDown", "ArrowDown", " ", "ArrowLeft")]})
    assert pad.values["strokes"] == [[(140, 126), (140, 140), (140, 154)]]
    assert pad.values["pen"] == (126, 154) and "The pen is up, at 126 across and 154 down." in pad.frame.summary
    pad.react({"keys": [[0, " "], [0, "Backspace"]]})
    assert pad.values["strokes"] == [[(140, 126), (140, 140), (140, 154)]] and not pad.values["down"]
    pad.react({"keys": [[0, "Delete"]]})
    assert pad.values["strokes"] == []


def test_the_line_names_the_variable_that_was_handed_over(params):
    pad = drawn(DigitPad, MNIST | {"_": params, "trained": params}, params=params, strokes=SEVEN)
    line = pad.react({})["line"]
    again = eval(line, {"lab": type("Lab", (), {"explore": lambda **state: drawn(DigitPad, MNIST, **state)}),
                        "trained": params})
    assert line.startswith("lab.explore(params=trained, ") and again.frame.summary == pad.frame.summary


@pytest.mark.parametrize(("wrong", "words"), [
    (None, "no trained params yet"), (3, "a list of pairs (W, b)"), ([(np.ones((784, 10)),)], "a list of pairs (W, b)"),
    ([(np.ones((784, 9)), np.ones(9))], "from 784 inputs to 9 outputs; here there are 784 pixels and 10 classes"),
    ([(np.ones((784, 5)), np.ones(5)), (np.ones((4, 10)), np.ones(10))], "of layer 2 do not fit"),
    ([(np.full((784, 10), np.nan), np.ones(10))], "NaN"),
])
def test_params_that_are_none_are_a_message(wrong, words):
    assert words in refused(DigitPad, MNIST, params=wrong)


def test_a_rude_forward_leaves_the_params_alone(params):
    def rude(X, given):
        given[0][0][:] = 0
        return mnist.forward(X, given)

    before = params[0][0].copy()
    drawn(DigitPad, MNIST | {"forward": rude}, params=params)
    np.testing.assert_array_equal(params[0][0], before)


@pytest.mark.parametrize("strokes", ["3", [[]], [[(1, 2, 3)]], [["ab"]]])
def test_strokes_that_are_none_are_refused(strokes):
    with pytest.raises(ValueError, match=r"\(x, y\)"):
        DigitPad(MNIST, strokes=strokes)


# 07: gallery


@pytest.fixture
def labelled(params):
    """Images whose labels are known and whose predictions are the network's."""
    images = np.random.default_rng(3).random((300, 784), dtype=np.float32)
    labels = np.random.default_rng(4).integers(10, size=300)
    return {"images": images, "labels": labels, "params": params}


def test_a_cell_shows_its_images_the_most_confident_first(labelled):
    p = mnist.softmax(mnist.forward(labelled["images"], labelled["params"])[1])
    said = p.argmax(axis=1)
    column = np.bincount(said).argmax()
    row = labelled["labels"][said == column][0]
    gallery = drawn(Gallery, FASHION, **labelled, true=FASHION_CLASSES[row], said=FASHION_CLASSES[column])
    arrays = gallery.frame.arrays
    np.testing.assert_array_equal(arrays["confusion"], fashion.confusion_matrix(labelled["labels"], said, 10))
    assert set(arrays["rows"]) == set(np.flatnonzero((labelled["labels"] == row) & (said == column)))
    assert len(arrays["rows"]) == arrays["confusion"][row, column] > 1
    np.testing.assert_allclose(arrays["sure"], p[arrays["rows"], column])
    assert (np.diff(arrays["sure"]) <= 0).all()
    assert f"{len(arrays['rows'])} of {(labelled['labels'] == row).sum()} images" in gallery.frame.summary
    assert f"p = {arrays['sure'][0]:.2f}" in texts(gallery.frame.panels[1])
    gallery.react({"set": {"first": "the least confident"}})
    np.testing.assert_array_equal(gallery.frame.arrays["rows"], arrays["rows"][::-1])


def test_pointer_and_keys_choose_the_cell(labelled):
    gallery = drawn(Gallery, FASHION, **labelled)
    gallery.react({"points": [[0, 74 + 28 * 2.5, 92 + 28 * 4.5, True]]})
    assert (gallery.values["true"], gallery.values["said"]) == ("coat", "pullover")
    gallery.react({"keys": [[0, "ArrowUp"], [0, "ArrowRight"], [0, "ArrowRight"], [0, "x"]]})
    assert (gallery.values["true"], gallery.values["said"]) == ("dress", "coat")
    gallery.react({"points": [[0, -50, 1000, True]]})
    assert (gallery.values["true"], gallery.values["said"]) == ("ankle boot", "T-shirt/top")
    assert gallery.react({})["values"]["said"] == "T-shirt/top"


def test_a_matrix_that_is_turned_round_is_seen(labelled):
    turned = FASHION | {"confusion_matrix": lambda y, said, n: fashion.confusion_matrix(said, y, n)}
    messages = [drawn(Gallery, turned, **labelled, true=name, said=other).frame.summary
                for name in FASHION_CLASSES for other in FASHION_CLASSES]
    assert any("the two differ (≠)" in message for message in messages)
    assert "differ" not in drawn(Gallery, FASHION, **labelled).frame.summary


@pytest.mark.parametrize(("given", "words"), [
    ({"images": None}, "nothing to show yet"), ({"labels": np.arange(3)}, "array of labels has shape (3,)"),
    ({"labels": np.full(300, 10)}, "whole numbers from 0 to 9"), ({"images": np.ones((300, 5))}, "has shape (300, 5)"),
])
def test_what_cannot_be_shown_is_a_message(labelled, given, words):
    assert words in refused(Gallery, FASHION, **(labelled | given))


# 08: an eye to move


def sees_through(images):
    """A network that always says: pitch 4°, yaw −3°."""
    return np.tile(np.radians([4.0, -3.0]), (len(images), 1))


def test_the_error_is_the_students_angle_between_their_vectors():
    eye = drawn(MovableEye, GAZE, predict=sees_through, pitch=4.0, yaw=12.0)
    arrays = eye.frame.arrays
    expected = eye_gaze.gaze_vector(np.radians([[4.0, -3.0], [4.0, 12.0]]))
    np.testing.assert_allclose([arrays["said"], arrays["gaze"]], expected)
    error = eye_gaze.angular_error(expected[:1], expected[1:])[0]
    assert arrays["error"] == pytest.approx(error) and f"The error is {error:.1f}°" in eye.frame.summary
    assert texts(eye.frame.panels[0])[0] == f"error {error:.1f}°"
    assert "looks 4.0° up and 12.0° to the left; your network says 4.0° up and 3.0° to the right" in eye.frame.summary
    assert drawn(MovableEye, GAZE, predict=sees_through, pitch=4.0, yaw=-3.0).frame.arrays["error"] < 1e-6


def test_the_network_is_shown_the_eye_that_is_drawn():
    seen = []
    eye = drawn(MovableEye, GAZE, predict=lambda images: seen.append(images) or sees_through(images), stranger=3)
    persons = eyes.draw_persons(12, np.random.default_rng(2024))
    image = eyes.render(persons, np.array([2]), np.radians([[6.0, 12.0]]))[0]
    np.testing.assert_allclose(seen[0][0], image, atol=1e-6)
    np.testing.assert_array_equal(eye.frame.arrays["image"], seen[0][0])


def test_the_eye_looks_where_the_pointer_is():
    eye = drawn(MovableEye, GAZE, predict=sees_through)
    middle, reach = np.array([180, 24 + 108]), 270
    for pitch, yaw in ((0.0, 0.0), (10.0, -20.0), (-15.0, 12.5)):
        x, y = middle + reach * eye_gaze.gaze_vector(np.radians([[pitch, yaw]]))[0, :2]
        eye.react({"points": [[0, x, y, True]]})
        assert (eye.values["pitch"], eye.values["yaw"]) == (pitch, yaw)
    eye.react({"points": [[0, -5000, 5000, False]]})
    assert (eye.values["pitch"], eye.values["yaw"]) == (-21.0, 24.0)
    eye.react({"points": [[1, 34 + 296 / 2, 24 + 216 * 21 / 48, True]]})
    assert (eye.values["pitch"], eye.values["yaw"]) == (0.0, 0.0)


@pytest.mark.parametrize(("predict", "words"), [
    (None, "no network yet"), (lambda images: images, "what predict returns has shape (21, 36, 60)"),
    (lambda images: 1 / 0, "ZeroDivisionError"), (lambda images: None, "is None"),
])
def test_a_network_that_says_nothing_is_a_message(predict, words):
    assert words in refused(MovableEye, GAZE, predict=predict)
