"""F4a: tokens, sentences, stems, lemmas and stop words equal golden files and outsiders."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> list[list[Any]]:
    """The rows of a golden file."""
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def lab(solved: Any) -> Any:
    """What the lab's solution defined."""
    return solved("text-preprocessing", "clean-text")


@pytest.mark.feature("F4a")
def test_normal_forms_equal_the_golden_file(lab: Any) -> None:
    for text, nfc, nfkc, ours in golden("normal-forms"):
        assert unicodedata.normalize("NFC", text) == nfc
        assert unicodedata.normalize("NFKC", text) == nfkc
        assert lab.normalise(text) == ours
        assert lab.normalise(ours) == ours


@pytest.mark.feature("F4a")
def test_words_equal_the_golden_file_and_the_penn_treebank(lab: Any) -> None:
    from nltk.tokenize import TreebankWordTokenizer

    treebank = TreebankWordTokenizer()
    for sentence, want in golden("words"):
        assert lab.words(sentence) == want
        assert treebank.tokenize(sentence) == want


@pytest.mark.feature("F4a")
def test_words_equal_the_treebank_on_shakespeare_where_the_conventions_are_the_same(
    lab: Any,
) -> None:
    """Elisions ('tis, do't), dashes, cannot and full stops inside of a line are not."""
    from nltk.tokenize import TreebankWordTokenizer

    treebank, lines = TreebankWordTokenizer(), lab.SHAKESPEARE.split("\n")
    odd = ("'", "--", "$", "&", "cannot", "gimme", "lemme", "more'n", "wanna", "gonna", "gotta")
    plain = [x for x in lines if not any(o in x.lower() for o in odd) and "." not in x[:-1]]
    assert len(plain) > 20_000
    assert [x for x in plain if lab.words(x) != treebank.tokenize(x)] == []


@pytest.mark.feature("F4a")
def test_sentences_equal_the_golden_file_and_punkt_with_the_same_abbreviations(lab: Any) -> None:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    known = PunktParameters()
    known.abbrev_types = set(lab.ABBREVIATIONS)
    punkt = PunktSentenceTokenizer(known)
    for text, want in golden("sentences"):
        assert lab.sentences(text) == want
        assert punkt.tokenize(text) == want


@pytest.mark.feature("F4a")
def test_stems_equal_the_golden_file_and_porter_and_snowball(lab: Any) -> None:
    from nltk.stem import PorterStemmer, SnowballStemmer

    porter = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)
    snowball = SnowballStemmer("english")
    for word, first_step, by_porter, by_snowball in golden("stems"):
        assert lab.stem(word) == first_step
        assert porter.stem(word) == by_porter
        assert snowball.stem(word) == by_snowball


def test_the_first_step_equals_porters_on_every_word_of_shakespeare(lab: Any) -> None:
    from nltk.stem import PorterStemmer

    porter = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)
    found = {w.lower() for w in lab.words(lab.SHAKESPEARE) if w.isalpha() and w.isascii()}
    assert len(found) > 10_000
    assert [w for w in found if lab.stem(w) != porter._step1b(porter._step1a(w))] == []


@pytest.mark.feature("F4a")
def test_lemmas_equal_the_golden_file_and_are_among_lemminflects(lab: Any) -> None:
    import lemminflect

    for word, part, want in golden("lemmas"):
        assert lab.lemma(word, part) == want
        assert want in lemminflect.getLemma(word, upos=part)


def test_a_larger_dictionary_knows_lemmas_that_the_labs_few_rules_do_not(lab: Any) -> None:
    import lemminflect

    for word, part, want in golden("lemmas-beyond-rules"):
        assert lab.lemma(word, part) == word
        assert want in lemminflect.getLemma(word, upos=part)


@pytest.mark.feature("F4a")
def test_content_words_equal_the_golden_file(lab: Any) -> None:
    for text, want in golden("stop-words"):
        assert lab.content_words(lab.words(text), lab.STOP_WORDS) == want


def test_the_packages_tokenizer_gives_back_what_words_do_not(lab: Any) -> None:
    for text, *_ in golden("normal-forms"):
        assert lab.tokenizer.decode(lab.tokenizer.encode(text)) == text
