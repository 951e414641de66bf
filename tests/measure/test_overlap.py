"""Text metrics: numbers worked by hand, the libraries themselves, and where all of them fail."""

import math

import pytest
from sacrebleu.metrics import BLEU, CHRF

from practicum.core.errors import PracticumError
from practicum.measure.texts.overlap import bleu, chrf, rouge

approx = pytest.approx
TEXTS = [
    "the cat sat on the mat",
    "a dog barked at the moon last night",
    "she sells sea shells",
    "the river runs under the old stone bridge",
]
REFERENCES = [
    ["the cat is on the mat", "there is a cat on the mat"],
    ["a dog barked at the moon yesterday"],
    ["she sells sea shells on the shore"],
    ["under the old bridge the river runs"],
]

# sacrebleu 2.6.0 and rouge-score 0.1.2.
GOLDEN = {"bleu": 51.5586, "chrf": 69.1650, "rouge1": 0.82348, "rouge2": 0.66282, "rougeL": 0.72348}


def test_bleu_of_one_sentence_is_the_number_worked_by_hand():
    # 5 of 6 words, 3 of 5 pairs, 1 of 4 triples, 0 of 3 fours: smoothed to 1/2 of 3; equal lengths.
    by_hand = 100 * (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** 0.25
    found = bleu(["the cat sat on the mat"], [["the cat is on the mat"]])
    assert found.value == approx(by_hand, abs=1e-9)


def test_bleu_of_a_short_corpus_pays_the_brevity_penalty_worked_by_hand():
    # Everything matches; four words for seven: exp(1 − 7/4).
    found = bleu(["she sells sea shells"], [["she sells sea shells on the shore"]])
    assert found.value == approx(100 * math.exp(1 - 7 / 4), abs=1e-9)


def test_rouge_of_one_sentence_is_the_number_worked_by_hand():
    found = rouge(["the cat sat on the mat"], [["the cat is on the mat"]])
    # Five of six words both ways; three of five pairs; the longest common sequence has five words.
    assert found["rouge1"].value == approx(5 / 6)
    assert found["rouge2"].value == approx(3 / 5)
    assert found["rougeL"].value == approx(5 / 6)


def test_chrf_of_one_word_is_the_number_worked_by_hand():
    # "abcd" for "abcf": n-grams 1 to 4 match 3/4, 2/3, 1/2, 0/1; longer ones do not exist and
    # do not count. Precision equals recall in every order, and so does F.
    found = chrf(["abcd"], [["abcf"]])
    assert found.value == approx(100 * (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4)


def test_the_corpus_scores_are_the_librarys_own():
    streams = [[r[0] for r in REFERENCES], [r[1] if len(r) > 1 else None for r in REFERENCES]]
    assert bleu(TEXTS, REFERENCES).value == approx(BLEU().corpus_score(TEXTS, streams).score)
    assert chrf(TEXTS, REFERENCES).value == approx(CHRF().corpus_score(TEXTS, streams).score)


@pytest.mark.feature("S6a")
def test_golden_values_of_a_corpus_with_several_references():
    assert bleu(TEXTS, REFERENCES).value == approx(GOLDEN["bleu"], abs=5e-4)
    assert chrf(TEXTS, REFERENCES).value == approx(GOLDEN["chrf"], abs=5e-4)
    found = rouge(TEXTS, REFERENCES)
    assert {k: v.value for k, v in found.items()} == approx({k: GOLDEN[k] for k in found}, abs=5e-6)


def test_corpus_bleu_is_not_the_mean_of_its_items():
    found = bleu(TEXTS, REFERENCES)
    assert found.n == 4
    assert abs(sum(found.per_item) / 4 - found.value) > 1


@pytest.mark.parametrize("metric", [bleu, chrf, lambda t, r: rouge(t, r)["rougeL"]])
def test_the_interval_holds_the_score_and_narrows_with_more_items(metric):
    few, many = metric(TEXTS, REFERENCES), metric(TEXTS * 10, REFERENCES * 10)
    assert few.low < few.value < few.high
    assert many.value == approx(few.value)
    assert many.high - many.low < (few.high - few.low) / 2  # by about √10
    assert metric(TEXTS, REFERENCES) == few  # the same seed, the same resamples


@pytest.mark.feature("S6a")
def test_a_paraphrase_scores_below_a_wrong_copy():
    truth = [["the patient must not take this medicine with alcohol"]]
    paraphrase = ["never combine the drug and alcoholic drinks"]
    wrong = ["the patient must take this medicine with alcohol"]
    for metric in (bleu, chrf):
        assert metric(wrong, truth).value > 2 * metric(paraphrase, truth).value
    said = {name: (rouge(wrong, truth)[name].value, rouge(paraphrase, truth)[name].value)
            for name in ("rouge1", "rouge2", "rougeL")}  # fmt: skip
    assert all(bad > 2 * good for bad, good in said.values())


def test_rouge_reads_only_latin_letters_as_its_docstring_says():
    assert rouge(["река течёт"], [["река течёт"]])["rouge1"].value == 0
    assert chrf(["река течёт"], [["река течёт"]]).value == approx(100)


def test_texts_without_a_partner_are_refused():
    for metric in (bleu, chrf, rouge):
        with pytest.raises(PracticumError, match="2 texts and references for 1"):
            metric(["a", "b"], [["a"]])
        with pytest.raises(PracticumError, match="text 1 has no reference"):
            metric(["a", "b"], [["a"], []])
        with pytest.raises(PracticumError, match="0 texts"):
            metric([], [])


def test_an_empty_reply_scores_nothing_and_breaks_nothing():
    assert bleu(["", "she sells sea shells"], [["x"], ["she sells sea shells"]]).per_item[0] == 0
    assert chrf([""], [["abc"]]).value == 0
    assert rouge([""], [["abc"]])["rouge1"].value == 0
