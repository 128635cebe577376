"""Wrong and right solutions of stage 06: batches and training, and what the other modules have of the stage."""

import numpy as np

from autograder.misconceptions.network import book, random_network
from autograder.reference import mnist as reference

STEP_BY_HAND = "takes_the_step_you_can_work_out_by_hand"
ONE_BATCH = "ends_at_the_right_params_with_all_samples_in_one_batch"
EVERY_SAMPLE = "holds_every_sample_once"
EVERY_IMAGE = "uses_every_image_once_an_epoch"
FRESH_ORDER = "comes_in_a_fresh_order_each_time"


@book.inputs("minibatches")
def a_number_of_samples(rng):
    return 23, 5, rng


@book.inputs("train")
def a_task(rng):
    return rng.normal(size=(7, 5)), rng.integers(5, size=7), random_network(rng), 0.1, 3, 2, rng


@book.wrong("minibatches", caught_by=EVERY_SAMPLE, diagnosis="drops-last-batch",
            thought="n // batch_size batches fit in.",
            hint="What becomes of the samples that are left over when n is no multiple of batch_size?")
def last_batch_dropped(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[i * batch_size:(i + 1) * batch_size] for i in range(max(1, n // batch_size))]


@book.wrong("minibatches", caught_by=FRESH_ORDER, diagnosis="not-shuffled",
            thought="Batches are pieces of the data.",
            hint="The data may be sorted by label. What is `rng` for?")
def in_the_old_order(n, batch_size, rng):
    return [np.arange(start, min(start + batch_size, n)) for start in range(0, n, batch_size)]


@book.wrong("minibatches", caught_by=FRESH_ORDER, diagnosis="fixed-seed",
            thought="A seed makes the order reproducible.",
            hint="Call it twice. Is the second epoch's order another one?")
def same_order_each_epoch(n, batch_size, rng):
    return reference.minibatches(n, batch_size, np.random.default_rng(0))


@book.wrong("minibatches", caught_by=EVERY_SAMPLE, diagnosis="repeated",
            thought="A batch is a random choice of samples.",
            hint="Is every sample used in an epoch? Is one used twice?")
def drawn_with_replacement(n, batch_size, rng):
    return [rng.integers(n, size=min(batch_size, n - start)) for start in range(0, n, batch_size)]


@book.wrong("minibatches", caught_by="puts_together_new_batches_each_time", diagnosis="batches-shuffled",
            thought="I cut the data into batches and shuffle the batches.",
            hint="Do the same samples meet in a batch in every epoch?")
def batches_shuffled(n, batch_size, rng):
    batches = in_the_old_order(n, batch_size, rng)
    return [batches[i] for i in rng.permutation(len(batches))]


@book.wrong("minibatches", caught_by="makes_batches_of_the_right_size", diagnosis="number-for-size",
            thought="`np.array_split` cuts into batch_size parts.",
            hint="What does the second argument of `np.array_split` mean: how many, or how large?")
def batch_size_as_number_of_batches(n, batch_size, rng):
    return np.array_split(rng.permutation(n), batch_size)


@book.wrong("minibatches", caught_by="makes_batches_of_the_right_size", diagnosis="empty-batch",
            thought="n // batch_size + 1 batches, the last one is shorter.",
            hint="And where n is a multiple of batch_size? What is the mean over no samples?")
def empty_batch_in_the_end(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[i * batch_size:(i + 1) * batch_size] for i in range(n // batch_size + 1)]


@book.wrong("minibatches", caught_by="leaves_the_global_generator_of_numpy_alone", diagnosis="global-random",
            thought="`np.random.seed` makes the order reproducible.",
            hint="Whose state does `np.random.seed` set, and who else draws from it?")
def global_seed_for_the_order(n, batch_size, rng):
    np.random.seed(1)
    order = np.random.permutation(n)
    return [order[start:start + batch_size] for start in range(0, n, batch_size)]


@book.right("minibatches", style="a generator")
def yielded(n, batch_size, rng):
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start:start + batch_size]


@book.right("minibatches", style="shuffled in place, cut by a while loop")
def cut_by_a_while_loop(n, batch_size, rng):
    order, batches = np.arange(n), []
    rng.shuffle(order)
    while len(order):
        batches.append(order[:batch_size])
        order = order[batch_size:]
    return batches


@book.right("minibatches", style="sorted random numbers, array_split")
def sorted_random_numbers(n, batch_size, rng):
    order = np.argsort(rng.random(n))
    return tuple(np.array_split(order, np.arange(batch_size, n, batch_size)))


@book.right("minibatches", style="choice without replacement, a map")
def chosen_without_replacement(n, batch_size, rng):
    order = rng.choice(n, n, replace=False)
    return map(lambda start: order[start:start + batch_size], range(0, n, batch_size))


def _step(X, labels, params, learning_rate):
    gradients = reference.loss_gradients(X, labels, params)
    return [(W - learning_rate * dW, b - learning_rate * db)
            for (W, b), (dW, db) in zip(params, gradients, strict=True)]


def _train_on(batches_of_epoch, X, labels, params, learning_rate, n_epochs):
    """Gradient descent over the batches, pairs of images and labels, that `batches_of_epoch()` gives."""
    for _ in range(n_epochs):
        for batch_X, batch_labels in batches_of_epoch():
            params = _step(batch_X, batch_labels, params, learning_rate)
    return params


@book.wrong("train", caught_by=ONE_BATCH, diagnosis="update-before-use",
            thought="As soon as a layer's gradient is known, the layer can be moved.",
            hint="The error goes back through the weights that made it. Which weights do you send it through?")
def moved_before_used(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    params = list(params)
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            activations, logits = reference.forward(X[batch], params)
            dL_dz = reference.cross_entropy_gradient(logits, labels[batch])
            for layer in reversed(range(len(params))):
                a, (W, b) = activations[layer], params[layer]
                params[layer] = W - learning_rate * a.T @ dL_dz, b - learning_rate * dL_dz.sum(axis=0)
                dL_dz = dL_dz @ params[layer][0].T * (a > 0)
    return params


@book.wrong("train", caught_by="keeps_each_image_with_its_label", diagnosis="unpaired",
            thought="Images and labels are both shuffled.",
            hint="Shuffle them twice, and image 3 meets whose label? One order has to serve both.")
def images_and_labels_shuffled_apart(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[batch], labels[other]) for batch, other in zip(
        reference.minibatches(len(X), batch_size, rng), reference.minibatches(len(X), batch_size, rng), strict=True)],
        X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by=EVERY_IMAGE, diagnosis="drops-last-batch",
            thought="n // batch_size steps make an epoch.",
            hint="What becomes of the images that are left over?")
def last_images_left_out(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[batch], labels[batch]) for batch in reference.minibatches(len(X), batch_size, rng)[
        :max(1, len(X) // batch_size)]], X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by="puts_them_in_another_order_each_epoch", diagnosis="same-order",
            thought="The data are shuffled once, before the first epoch.",
            hint="Where does the line that draws the order stand: before the loop over the epochs, or in it?")
def shuffled_once(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    batches = reference.minibatches(len(X), batch_size, rng)
    return _train_on(lambda: [(X[batch], labels[batch]) for batch in batches], X, labels, params, learning_rate,
                     n_epochs)


@book.wrong("train", caught_by="follows_rng_alone", diagnosis="fixed-seed",
            thought="The order of the data does not matter.",
            hint="What is `rng` for? Think of data that are sorted by label.")
def never_shuffled(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[start:start + batch_size], labels[start:start + batch_size])
                              for start in range(0, len(X), batch_size)], X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by=EVERY_IMAGE, diagnosis="batch-size-ignored",
            thought="The gradient of all images is the best one.",
            hint="How many steps does an epoch have, and how many is it to have?")
def all_images_in_one_batch(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[batch], labels[batch]) for batch in reference.minibatches(len(X), len(X), rng)],
                     X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by=STEP_BY_HAND, diagnosis="mean-twice",
            thought="The gradient of a batch is divided by its size.",
            hint="Look at dlogits: what has it been divided by already?")
def divided_by_the_batch_again(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            params = _step(X[batch], labels[batch], params, learning_rate / len(batch))
    return params


@book.wrong("train", caught_by=STEP_BY_HAND, diagnosis="ascent",
            thought="The gradient shows the way.",
            hint="Uphill or downhill?")
def uphill(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return reference.train(X, labels, params, -learning_rate, batch_size, n_epochs, rng)


@book.wrong("train", caught_by=STEP_BY_HAND, diagnosis="biases-left",
            thought="The weights are what is trained.",
            hint="What is the second one of each pair of gradients for?")
def biases_never_moved(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    biases = [b for _, b in params]
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            moved = _step(X[batch], labels[batch], params, learning_rate)
            params = [(W, b) for (W, _), b in zip(moved, biases, strict=True)]
    return params


@book.wrong("train", caught_by="learns_an_easy_task", diagnosis="does-not-learn",
            thought="New params are worked out from the given ones.",
            hint="From which params does the second step start?")
def every_step_from_the_first_params(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    new = params
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            new = _step(X[batch], labels[batch], params, learning_rate)
    return new


@book.wrong("train", caught_by="leaves_images_labels_and_params_as_they_were", diagnosis="modifies-argument",
            thought="`W -= …` moves the weights.",
            hint="It moves the caller's weights. Train twice from the same params: do you get the same?")
def params_moved_in_place(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            gradients = reference.loss_gradients(X[batch], labels[batch], params)
            for (W, b), (dW, db) in zip(params, gradients, strict=True):
                W -= learning_rate * dW
                b -= learning_rate * db
    return params


@book.wrong("train", caught_by="gives_back_params_of_the_same_shapes", diagnosis="returns-nothing",
            thought="The params have been trained, that is enough.",
            hint="What does a function give back that has no `return`?")
def nothing_returned(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    reference.train(X, labels, params, learning_rate, batch_size, n_epochs, rng)


def _loop(X, labels, params, learning_rate, batches):
    for batch in batches:
        activations, logits = reference.forward(X[batch], params)
        dlogits = reference.cross_entropy_gradient(logits, labels[batch])
        gradients = reference.backward(activations, params, dlogits)
        params = [(W - learning_rate * dW, b - learning_rate * db)
                  for (W, b), (dW, db) in zip(params, gradients, strict=True)]
    return params


@book.right("train", style="an epoch at a time")
def an_epoch_at_a_time(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    for _ in range(n_epochs):
        params = _loop(X, labels, params, learning_rate, reference.minibatches(len(X), batch_size, rng))
    return params


@book.right("train", style="all orders drawn beforehand")
def all_orders_drawn_beforehand(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    epochs = [list(yielded(len(X), batch_size, rng)) for _ in range(n_epochs)]
    return _loop(X, labels, params, learning_rate, [batch for epoch in epochs for batch in epoch])


@book.right("train", style="in place on copies, shuffled images and labels")
def in_place_on_copies(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    params = [(W.copy(), b.copy()) for W, b in params]
    X, labels = X.copy(), labels.copy()
    for _ in range(n_epochs):
        order = np.argsort(rng.random(len(X)))
        X, labels = X[order], labels[order]
        for start in range(0, len(X), batch_size):
            gradients = reference.loss_gradients(X[start:start + batch_size], labels[start:start + batch_size], params)
            for param, slopes in zip(params, gradients, strict=True):
                for array, slope in zip(param, slopes, strict=True):
                    array -= learning_rate * slope
    return params


@book.right("train", style="by itself, through the last layer to the first, moved afterwards")
def by_itself(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    params = [[W, b] for W, b in params]
    for _ in range(n_epochs):
        order = rng.permutation(len(X))
        while order.size:
            batch, order = order[:batch_size], order[batch_size:]
            activations = [X[batch].astype(float)]
            for W, b in params:
                activations.append(np.maximum(activations[-1] @ W + b, 0))
            z = activations[-2] @ params[-1][0] + params[-1][1]
            e = np.exp(z - z.max(axis=1, keepdims=True))
            delta = (e / e.sum(axis=1, keepdims=True) - np.eye(z.shape[1])[labels[batch]]) / len(batch)
            steps = []
            for a, (W, _) in zip(activations[-2::-1], params[::-1], strict=True):
                steps.append((a.T @ delta, delta.sum(axis=0)))
                delta = delta @ W.T * (a > 0)
            params = [[W - learning_rate * dW, b - learning_rate * db]
                      for (W, b), (dW, db) in zip(params, steps[::-1], strict=True)]
    return [tuple(pair) for pair in params]
