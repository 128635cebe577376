"""The exercises of the course: which stage asks for which function, and for how many points.

This is the one place where points live; the metadata of the notebooks in `source/` is held in step by a test.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """One graded function.

    Attributes:
        name: the function's name, which is also the `grade_id` of its solution cell.
        parameters: its parameters, as the contract has them.
        points: what it is worth.
        seconds: how long the grader lets one call of it run, on the clock; None for its usual limit on a call.
    """

    name: str
    parameters: str
    points: float
    seconds: float | None = None


@dataclass(frozen=True)
class Stage:
    """One notebook: an nbgrader assignment.

    Attributes:
        name: folder and notebook name, such as `01-activation`.
        module: the name under which its checks, reference and misconceptions are kept.
        builds_on: the earlier stages whose functions its own may call.
        exercises: in the order in which the notebook asks for them.
    """

    name: str
    module: str
    builds_on: tuple[str, ...]
    exercises: tuple[Exercise, ...]

    def exercise(self, name: str) -> Exercise:
        """The exercise called `name`; KeyError with the known names where there is none."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        known = ", ".join(exercise.name for exercise in self.exercises)
        raise KeyError(f"stage {self.name} has no exercise {name!r}; it has {known}")


_STAGES = (
    Stage("01-activation", "activation", (), (
        Exercise("sigmoid", "x", 3),
        Exercise("sigmoid_prime", "a", 2),
        Exercise("tanh_prime", "a", 2),
        Exercise("relu", "x", 1),
        Exercise("relu_prime", "x", 2),
    )),
    Stage("02-forward", "forward", ("01-activation",), (
        Exercise("dense", "inputs, weights", 2),
        Exercise("initialize_weights", "input_size, hidden_size, output_size, rng", 3),
        Exercise("forward_pass", "X, w1, w2", 5),
    )),
    Stage("03-loss", "loss", ("01-activation", "02-forward"), (
        Exercise("mse", "y_hat, y", 5),
        Exercise("mse_gradient", "y_hat, y", 5),
    )),
    Stage("04-backprop", "backprop", ("01-activation", "02-forward", "03-loss"), (
        Exercise("numerical_gradient", "f, w, step=1e-5", 4),
        Exercise("dyhat_dw2", "act_hidden", 2),
        Exercise("dyhat_da", "w2", 2),
        Exercise("da_dh", "a", 3),
        Exercise("dh_dwij", "x, i, j, hidden_size", 3),
        Exercise("dyhat_dwij", "x, a, w2, i, j", 3),
        Exercise("backward", "X, y, y_hat, act_hidden, w2", 5),
        Exercise("backward_faster", "X, y, y_hat, act_hidden, w2", 4),
        Exercise("backward_pass", "X, y, y_hat, act_hidden, w2", 4),
    )),
    Stage("05-training", "training", ("01-activation", "02-forward", "03-loss", "04-backprop"), (
        Exercise("sgd_step", "w, gradient, learning_rate", 2),
        Exercise("train", "X, y, w1, w2, learning_rate, n_epochs", 6),
        Exercise("predict", "X, w1, w2", 2),
    )),
    Stage("06-mnist", "mnist", (), (
        Exercise("softmax", "logits", 3),
        Exercise("cross_entropy", "logits, labels", 3),
        Exercise("cross_entropy_gradient", "logits, labels", 4),
        Exercise("he_initialize", "sizes, rng", 3),
        Exercise("forward", "X, params", 3),
        Exercise("backward", "activations, params, dlogits", 6),
        Exercise("minibatches", "n, batch_size, rng", 3),
        Exercise("train", "X, labels, params, learning_rate, batch_size, n_epochs, rng", 4),
        Exercise("accuracy", "logits, labels", 1),
    )),
    Stage("07-fashion", "fashion", ("06-mnist",), (
        Exercise("train_validation_split", "n, fraction, rng", 4),
        Exercise("confusion_matrix", "labels, predictions, n_classes", 3),
        Exercise("precision_recall", "confusion", 4),
        # The contract gives it 60 s of CPU. A busy machine may need twice as long for them.
        Exercise("improved_train", "X, labels, rng", 9, seconds=120),
    )),
    Stage("08-eye-gaze", "eye_gaze", ("06-mnist",), (
        Exercise("gaze_vector", "pitch_yaw", 4),
        Exercise("angular_error", "predicted, actual", 4),
        Exercise("split_by_person", "person, fraction, rng", 5),
    )),
)

STAGES: dict[str, Stage] = {stage.name: stage for stage in _STAGES}
