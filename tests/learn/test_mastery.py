"""What is known, what comes next, and when again: simulated learners and the FSRS library."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

import pytest

from practicum.learn.learner import Learner
from practicum.learn.mastery import (
    BORROWED,
    GUESS,
    LAB_SHOWN,
    LABS,
    MASTERED,
    PRIOR,
    SLIP,
    Catalogue,
    evidence,
    fold,
    next_item,
)
from practicum.learn.progress import Event
from practicum.learn.roadmap import course_folder, load_roadmap

START = datetime(2026, 3, 2, 19, tzinfo=UTC)
CHAPTERS = ["mathematics", "python-for-ml", "neural-networks", "nlp"]
N_LEARNERS, N_ITEMS = 24, 20


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    return Learner(tmp_path_factory.mktemp("bank"))


NOTHING = Catalogue({}, {})


def answered(item: str, right: bool, at: datetime = START, uid: str = "") -> Event:
    return Event(
        at,
        "answer",
        item.split(".")[0],
        {"item": item, "right": right},
        uid or f"{item}{at}{right}",
    )


def mastery_after(events: list[Event], concept: str, kinds: dict[str, str] | None = None) -> float:
    return (
        fold(events, load_roadmap(), Catalogue(kinds or {}, {"F1a": 2})).standings[concept].mastery
    )


def odds(p: float) -> float:
    return math.log(p / (1 - p))


def test_one_right_numeric_answer_moves_the_odds_by_its_likelihood_ratio() -> None:
    p = mastery_after([answered("F1a.x", True)], "F1a", {"F1a.x": "numeric"})
    # ln(0.3/0.7) + ln(0.9/0.05) = −0.847 + 2.890 = 2.043, a probability of 0.885
    assert odds(p) == pytest.approx(-0.847298 + 2.890372, abs=1e-5)
    assert p == pytest.approx(0.8852, abs=1e-4)


def test_a_wrong_choice_speaks_as_much_against_knowing_as_its_numbers_say() -> None:
    p = mastery_after([answered("F1a.x", False)], "F1a", {"F1a.x": "choice"})
    assert odds(p) == pytest.approx(PRIOR + math.log(SLIP / (1 - GUESS["choice"])), abs=1e-9)


def test_a_right_answer_speaks_for_what_it_needs_and_not_for_what_needs_it() -> None:
    roadmap = load_roadmap()
    concept = roadmap.concepts["training-and-optimization"]
    standings = fold([answered(f"{concept.id}.x", True)], roadmap, NOTHING).standings
    for need in concept.needs:
        gained = odds(standings[roadmap.concepts[need].id].mastery) - PRIOR
        assert gained == pytest.approx(0.5 * evidence("choice", True), abs=1e-9)
    assert odds(standings[roadmap.concepts["overfitting"].id].mastery) == pytest.approx(PRIOR)


def test_a_wrong_answer_speaks_against_what_needs_it_and_not_against_its_needs() -> None:
    roadmap = load_roadmap()
    standings = fold([answered("F2a.x", False)], roadmap, NOTHING).standings
    assert standings["F2b"].mastery < 0.3
    assert odds(standings["F1a"].mastery) == pytest.approx(PRIOR)


def test_a_lab_counts_its_share_once_and_little_when_its_solution_was_shown_first() -> None:
    lab = Event(START, "lab", "F1a", {"lab": "x", "all": True}, "1")
    again = Event(START + timedelta(1), "lab", "F1a", {"lab": "x", "all": True}, "2")
    shown = Event(START - timedelta(1), "solution", "F1a", {"lab": "x", "surrendered": True}, "0")
    assert odds(mastery_after([lab, again], "F1a")) == pytest.approx(PRIOR + LABS / 2)
    assert odds(mastery_after([shown, lab], "F1a")) == pytest.approx(PRIOR + LAB_SHOWN * LABS / 2)
    failed = Event(START, "lab", "F1a", {"lab": "x", "all": False}, "3")
    assert odds(mastery_after([failed], "F1a")) == pytest.approx(PRIOR)


def test_labs_alone_do_not_make_a_concept_mastered_and_one_right_answer_more_does() -> None:
    labs = [Event(START, "lab", "F1a", {"lab": name, "all": True}, name) for name in ("x", "y")]
    assert mastery_after(labs, "F1a") < MASTERED
    assert mastery_after([*labs, answered("F1a.x", True)], "F1a") >= MASTERED


def test_what_other_concepts_lend_does_not_outweigh_ones_own_answers() -> None:
    elsewhere = [
        answered(f"F2{letter}.x", True, START, f"{letter}{n}") for letter in "bcd" for n in range(9)
    ]
    lent = mastery_after(elsewhere, "F2a")
    assert odds(lent) == pytest.approx(PRIOR + BORROWED)
    wrong = [answered("F2a.y", False, START, f"own{n}") for n in range(2)]
    assert mastery_after([*elsewhere, *wrong], "F2a") < 0.1


def test_a_concept_that_was_renamed_keeps_everything(tmp_path: Path) -> None:
    course = tmp_path / "course"
    course.mkdir()
    text = (course_folder() / "roadmap.toml").read_text("utf-8")
    renamed = text.replace('"linear-algebra"', '"vectors-and-matrices"')
    (course / "roadmap.toml").write_text(renamed, encoding="utf-8")
    roadmap = load_roadmap(course)
    learner = Learner(tmp_path / "home")
    learner.progress.add("read", "F1a")
    learner.progress.add("answer", "F1a", item="F1a.x", right=True)
    standing = fold(learner.progress.events(), roadmap, NOTHING).standings["F1a"]
    assert roadmap.by_id["F1a"].slug == "vectors-and-matrices"
    assert (standing.n_right, standing.has_read) == (1, True)


def test_events_of_concepts_that_left_the_map_change_nothing() -> None:
    assert mastery_after([answered("Z9z.x", False)], "F1a") == pytest.approx(0.3)


@pytest.mark.feature("A2")
def test_the_due_list_of_the_next_day_is_that_of_fsrs_to_the_minute(learner: Learner) -> None:
    from fsrs import Card, Rating, Scheduler

    rng = random.Random(5)
    keys = [item.key for item in learner.bank()][:24]
    events = []
    for day in (0, 1, 3, 4, 9, 20):
        for key in rng.sample(keys, 16):
            minute = rng.randrange(120)
            events.append(
                answered(key, rng.random() < 0.7, START + timedelta(days=day, minutes=minute))
            )
    events.sort(key=lambda e: e.at)
    record = fold(events, learner.roadmap, learner.catalogue)
    reference = Scheduler(
        desired_retention=0.9, learning_steps=(), relearning_steps=(), enable_fuzzing=False
    )
    cards: dict[str, Card] = {}
    for event in events:
        key = event.told["item"]
        given = Rating.Good if event.told["right"] else Rating.Again
        cards[key], _ = reference.review_card(cards.get(key, Card(card_id=1)), given, event.at)
    tomorrow = events[-1].at + timedelta(days=1)
    due = sorted(
        (key for key in cards if cards[key].due <= tomorrow), key=lambda key: cards[key].due
    )
    assert record.due(tomorrow) == due
    assert 0 < len(due) < len(cards)
    for key, card in cards.items():
        assert abs(record.cards[key].due - card.due) < timedelta(minutes=1)


def test_a_right_answer_comes_back_later_each_time(learner: Learner) -> None:
    at, gaps, events = START, [], []
    key = learner.bank()[0].key
    for _ in range(4):
        events.append(answered(key, True, at))
        due = fold(events, learner.roadmap, learner.catalogue).cards[key].due
        gaps.append((due - at).days)
        at = due
    assert gaps == sorted(gaps)
    assert gaps[0] >= 1
    assert gaps[-1] > 4 * gaps[0]


Knows = Callable[[str, str, random.Random], bool]


def simulate(learner: Learner, knows: Knows, seed: int, n: int = N_ITEMS) -> list[str]:
    """The concepts that a simulated learner is asked about, from an empty history."""
    rng, events, asked = random.Random(seed), [], []
    for number in range(n):
        item = next_item(
            learner.bank(), fold(events, learner.roadmap, learner.catalogue), learner.roadmap
        )
        asked.append(item.concept)
        right = knows(item.concept, item.kind, rng)
        events.append(answered(item.key, right, START + timedelta(seconds=40 * number)))
    return asked


def weak_in(concepts: Collection[str]) -> Knows:
    """Guesses in these concepts, and slips one time in ten elsewhere."""

    def knows(concept: str, kind: str, rng: random.Random) -> bool:
        return rng.random() < (GUESS[kind] if concept in concepts else 1 - SLIP)

    return knows


@pytest.mark.feature("A2")
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_learner_weak_in_a_chapter_is_asked_about_it_and_its_needs(
    learner: Learner, chapter: str
) -> None:
    roadmap = learner.roadmap
    own = {c.id for c in roadmap.chapters[chapter].concepts}
    needed = {roadmap.concepts[a].id for c in roadmap.chapters[chapter].concepts
              for a in roadmap.ancestors(c.slug)}  # fmt: skip
    runs = [simulate(learner, weak_in(own), seed) for seed in range(N_LEARNERS)]
    shares = [mean(c in own | needed for c in asked) for asked in runs]
    assert min(shares) >= 0.6
    assert mean(mean(c in own for c in asked) for asked in runs) >= 0.35


def test_a_learner_weak_nowhere_is_asked_about_many_concepts(learner: Learner) -> None:
    asked = simulate(learner, lambda *_: True, 0)
    assert len(set(asked)) >= 10


@pytest.mark.feature("A2")
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_strong_learner_tests_out_of_a_chapter_in_at_most_eight_questions(
    tmp_path: Path, chapter: str
) -> None:
    learner = Learner(tmp_path)
    concepts = learner.start_testout(chapter)
    began = datetime.now(UTC)
    standing = learner.testout_standing(concepts, began)
    while not standing.is_over:
        question = learner.ask_testout(chapter, began)
        learner.answer(question, question.right.split(")")[0], where="testout")
        standing = learner.testout_standing(concepts, began)
    learner.end_testout(standing)
    assert standing.passed
    assert standing.asked <= 8
    assert all(learner.record().standings[c.id].mastery >= MASTERED for c in concepts)
    assert all(learner.record().standings[c.id].tested_out for c in concepts)


@pytest.mark.feature("A2")
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_who_guesses_does_not_test_out(learner: Learner, chapter: str) -> None:
    """In memory, as a test-out computes it: of sixty guessers none passes by luck."""
    roadmap = learner.roadmap
    concepts = roadmap.topic(chapter)
    n_passed = 0
    for seed in range(60):
        rng, events = random.Random(seed), []
        for number in range(3 * len(concepts)):
            record = fold(events, roadmap, learner.catalogue)
            known = {
                c.id
                for c in concepts
                if record.standings[c.id].mastery >= 0.9 and record.standings[c.id].n
            }
            if len(known) == len(concepts):
                n_passed += 1
                break
            items = [item for item in learner.bank(chapter) if item.concept not in known]
            item = next_item(items, record, roadmap, placement=True)
            events.append(answered(item.key, rng.random() < GUESS[item.kind], START, str(number)))
    assert n_passed == 0


def test_a_test_out_asks_anew_and_old_answers_do_not_count(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    for item in learner.bank("linear-algebra")[:4]:
        learner.progress.add("answer", "F1a", item=item.key, right=True)
    concepts = learner.start_testout("linear-algebra")
    standing = learner.testout_standing(concepts, datetime.now(UTC))
    assert not standing.known


def test_a_due_question_is_asked_again_with_other_numbers(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    item = next(i for i in learner.bank() if i.is_parametric)
    learner.progress.add("answer", item.concept, at=START, item=item.key, seed=0, right=True)
    assert learner.review(START + timedelta(hours=1)) is None
    question = learner.review(START + timedelta(days=60))
    assert question is not None
    assert question.item.key == item.key
    assert question.seed == 1
