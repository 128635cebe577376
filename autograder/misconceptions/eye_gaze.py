"""Wrong and right solutions of stage 08: splits that keep persons together, beside those of `eye_gaze_vectors`."""

import numpy as np

from autograder.misconceptions.eye_gaze_vectors import book
from autograder.reference.eye_gaze import split_by_person

ONE_SIDE = "keeps_each_person_on_one_side"
SHARE = "holds_out_a_fraction_of_the_persons"
FROM_RNG = "draws_the_persons_from_rng"
ANY_NUMBER = "takes_persons_by_whatever_number"


@book.inputs("split_by_person")
def persons_of_six_samples(rng):
    return np.repeat(np.arange(9), 6), 0.3, rng


def _of(person, chosen):
    """Indices of the samples of all but the chosen persons, and of the chosen."""
    held_out = np.isin(person, chosen)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _number(person, fraction):
    people = np.unique(person)
    return people, min(max(round(fraction * people.size), 1), people.size - 1)


@book.wrong("split_by_person", caught_by=ONE_SIDE, diagnosis="person-on-both-sides",
            thought="A split is a random part of the samples.",
            hint="Take a sample that is held out. Does the network know this person from other samples?")
def samples_drawn_instead_of_persons(person, fraction, rng):
    order, n = rng.permutation(len(person)), round(fraction * len(person))
    return order[n:], order[:n]


@book.wrong("split_by_person", caught_by=ONE_SIDE, diagnosis="person-on-both-sides",
            thought="The samples come person by person, so a cut through the array parts the persons.",
            hint="What if the samples have been shuffled? And what about the person whose samples the cut runs "
                 "through?")
def array_cut_in_two(person, fraction, rng):
    first, n = rng.integers(len(person)), round(fraction * len(person))
    order = np.roll(np.arange(len(person)), first)
    return order[n:], order[:n]


@book.wrong("split_by_person", caught_by=ONE_SIDE, diagnosis="person-on-both-sides",
            thought="Each person gives a part of their samples for the test.",
            hint="That is fair to all persons. But is anybody a stranger to the network then?")
def a_part_of_each_person(person, fraction, rng):
    held_out = np.concatenate([rng.permutation(np.flatnonzero(person == who))[:max(1, round(
        fraction * np.sum(person == who)))] for who in np.unique(person)])
    return np.setdiff1d(np.arange(len(person)), held_out), held_out


@book.wrong("split_by_person", caught_by=SHARE, diagnosis="fraction-of-samples",
            thought="I hold out persons until they make up the fraction of the samples.",
            hint="How many persons will be held out if the first one drawn has most of the samples?")
def persons_until_there_are_samples_enough(person, fraction, rng):
    order = rng.permutation(np.unique(person))
    chosen = [order[0]]
    for who in order[1:-1]:
        if np.isin(person, chosen).sum() < fraction * len(person):
            chosen.append(who)
    return _of(person, chosen)


@book.wrong("split_by_person", caught_by=SHARE, diagnosis="swapped",
            thought="The first thing I draw is what I return first.",
            hint="Which of the two parts should be the larger one if the fraction is 0.2?")
def held_out_returned_first(person, fraction, rng):
    return split_by_person(person, fraction, rng)[::-1]


@book.wrong("split_by_person", caught_by=SHARE, diagnosis="rounded-down",
            thought="`int` makes a whole number of it.",
            hint="What does `int` make of 2.7?")
def number_cut_off(person, fraction, rng):
    people, _ = _number(person, fraction)
    return _of(person, rng.permutation(people)[:max(1, int(fraction * people.size))])


@book.wrong("split_by_person", caught_by=SHARE, diagnosis="rounded-up",
            thought="Rounding up makes sure that somebody is held out.",
            hint="Which whole number is nearest to 2.1?")
def number_rounded_up(person, fraction, rng):
    people, _ = _number(person, fraction)
    return _of(person, rng.permutation(people)[:min(people.size - 1, int(np.ceil(fraction * people.size)))])


@book.wrong("split_by_person", caught_by="leaves_someone_on_either_side", diagnosis="empty-side",
            thought="The nearest whole number is what is asked for.",
            hint="Of five persons 0.05 are a quarter of a person. How many are held out then?")
def nobody_held_out(person, fraction, rng):
    people, _ = _number(person, fraction)
    return _of(person, rng.permutation(people)[:round(fraction * people.size)])


@book.wrong("split_by_person", caught_by=ANY_NUMBER, diagnosis="incomplete",
            thought="Persons are numbered 0, 1, 2 and so on.",
            hint="What does `np.unique(person)` give for persons 4, 17 and 903?")
def numbered_without_gaps(person, fraction, rng):
    people, n = _number(person, fraction)
    order = rng.permutation(people.size)
    return np.flatnonzero(np.isin(person, order[n:])), np.flatnonzero(np.isin(person, order[:n]))


@book.wrong("split_by_person", caught_by="puts_each_sample_into_one_part", diagnosis="persons-returned",
            thought="Split by person: I return the persons of either part.",
            hint="What will `images[kept]` be? Which numbers does it need?")
def persons_instead_of_samples(person, fraction, rng):
    people, n = _number(person, fraction)
    order = rng.permutation(people)
    return order[n:], order[:n]


@book.wrong("split_by_person", caught_by="puts_each_sample_into_one_part", diagnosis="mask-for-indices",
            thought="A mask picks the samples just as well.",
            hint="It does, in `images[mask]`. But `len(kept)` should be the number of samples kept: what is it?")
def masks_returned(person, fraction, rng):
    people, n = _number(person, fraction)
    held_out = np.isin(person, rng.permutation(people)[:n])
    return ~held_out, held_out


@book.wrong("split_by_person", caught_by="puts_each_sample_into_one_part", diagnosis="incomplete",
            thought="`np.unique` with `return_index` tells where the persons are.",
            hint="It tells where each person comes *first*. How do you find all of their samples?")
def first_sample_of_each(person, fraction, rng):
    people, n = _number(person, fraction)
    _, first = np.unique(person, return_index=True)
    order = rng.permutation(people.size)
    return first[order[n:]], first[order[:n]]


@book.wrong("split_by_person", caught_by="puts_each_sample_into_one_part", diagnosis="overlap",
            thought="The network learns from everybody, and is tested on the persons held out.",
            hint="Has it seen the persons that it is tested on?")
def everybody_kept(person, fraction, rng):
    return np.arange(len(person)), split_by_person(person, fraction, rng)[1]


@book.wrong("split_by_person", caught_by=FROM_RNG, diagnosis="fixed-seed",
            thought="The last persons are as good as any.",
            hint="Call it twice. What is `rng` for?")
def the_last_persons(person, fraction, rng):
    people, n = _number(person, fraction)
    return _of(person, people[-n:])


@book.wrong("split_by_person", caught_by=FROM_RNG, diagnosis="fixed-seed",
            thought="A seed makes the split reproducible.",
            hint="Whoever calls your function has made it reproducible already, by handing over `rng`.")
def generator_with_a_seed(person, fraction, rng):
    return split_by_person(person, fraction, np.random.default_rng(0))


@book.wrong("split_by_person", caught_by="leaves_the_global_generator_alone", diagnosis="global-random",
            thought="`np.random.seed` makes the split reproducible.",
            hint="Whose state does `np.random.seed` set, and who else draws from it?")
def numpy_s_global_permutation(person, fraction, rng):
    people, n = _number(person, fraction)
    np.random.seed(8)
    return _of(person, np.random.permutation(people)[:n])


@book.wrong("split_by_person", caught_by=SHARE, diagnosis="drawn-twice",
            thought="`rng.choice` chooses that many persons.",
            hint="May the same person be chosen twice? What is the default of `replace`?")
def chosen_with_replacement(person, fraction, rng):
    people, n = _number(person, fraction)
    return _of(person, rng.choice(people, size=n))


@book.wrong("split_by_person", caught_by="gives_everybody_a_chance_of_either_side", diagnosis="neighbours-together",
            thought="A random place to start from, and from there on one after the other.",
            hint="If person 3 is held out, how likely is it that person 4 is held out too?")
def neighbours_in_a_row(person, fraction, rng):
    people, n = _number(person, fraction)
    return _of(person, np.roll(people, rng.integers(people.size))[:n])


@book.wrong("split_by_person", caught_by="leaves_the_persons_as_they_were", diagnosis="modifies-argument",
            thought="Sorted by person, the samples are easier to part.",
            hint="Whose sample is the first one, after your function has been called?")
def persons_sorted_in_place(person, fraction, rng):
    parts = split_by_person(person, fraction, rng)
    person.sort()
    return parts


@book.right("split_by_person", style="a mask, and where it is true")
def mask_and_where(person, fraction, rng):
    people, n = _number(person, fraction)
    held_out = np.isin(person, rng.choice(people, size=n, replace=False))
    return np.where(~held_out)[0], np.where(held_out)[0]


@book.right("split_by_person", style="sets and list comprehensions, made into arrays")
def sets_and_lists(person, fraction, rng):
    people = sorted(set(person.tolist()))
    n = min(max(int(fraction * len(people) + 0.5), 1), len(people) - 1)
    chosen = {people[i] for i in rng.permutation(len(people))[:n]}
    return (np.array([i for i, who in enumerate(person) if who not in chosen]),
            np.array([i for i, who in enumerate(person) if who in chosen]))


@book.right("split_by_person", style="a rank for each person, and shuffled samples")
def ranks(person, fraction, rng):
    people, number = np.unique(person, return_inverse=True)
    n_kept = min(max(round((1 - fraction) * people.size), 1), people.size - 1)
    rank = rng.random(people.size).argsort().argsort()[number]
    order = rng.permutation(person.size)
    return order[rank[order] < n_kept], order[rank[order] >= n_kept]


@book.right("split_by_person", style="person by person, concatenated")
def person_by_person(person, fraction, rng):
    people = np.array(list(dict.fromkeys(person)))
    rng.shuffle(people)
    n = int(np.clip(np.rint(fraction * len(people)), 1, len(people) - 1))
    held_out = np.concatenate([np.nonzero(person == who)[0] for who in people[:n]])
    return np.delete(np.arange(len(person)), held_out), held_out
