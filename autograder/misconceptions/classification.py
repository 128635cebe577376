"""Wrong and right solutions of stage 06, first part: what is made of logits and labels."""

import numpy as np

from autograder.misconceptions import Casebook
from autograder.reference.mnist import cross_entropy as right_cross_entropy
from autograder.reference.mnist import cross_entropy_gradient as right_gradient
from autograder.reference.mnist import log_softmax, softmax

book = Casebook("06-mnist")

PROBABILITIES = "has_the_probabilities_you_can_work_out_by_hand"
LARGE_LOGITS = "is_right_and_silent_for_large_logits"
LOSS = "has_the_loss_you_can_work_out_by_hand"
SURELY_WRONG = "is_right_and_silent_where_the_network_is_surely_wrong"
SLOPES = "has_the_slopes_you_can_work_out_by_hand"
FRACTION = "is_the_fraction_you_can_count_by_hand"


@book.inputs("softmax")
def logits_of_a_batch(rng):
    return (rng.normal(scale=2.0, size=(7, 3)),)


@book.inputs("cross_entropy", "cross_entropy_gradient", "accuracy")
def logits_and_labels(rng):
    return rng.normal(scale=2.0, size=(7, 3)), rng.integers(3, size=7)


def rows(labels):
    return np.arange(len(labels))


@book.wrong("softmax", caught_by=LARGE_LOGITS, diagnosis="overflow",
            thought="The formula is right, so the code is.",
            hint="How large is e^1000? Which number may you take off all logits of a sample without changing the "
                 "quotient?")
def exponentials_overflow(logits):
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)


@book.wrong("softmax", caught_by=PROBABILITIES, diagnosis="wrong-axis",
            thought="Axis 0 is the rows, so I sum over axis 0.",
            hint="The axis you name is the one that disappears. A sample is a row: which axis holds its classes?")
def summed_over_the_samples(logits):
    e = np.exp(logits - logits.max(axis=0))
    return e / e.sum(axis=0)


@book.wrong("softmax", caught_by=PROBABILITIES, diagnosis="sum-over-everything",
            thought="`np.sum` gives the sum I need.",
            hint="Add up one row of your result. What should that be for each sample?")
def summed_over_everything(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


@book.wrong("softmax", caught_by=LARGE_LOGITS, diagnosis="one-shift-for-all",
            thought="Taking the largest logit off keeps the exponentials small, so I take the largest of all.",
            hint="And where a whole sample lies 2000 below it? Whose largest logit should a sample's be measured by?")
def one_shift_for_the_whole_batch(logits):
    e = np.exp(logits - np.max(logits))
    return e / e.sum(axis=1, keepdims=True)


@book.wrong("softmax", caught_by=PROBABILITIES, diagnosis="not-normalised",
            thought="The exponential makes positive numbers of the logits.",
            hint="Probabilities add up to 1. What do yours add up to?")
def exponentials_alone(logits):
    return np.exp(logits - logits.max(axis=1, keepdims=True))


@book.wrong("softmax", caught_by=PROBABILITIES, diagnosis="log-for-probability",
            thought="The loss needs the logarithm anyway.",
            hint="Which values can a probability take, and which ones come out of your function?")
def logarithms_of_probabilities(logits):
    return log_softmax(logits)


@book.wrong("softmax", caught_by="leaves_the_logits_as_they_were", diagnosis="modifies-argument",
            thought="`-=` is the short way to take the largest logit off.",
            hint="The caller still holds the logits. What will they find in them after calling you?")
def largest_taken_off_in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    return softmax(logits)


@book.wrong("softmax", caught_by="agrees_on_random_logits", diagnosis="precision",
            thought="Deep learning is done in single precision.",
            hint="The logits are float64: which line turned them into something shorter?")
def single_precision_throughout(logits):
    return softmax(logits.astype(np.float32))


@book.wrong("softmax", caught_by="keeps_the_shape_and_takes_single_precision", diagnosis="squeezed",
            thought="`squeeze` gets rid of axes of length 1 that are in the way.",
            hint="What is the shape of your result for a batch of one sample?")
def squeezed(logits):
    return np.squeeze(softmax(logits)).reshape(-1) if len(logits) == 1 else softmax(logits)


@book.wrong("softmax", caught_by=PROBABILITIES, diagnosis="exponential-missing",
            thought="A share of the whole is a number divided by the sum.",
            hint="Logits may be negative. What does your share become then?")
def shares_of_the_logits(logits):
    return logits / logits.sum(axis=1, keepdims=True)


@book.right("softmax", style="exponentials, the largest logit taken off")
def largest_taken_off(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@book.right("softmax", style="sample by sample")
def sample_by_sample(logits):
    p = np.zeros_like(logits)
    for n, z in enumerate(logits):
        e = np.exp(z - max(z))
        p[n] = e / sum(e)
    return p


@book.right("softmax", style="transposed")
def transposed(logits):
    z = logits.T - logits.max(axis=1)
    return (np.exp(z) / np.exp(z).sum(axis=0)).T


@book.right("softmax", style="logaddexp")
def by_logaddexp(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, np.newaxis])


@book.right("softmax", style="in double precision, in place on its own copy")
def in_place_on_its_own_copy(logits):
    p = np.array(logits, dtype=np.float64)
    p -= p.max(axis=1)[:, None]
    np.exp(p, out=p)
    p /= p.sum(axis=1)[:, None]
    return p


@book.wrong("cross_entropy", caught_by=SURELY_WRONG, diagnosis="log-of-zero",
            thought="Softmax first, then the logarithm: that is the formula.",
            hint="What is e^−1000 to a computer, and its logarithm? Write ln (e^z / sum) as a difference.")
def logarithm_of_the_softmax(logits, labels):
    return -np.mean(np.log(softmax(logits)[rows(labels), labels]))


@book.wrong("cross_entropy", caught_by=SURELY_WRONG, diagnosis="floor",
            thought="A tiny number inside the logarithm keeps it from −∞.",
            hint="What is the largest loss that your function can give? Where the network is surely wrong it should "
                 "grow on.")
def tiny_number_inside_the_logarithm(logits, labels):
    return -np.mean(np.log(softmax(logits)[rows(labels), labels] + 1e-12))


@book.wrong("cross_entropy", caught_by=SURELY_WRONG, diagnosis="overflow",
            thought="ln (e^z / sum) is z − ln sum, so nothing is divided and nothing can go wrong.",
            hint="How large is e^1000? What may be taken off all logits of a sample?")
def sum_of_exponentials_overflows(logits, labels):
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[rows(labels), labels])


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="no-mean",
            thought="The loss of a batch is the sum of the losses.",
            hint="Feed the same samples twice. What should the loss do?")
def summed_over_the_batch(logits, labels):
    return -np.sum(log_softmax(logits)[rows(labels), labels])


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="mean-over-outputs",
            thought="`np.mean` of one-hot labels times logarithms is the mean.",
            hint="Over how many numbers does `np.mean` run there? How many samples are there?")
def mean_over_samples_and_classes(logits, labels):
    return -np.mean(np.eye(logits.shape[1])[labels] * log_softmax(logits))


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="mean-twice",
            thought="The loss is a mean, so I divide by the number of samples.",
            hint="`np.mean` has divided already. Feed the same samples twice: what should the loss do?")
def mean_taken_twice(logits, labels):
    return -np.mean(log_softmax(logits)[rows(labels), labels]) / len(labels)


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="sign",
            thought="The loss is the logarithm of the probability.",
            hint="The logarithm of a probability is negative. Should a good network have a large loss or a small one?")
def minus_forgotten(logits, labels):
    return np.mean(log_softmax(logits)[rows(labels), labels])


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="raises-ValueError",
            thought="Labels are one-hot: I multiply them with the logarithms.",
            hint="Print `labels.shape`. They are class numbers, one a sample: how does one entry of each row get "
                 "picked by number?")
def labels_taken_for_one_hot(logits, labels):
    return -np.mean(np.sum(labels * log_softmax(logits), axis=1))


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="every-label-for-every-sample",
            thought="`[:, labels]` takes the label's entry of each row.",
            hint="Print the shape of `a[:, labels]`. Which index is missing, so that each row gets its own column?")
def whole_columns_of_the_labels(logits, labels):
    return -np.mean(log_softmax(logits)[:, labels])


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="bits",
            thought="Information is measured in bits.",
            hint="The derivative that follows is that of the natural logarithm.")
def logarithm_to_base_two(logits, labels):
    return right_cross_entropy(logits, labels) / np.log(2)


@book.wrong("cross_entropy", caught_by=LOSS, diagnosis="softmax-forgotten",
            thought="The network's outputs are the probabilities.",
            hint="The parameter is called logits: what makes probabilities of them?")
def logits_taken_for_logarithms(logits, labels):
    return -np.mean(logits[rows(labels), labels])


@book.wrong("cross_entropy", caught_by="leaves_logits_and_labels_as_they_were", diagnosis="modifies-argument",
            thought="`-=` is the short way to take the largest logit off.",
            hint="The gradient needs the logits again. What will it find in them?")
def logits_moved_in_place(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    return right_cross_entropy(logits, labels)


@book.wrong("cross_entropy", caught_by="is_one_number_in_either_precision", diagnosis="not-averaged",
            thought="Each sample has a loss.",
            hint="Gradient descent goes down one number: which one do you make of those of all samples?")
def loss_of_each_sample(logits, labels):
    return -log_softmax(logits)[rows(labels), labels]


@book.wrong("cross_entropy", caught_by="has_the_same_loss_when_the_batch_is_repeated", diagnosis="hard-coded-samples",
            thought="There are five samples in the example.",
            hint="Your function divides by a number that it has never been given. Where can it learn N?")
def divided_by_five(logits, labels):
    return -np.sum(log_softmax(logits)[rows(labels), labels]) / 5


@book.right("cross_entropy", style="log-sum-exp minus the label's logit")
def log_sum_exp(logits, labels):
    top = logits.max(axis=1)
    return np.mean(np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - logits[rows(labels), labels])


@book.right("cross_entropy", style="one-hot labels made from the numbers")
def one_hot_made(logits, labels):
    return -np.sum(np.eye(logits.shape[1])[labels] * log_softmax(logits)) / len(labels)


@book.right("cross_entropy", style="a Python loop and a plain float")
def loop(logits, labels):
    total = 0.0
    for z, label in zip(logits.astype(float), labels, strict=True):
        total += np.log(np.exp(z - z.max()).sum()) - (z[label] - z.max())
    return float(total / len(labels))


@book.right("cross_entropy", style="take_along_axis and logaddexp")
def taken_along_the_axis(logits, labels):
    of_label = np.take_along_axis(logits, labels[:, np.newaxis], axis=1)
    return np.mean(np.logaddexp.reduce(logits, axis=1, keepdims=True) - of_label)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="no-mean",
            thought="The gradient is softmax minus one-hot.",
            hint="The loss is a mean over N samples. Feed the same samples twice: what should each slope do?")
def mean_forgotten(logits, labels):
    return right_gradient(logits, labels) * len(labels)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="mean-twice",
            thought="Both the softmax part and the label part are means.",
            hint="By how much does the loss move when one logit does? Measure it.")
def divided_by_samples_twice(logits, labels):
    return right_gradient(logits, labels) / len(labels)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="mean-over-outputs",
            thought="The mean is over all numbers in the array.",
            hint="The loss adds up one term a sample. By how many terms is it divided?")
def divided_by_all_entries(logits, labels):
    return right_gradient(logits, labels) / logits.shape[1]


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="sign",
            thought="Target minus prediction is the error.",
            hint="A larger logit at the label makes the loss smaller: which sign has its slope?")
def label_minus_probability(logits, labels):
    return -right_gradient(logits, labels)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="label-forgotten",
            thought="The derivative of the softmax is the softmax.",
            hint="Where do the labels enter? Add up a row of your gradient.")
def probabilities_alone(logits, labels):
    return softmax(logits) / len(labels)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="softmax-forgotten",
            thought="Prediction minus target, as with the squared error.",
            hint="The parameter is called logits: what makes the prediction of them?")
def logits_minus_one_hot(logits, labels):
    return (logits - np.eye(logits.shape[1])[labels]) / len(labels)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="slope-twice",
            thought="By the chain rule there is still the slope of the softmax, p (1 − p).",
            hint="p − one-hot is what is left after the chain rule has been through the softmax. Check it with a "
                 "measured slope.")
def slope_of_the_softmax_once_more(logits, labels):
    p = softmax(logits)
    return right_gradient(logits, labels) * p * (1 - p)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="raises-ValueError",
            thought="Labels are one-hot: I subtract them.",
            hint="Print `labels.shape`. They are class numbers, one a sample: how does one entry of each row get "
                 "picked by number?")
def labels_subtracted_as_one_hot(logits, labels):
    return (softmax(logits) - labels) / len(labels)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="every-label-for-every-sample",
            thought="`p[:, labels] -= 1` subtracts 1 at each sample's label.",
            hint="How many entries does `p[:, labels]` have? Which index is missing, so that each row gets its own "
                 "column?")
def one_taken_off_whole_columns(logits, labels):
    p = softmax(logits)
    p[:, labels] -= 1
    return p / len(labels)


@book.wrong("cross_entropy_gradient", caught_by=SLOPES, diagnosis="label-alone",
            thought="Only the label's logarithm is in the loss, so only its logit has a slope.",
            hint="The other logits stand in the sum below the fraction. What does the loss do when one of them grows?")
def slope_at_the_label_alone(logits, labels):
    return right_gradient(logits, labels) * np.eye(logits.shape[1])[labels]


@book.wrong("cross_entropy_gradient", caught_by="stays_right_and_silent_for_large_logits", diagnosis="overflow",
            thought="The softmax is short enough to be written once more.",
            hint="How large is e^1000? You have a softmax that knows what to do about it.")
def softmax_that_overflows_inside(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[rows(labels), labels] -= 1
    return p / len(labels)


@book.wrong("cross_entropy_gradient", caught_by="leaves_its_arguments_as_they_were", diagnosis="modifies-argument",
            thought="The logits are not needed any more, so I write the gradient into them.",
            hint="The caller still holds the logits. What will they find in them after calling you?")
def written_into_the_logits(logits, labels):
    gradient = right_gradient(logits, labels)
    logits[...] = gradient
    return gradient


@book.wrong("cross_entropy_gradient", caught_by="has_the_shape_of_the_logits", diagnosis="squeezed",
            thought="`squeeze` gets rid of axes of length 1 that are in the way.",
            hint="What is the shape of your result for a batch of one sample?")
def gradient_squeezed(logits, labels):
    gradient = right_gradient(logits, labels)
    return gradient[0] if len(labels) == 1 else gradient


@book.right("cross_entropy_gradient", style="one-hot labels made from the numbers")
def softmax_minus_one_hot(logits, labels):
    return (softmax(logits) - np.eye(logits.shape[1])[labels]) / logits.shape[0]


@book.right("cross_entropy_gradient", style="a mask made by comparing")
def mask_by_comparing(logits, labels):
    return (softmax(logits) - (labels[:, np.newaxis] == np.arange(logits.shape[1]))) / len(logits)


@book.right("cross_entropy_gradient", style="entry by entry")
def entry_by_entry(logits, labels):
    p = softmax(logits.astype(np.float64))
    gradient = np.empty(p.shape)
    for n, c in np.ndindex(*p.shape):
        gradient[n, c] = (p[n, c] - (1 if labels[n] == c else 0)) / len(labels)
    return gradient


@book.right("cross_entropy_gradient", style="chain rule, sample by sample, with the Jacobian of the softmax")
def by_the_jacobian_in_logarithms(logits, labels):
    rows_of_gradient = []
    for p, label in zip(softmax(logits), labels, strict=True):
        jacobian_of_log = np.eye(p.size) - p
        rows_of_gradient.append(-jacobian_of_log[label] / len(labels))
    return np.array(rows_of_gradient)


@book.wrong("accuracy", caught_by=FRACTION, diagnosis="percent",
            thought="Accuracy is given in percent.",
            hint="Your function is asked for a fraction from 0 to 1.")
def in_percent(logits, labels):
    return 100 * np.mean(logits.argmax(axis=1) == labels)


@book.wrong("accuracy", caught_by=FRACTION, diagnosis="error-rate",
            thought="I count where prediction and label differ.",
            hint="What should come out where everything is right?")
def share_of_the_wrong_ones(logits, labels):
    return np.mean(logits.argmax(axis=1) != labels)


@book.wrong("accuracy", caught_by=FRACTION, diagnosis="count",
            thought="I count the right ones.",
            hint="Of how many? A fraction makes batches of different sizes comparable.")
def number_of_right_ones(logits, labels):
    return np.sum(logits.argmax(axis=1) == labels)


@book.wrong("accuracy", caught_by=FRACTION, diagnosis=None,
            thought="The largest along axis 0.",
            hint="The axis you name is the one that disappears. How many predictions do you get, and how many samples "
                 "are there?")
def largest_over_the_samples(logits, labels):
    return np.mean(logits.argmax(axis=0) == labels[:logits.shape[1]])


@book.wrong("accuracy", caught_by="leaves_the_logits_and_the_labels_alone", diagnosis="modifies-argument",
            thought="Turning the logits into probabilities first does no harm.",
            hint="It happens in the caller's own array. And does it change which entry is the largest?")
def probabilities_in_place(logits, labels):
    logits[...] = softmax(logits)
    return np.mean(logits.argmax(axis=1) == labels)


@book.wrong("accuracy", caught_by="is_one_number_from_zero_to_one", diagnosis="not-averaged",
            thought="Right or wrong, for each sample.",
            hint="One number is asked for: which share of them is right?")
def right_or_wrong_of_each(logits, labels):
    return (logits.argmax(axis=1) == labels).astype(float)


@book.right("accuracy", style="sum over length")
def sum_over_length(logits, labels):
    return (np.argmax(logits, axis=1) == labels).sum() / len(labels)


@book.right("accuracy", style="a Python loop")
def counted_in_a_loop(logits, labels):
    right = 0
    for z, label in zip(logits, labels, strict=True):
        right += int(z[label] == z.max())
    return right / len(labels)


@book.right("accuracy", style="sorted, through the softmax")
def sorted_through_the_softmax(logits, labels):
    return float((softmax(logits).argsort(axis=1)[:, -1] == labels).mean())
