"""The reference network: what it reaches on the test images, and what an epoch costs beside its matrix products.

Accuracy: 784-256-128-10, 20 epochs of Adam with decay in batches of 128, plain and on images shifted by up to one
pixel, trained on the full sets; and `improved_train` of stage 07 on the bundled samples of 4,000 images. All is tested
on the full sets' 10,000 test images, none of which is trained on. Where the full sets cannot be had, the samples are
tested on their own 1,000.

Eyes: 4,000 rendered images of 100 persons, a fifth of the images or of the persons held out: the mean angular error of
the mean direction, of ridge regression and of a network 2160-64-2, 20 epochs of Adam with decay, in float32.

Speed: an epoch of plain gradient descent, against the matrix products it cannot do without, on arrays of the same
shapes that are ready in memory; against PyTorch's eager mode and scikit-learn's MLPClassifier, with the same batches
and the same plain descent, where these are installed. All in float32 on one thread, in turns; a ratio is the median
over the rounds. Times are CPU seconds: other work on the machine blurs them little.
"""

import os

os.environ.update(dict.fromkeys(["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"], "1"))  # before NumPy

import argparse
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from statistics import mean, median

import numpy as np
from rich.console import Console
from rich.table import Table

from autograder.reference import eye_gaze, fashion, loss, mnist
from mlplab import eyes
from mlplab.data import DataError, Dataset, load_fashion_mnist, load_mnist

SIZES = [784, 256, 128, 10]
BATCH_SIZE, N_EPOCHS, RATE = 128, 20, 0.002
N_BATCHES = 468  # of the speed's epoch: as many whole ones as 60,000 images fill

Params = list[tuple[np.ndarray, np.ndarray]]


def plain(X: np.ndarray, labels: np.ndarray, rng: np.random.Generator, **options: Callable) -> Params:
    params = mnist.he_initialize(SIZES, rng)
    return fashion.fit(X, labels, params, fashion.adam_step, RATE, BATCH_SIZE, N_EPOCHS, rng, **options)


def shifted(X: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Params:
    return plain(X, labels, rng, augment=fashion.shift)


def cpu_seconds(work: Callable, *arguments: object) -> tuple[float, object]:
    """The CPU time of one call, and what it returned."""
    started = time.process_time()
    result = work(*arguments)
    return time.process_time() - started, result


def full_set(load: Callable[..., Dataset], folder: str | None) -> Dataset | None:
    """The 60,000 + 10,000 images, or None, and a line that says why, where they cannot be had."""
    try:
        return load(sample=False, folder=folder)
    except DataError as error:
        print(error)
        return None


def measure_accuracy(seeds: int, folder: str | None) -> None:
    """Print test accuracy and training time of every recipe, each seed drawing its own weights and batches."""
    table = Table(title=f"Test accuracy in % (seeds: {seeds}), and CPU seconds of the longest training")
    for column in ("images", "training", "goal", "lowest", "mean", "highest", "seconds"):
        table.add_column(column, justify="left" if column in ("images", "training") else "right")
    for title, load, goals in (("MNIST", load_mnist, ("98.2", "98.8", "94.0")),
                               ("Fashion-MNIST", load_fashion_mnist, ("89.9", "", "84.0"))):
        full, sample = full_set(load, folder), load(sample=True)
        test = full or sample
        recipes = [(plain, full), (shifted, full), (fashion.improved_train, sample)]
        for (train, images), goal in zip(recipes, goals, strict=True):
            if images is not None:
                seconds, accuracies = [], []
                for seed in range(seeds):
                    rng = np.random.default_rng(seed)
                    spent, params = cpu_seconds(train, images.train_images, images.train_labels, rng)
                    _, logits = mnist.forward(test.test_images, params)
                    seconds.append(spent)
                    accuracies.append(100 * mnist.accuracy(logits, test.test_labels))
                scores = (min(accuracies), mean(accuracies), max(accuracies))
                table.add_row(f"{title}, {len(images.train_labels):,}", train.__name__, goal,
                              *(f"{score:.2f}" for score in scores), f"{max(seconds):.1f}")
    Console(width=100).print(table)


def mean_direction(X: np.ndarray, gaze: np.ndarray, X_new: np.ndarray, _: object) -> np.ndarray:
    return np.zeros((len(X_new), gaze.shape[1]))


def ridge(X: np.ndarray, gaze: np.ndarray, X_new: np.ndarray, _: object) -> np.ndarray:
    return X_new @ np.linalg.solve(X.T @ X + 100 * np.eye(X.shape[1], dtype=X.dtype), X.T @ gaze)


def network(X: np.ndarray, gaze: np.ndarray, X_new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    params = mnist.he_initialize([X.shape[1], 64, gaze.shape[1]], rng)
    params = fashion.fit(X, gaze, params, fashion.adam_step, RATE, BATCH_SIZE, N_EPOCHS, rng,
                         loss_gradient=loss.mse_gradient)
    return mnist.forward(X_new, params)[1]


def measure_eyes(seeds: int) -> None:
    """Print the mean angular error of each method, on images held out at random and on persons left out."""
    images, pitch_yaw, person = eyes.make_dataset(100, 40, np.random.default_rng(8))
    X, gaze = images.reshape(len(images), -1), pitch_yaw.astype(np.float32)
    actual = eye_gaze.gaze_vector(pitch_yaw)
    table = Table(title=f"Mean angular error in degrees (splits: {seeds}), and CPU seconds of the longest training")
    for column in ("held out", "method", "goal", "lowest", "mean", "highest", "seconds"):
        table.add_column(column, justify="left" if column in ("held out", "method") else "right")
    for title, split, of in (("images at random", fashion.train_validation_split, len(X)),
                             ("persons", eye_gaze.split_by_person, person)):
        for method in (mean_direction, ridge, network):
            seconds, errors = [], []
            for seed in range(seeds):
                rng = np.random.default_rng(seed)
                kept, held_out = split(of, 0.2, rng)
                middle, spread, mean_image = gaze[kept].mean(axis=0), gaze[kept].std(axis=0), X[kept].mean(axis=0)
                spent, answer = cpu_seconds(method, X[kept] - mean_image, (gaze[kept] - middle) / spread,
                                            X[held_out] - mean_image, rng)
                seconds.append(spent)
                predicted = eye_gaze.gaze_vector(answer * spread + middle)
                errors.append(np.mean(eye_gaze.angular_error(predicted, actual[held_out])))
            goal = "6.5" if title == "persons" and method is network else ""
            scores = (min(errors), mean(errors), max(errors))
            table.add_row(title, method.__name__, goal, *(f"{score:.2f}" for score in scores), f"{max(seconds):.1f}")
    Console(width=100).print(table)


def products() -> Callable[[], None]:
    """The matrix products of an epoch, into arrays that are there already: three forward, five back."""
    rng = np.random.default_rng(0)
    shapes = list(pairwise(SIZES))
    W = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    a = [rng.random((BATCH_SIZE, size), dtype=np.float32) for size in SIZES]
    dW, dL_da = [np.empty_like(w) for w in W], [np.empty_like(activation) for activation in a]
    z = [np.empty_like(activation) for activation in a]

    def epoch() -> None:
        for _ in range(N_BATCHES):
            for layer in range(len(W)):
                np.matmul(a[layer], W[layer], out=z[layer + 1])
            for layer in reversed(range(len(W))):
                np.matmul(a[layer].T, z[layer + 1], out=dW[layer])
                if layer > 0:
                    np.matmul(z[layer + 1], W[layer].T, out=dL_da[layer])

    return epoch


def ours(X: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    rng = np.random.default_rng(0)
    params = mnist.he_initialize(SIZES, rng)
    return lambda: mnist.train(X, labels, params, 0.1, BATCH_SIZE, 1, rng)


def torch_eager(X: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    import torch

    torch.set_num_threads(1)
    images, targets = torch.from_numpy(X), torch.from_numpy(labels)
    layers = [torch.nn.Linear(*shape) for shape in pairwise(SIZES)]
    network = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    descent, loss = torch.optim.SGD(network.parameters(), lr=0.1), torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        for batch in torch.randperm(len(images)).split(BATCH_SIZE):
            descent.zero_grad()
            loss(network(images[batch]), targets[batch]).backward()
            descent.step()

    return epoch


def scikit_learn(X: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(SIZES[1:-1], solver="sgd", momentum=0, alpha=0, learning_rate_init=0.1,
                            batch_size=BATCH_SIZE, max_iter=1)
    return lambda: network.fit(X, labels)


def measure_speed(rounds: int) -> None:
    """Print the CPU time of an epoch and its ratio to the bare products, for all that are installed."""
    rng = np.random.default_rng(0)
    X = rng.random((N_BATCHES * BATCH_SIZE, SIZES[0]), dtype=np.float32)
    labels = rng.integers(SIZES[-1], size=len(X))
    epochs = {"matrix products alone": products(), "reference": ours(X, labels)}
    for name, prepare in (("PyTorch, eager", torch_eager), ("scikit-learn", scikit_learn)):
        try:
            epochs[name] = prepare(X, labels)
        except ImportError:
            print(f"{name}: not installed, left out")

    warnings.filterwarnings("ignore", "Stochastic Optimizer")  # scikit-learn: one epoch is no convergence
    times = {name: [] for name in epochs}
    for number in range(rounds + 1):
        for name, epoch in epochs.items():
            spent, _ = cpu_seconds(epoch)
            if number > 0:  # the first round warms up
                times[name].append(spent)

    table = Table(title=f"An epoch of {len(X):,} images in batches of {BATCH_SIZE} (rounds: {rounds})")
    for column in ("", "CPU seconds", "× the products"):
        table.add_column(column, justify="right" if column else "left")
    for name, spent in times.items():
        ratios = [one / bare for one, bare in zip(spent, times["matrix products alone"], strict=True)]
        table.add_row(name, f"{median(spent):.3f}", f"{median(ratios):.2f}")
    Console(width=100).print(table)
    print("the goal for the reference: at most 1.3 × the products, and below PyTorch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help="speed, accuracy or eyes (default all)")
    parser.add_argument("--seeds", type=int, default=3, help="of each training (default 3)")
    parser.add_argument("--rounds", type=int, default=9, help="of the speed's comparison (default 9)")
    parser.add_argument("--folder", help="that holds the full sets' files (default: MLPLAB_DATA, else downloaded)")
    options = parser.parse_args()
    parts = {"speed": lambda: measure_speed(options.rounds),
             "accuracy": lambda: measure_accuracy(options.seeds, options.folder),
             "eyes": lambda: measure_eyes(options.seeds)}
    if unknown := set(options.parts) - set(parts):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    for part in options.parts or parts:
        parts[part]()


if __name__ == "__main__":
    main()
