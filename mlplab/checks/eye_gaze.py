"""Visible checks of stage 08: splits that keep persons together, and what `eye_gaze_vectors` has of the stage."""

import numpy as np

from mlplab.checking import ARGUMENTS, EXTREMES, RANDOMNESS
from mlplab.checks._common import leaves_alone
from mlplab.checks._splits import expect_parted, nearest_whole, split_of
from mlplab.checks.eye_gaze_vectors import check
from mlplab.checks.network import GLOBAL_RANDOM, expect_draws_from
from mlplab.compare import CheckFailure, require
from mlplab.diagnosis import certain, likely, possible


@check("split_by_person", weight=2)
def puts_each_sample_into_one_part(student, rng):
    """The parts together are the numbers from 0 to N − 1, each of them once."""
    for n_people in (4, 7):
        person = rng.permutation(np.repeat(np.arange(n_people), 3))
        expect_parted(*split_people(student, person, 0.4, rng), person.size)


@check("split_by_person", weight=4)
def keeps_each_person_on_one_side(student, rng):
    """Whoever is held out is held out with all their samples, however these are mixed."""
    for n_people in (4, 7):
        person = np.concatenate([[0, 0], rng.permutation(np.repeat(np.arange(n_people), 5))])
        expect_strangers(*split_people(student, person, 0.5, rng), person)


@check("split_by_person", weight=3)
def holds_out_a_fraction_of_the_persons(student, rng):
    """To the nearest whole person: of 5 persons 0.4 are 2, of 9 persons 0.3 are 3, however many samples each has."""
    for n_people, fraction, most in ((10, 0.5, 1), (5, 0.4, 40), (8, 0.5, 40), (10, 0.3, 40), (7, 0.3, 1), (9, 0.3, 1),
                                     (10, 0.25, 1)):
        for _ in range(4):
            person = rng.permutation(np.repeat(np.arange(n_people), [most] + [1] * (n_people - 1)))
            expect_share(*split_people(student, person, fraction, rng), person, fraction)


@check("split_by_person", category=EXTREMES)
def leaves_someone_on_either_side(student, rng):
    """Nobody to learn from, or nobody to be tested on, is no split: there is at least one person in each part."""
    for n_people, fraction in ((2, 0.01), (2, 0.99), (5, 0.05), (5, 0.95), (3, 0.5)):
        person = np.repeat(np.arange(n_people), 3)
        expect_strangers(*split_people(student, person, fraction, rng), person)


@check("split_by_person")
def takes_persons_by_whatever_number(student, rng):
    """The numbers may have gaps and come in any order: 903, 17, 17, 4, … are three persons."""
    person = rng.permutation(np.repeat([903, 17, 4, 55, 120], (3, 1, 4, 2, 5)))
    parts = split_people(student, person, 0.4, rng)
    expect_parted(*parts, person.size)
    expect_strangers(*parts, person)


@check("split_by_person", weight=2, category=RANDOMNESS)
def draws_the_persons_from_rng(student, rng):
    """Two splits on one generator differ; generators in the same state lead to the same persons."""
    person = np.repeat(np.arange(40), 2)
    expect_draws_from(lambda generator: np.unique(person[split_people(student, person, 0.5, generator)[1]]), rng)


@check("split_by_person", category=RANDOMNESS)
def gives_everybody_a_chance_of_either_side(student, rng):
    """In forty splits of six persons each of them is held out at times and kept at times, in changing company."""
    expect_chances(student, rng)


@check("split_by_person", category=RANDOMNESS)
def leaves_the_global_generator_alone(student, rng):
    """`np.random.…` draws from a state that the whole notebook shares."""
    split_people(student, np.repeat(np.arange(5), 2), 0.4, rng)
    require(not student.last.touched_global_random, "NumPy's global random state was changed.", GLOBAL_RANDOM)


@check("split_by_person", category=ARGUMENTS)
def leaves_the_persons_as_they_were(student, rng):
    """Sorted or shuffled in place, `person` would not belong to the images any more."""
    leaves_alone(student, "split_by_person", person=rng.permutation(np.repeat(np.arange(7), 3)), fraction=0.4, rng=rng)


def expect_strangers(kept: np.ndarray, held_out: np.ndarray, person: np.ndarray) -> None:
    """Fails the check where somebody's samples lie in both parts, or in neither, or a part has none."""
    for part, name in ((kept, "kept"), (held_out, "held out")):
        require(part.size > 0, f"Of {np.unique(person).size} persons nobody is {name}.",
                certain("empty-side", "One part is empty: at least one person belongs on each side, however small or "
                                      "large the fraction."))
    people = [np.unique(person[part]) for part in (kept, held_out)]
    both, all_people = np.intersect1d(*people), np.unique(person)
    require(both.size == 0, f"{both.size} of {all_people.size} persons have samples in both parts.",
            certain("person-on-both-sides", "The same person is in both parts, so nobody who is tested on is a "
                                            "stranger: draw persons, then take all samples of each."))
    somewhere = np.union1d(*people)
    require(somewhere.size == all_people.size, f"{all_people.size - somewhere.size} persons are in neither part.")


def expect_share(kept: np.ndarray, held_out: np.ndarray, person: np.ndarray, fraction: float) -> None:
    """Fails the check unless the held out are this fraction of the persons, to the nearest whole."""
    expect_strangers(kept, held_out, person)
    n, found = np.unique(person).size, np.unique(person[held_out]).size
    right, exact = nearest_whole(n, fraction), fraction * n
    if found in right:
        return
    asked = " or ".join(map(str, sorted(right)))
    message = f"Of {n} persons {found} are held out; a fraction of {fraction} is {asked}."
    require(n - found not in right, message,
            certain("swapped", "The fraction is kept, not held out, or the parts stand in the other order: `return "
                               "kept, held_out`."))
    if exact % 1:
        require(found != int(exact), message, likely("rounded-down", "The number of persons was cut off: the nearest "
                                                                     "whole is asked for."))
        require(found != int(exact) + 1, message, likely("rounded-up", "The number of persons was rounded up: the "
                                                                       "nearest whole is asked for."))
    everyone_alike = np.unique(np.unique(person, return_counts=True)[1]).size == 1
    require(not everyone_alike or found > exact, message,
            possible("drawn-twice", "Fewer persons than asked for: can your draw choose the same person twice?"))
    raise CheckFailure(message, likely("fraction-of-samples", "The fraction is of the persons, whether they have many "
                                                              "samples or few."))


def expect_chances(student: object, rng: np.random.Generator) -> None:
    """Fails the check unless in forty splits of six persons all come on either side, and in at least ten groups.

    Where three are drawn at random there are twenty groups: to miss a person, or half of the groups, is out of the
    question.
    """
    person = np.repeat(np.arange(6), 2)
    groups = []
    for _ in range(40):
        kept, held_out = split_people(student, person, 0.5, rng)
        expect_strangers(kept, held_out, person)
        groups.append(frozenset(person[held_out].tolist()))
    often = np.bincount([who for group in groups for who in group], minlength=6)
    require(bool(((often > 0) & (often < 40)).all()),
            f"In forty splits the persons were held out {', '.join(map(str, often))} times.",
            likely("always-the-same", "Some persons always come on the same side: each is to have the same chance."))
    require(len(set(groups)) >= 10, f"In forty splits there were only {len(set(groups))} groups of persons.",
            likely("neighbours-together", "The same persons are always held out together: draw each by itself."))


def split_people(
    student: object, person: np.ndarray, fraction: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What the student's `split_by_person` gives, two rows of indices; it is handed a copy of the persons."""
    kept, held_out = split_of(student.split_by_person(person.copy(), fraction, rng), "split_by_person(…)")
    both, n = np.concatenate([kept, held_out]), person.size
    require(both.size == n or not np.array_equal(np.sort(both), np.unique(person)),
            f"There are {both.size} numbers in both parts together, and {n} samples.",
            certain("persons-returned", "These are the persons: what is asked for is where their samples stand, from "
                                        "0 to N − 1."))
    require(bool(np.isin(both, np.arange(n)).all()), f"There are indices outside of 0 to {n - 1}.",
            certain("out-of-range", "An index says where a sample stands: from 0 to N − 1."))
    return kept, held_out
