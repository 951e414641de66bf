"""The numbers of this lesson, recomputed."""

import functools
import json
import re
import unicodedata
from collections import Counter
from importlib import resources

from practicum.data.clean import deduplicate
from practicum.text.tokenizer import ChatTokenizer, train_bpe

_CLITIC = "n't|'s|'m|'d|'ll|'re|'ve"
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_FREQUENT = """
a about after all am an and any are as at be because been before but by can could did do does doing
for from had has have he her him his how i if in into is it its just me more my no nor not now of
off on or our out over own she should so some such than that the their them then there these they
this those through to too under up us very was we were what when where which while who why will
with would you your
"""


@functools.cache
def _shakespeare() -> str:
    corpus = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
    return corpus.read_text(encoding="utf-8")


def _words(text: str) -> list[str]:
    parted = re.sub(rf"({_CLITIC})\b", r" \1", text, flags=re.IGNORECASE)
    pattern = rf"(?:{_CLITIC})\b|\d+(?:[.,]\d+)*|\w+(?:-\w+)*|[^\w\s]"
    return re.findall(pattern, parted, flags=re.IGNORECASE)


@functools.cache
def _counts() -> Counter[str]:
    """How often every word (not punctuation) comes, case folded."""
    return Counter(w.casefold() for w in _words(_shakespeare()) if w[0].isalnum() or len(w) > 1)


@functools.cache
def _tokenizer() -> ChatTokenizer:
    """The tokenizer that `practicum pretrain` makes: 1,024 pieces."""
    return ChatTokenizer(train_bpe(_shakespeare().split("\n\n"), 1024, _SPECIAL), None)


def _content(text: str) -> list[str]:
    stop = set(_FREQUENT.split())
    return [w for w in _words(text) if w.casefold() not in stop and w[0].isalnum()]


def left_of_hamlet() -> str:
    """What is left of the line."""
    return " ".join(_content("To be, or not to be: that is the question."))


def composed() -> int:
    """Code points of café in NFC."""
    return len(unicodedata.normalize("NFC", "cafe\u0301"))


def decomposed() -> int:
    """Code points of café in NFD."""
    return len(unicodedata.normalize("NFD", "caf\u00e9"))


def copies_kept() -> int:
    """How many of two canonically equal texts the package's exact comparison keeps."""
    return len(deduplicate(["caf\u00e9", "cafe\u0301"], str)[0])


def between_spaces() -> int:
    """Different strings between white space in the corpus."""
    return len(set(_shakespeare().split()))


def different_tokens() -> int:
    """Different tokens once punctuation and clitics stand alone."""
    return len(set(_words(_shakespeare())))


def different_folded() -> int:
    """… and once case is folded."""
    return len({w.casefold() for w in _words(_shakespeare())})


def different_stems() -> int:
    """… and once Porter's stemmer has been over them."""
    from nltk.stem import PorterStemmer

    porter = PorterStemmer()
    return len({porter.stem(w) for w in {w.casefold() for w in _words(_shakespeare())}})


def measure_of_troubles() -> int:
    """Porter's measure of "troubles": vowel-consonant turns in ccvvccvc."""
    kinds = "".join("v" if letter in "aeiou" else "c" for letter in "troubles")
    return kinds.count("vc")


def porter_universe() -> str:
    """The stem that three unlike words share."""
    from nltk.stem import PorterStemmer

    porter = PorterStemmer()
    (shared,) = {porter.stem(word) for word in ("universe", "university", "universal")}
    return shared


def porter_news() -> str:
    """The stem of news under Porter's own rules; NLTK's default makes an exception of it."""
    from nltk.stem import PorterStemmer

    return PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM).stem("news")


def saw_as_verb() -> str:
    """A dictionary's lemma of the verb form saw."""
    import lemminflect

    return lemminflect.getLemma("saw", upos="VERB")[0]


def saw_as_noun() -> str:
    """A dictionary's lemma of the noun saw."""
    import lemminflect

    return lemminflect.getLemma("saw", upos="NOUN")[0]


def hundred_share() -> float:
    """Share of all running words that the hundred most frequent ones make up."""
    counts = _counts()
    return sum(n for _, n in counts.most_common(100)) / counts.total()


def once_share() -> float:
    """Share of different words that come exactly once."""
    return sum(n == 1 for n in _counts().values()) / len(_counts())


def list_length() -> int:
    """Words on the lab's stop list."""
    return len(_FREQUENT.split())


def stopped_share() -> float:
    """Share of all running words that the lab's list removes."""
    stop = set(_FREQUENT.split())
    return sum(n for w, n in _counts().items() if w in stop) / _counts().total()


def emptied_lines() -> int:
    """Spoken lines of which the list leaves nothing."""
    lines = [x for x in _shakespeare().split("\n") if x.strip() and not x.endswith(":")]
    return sum(not _content(line) for line in lines)


def sklearn_list() -> int:
    """Length of scikit-learn's English list, which holds these words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    assert {"not", "never", "fire", "bill", "serious"} <= ENGLISH_STOP_WORDS
    return len(ENGLISH_STOP_WORDS)


def pieces_of_running() -> str:
    """How the tokenizer cuts a word in a sentence."""
    tokenizer = _tokenizer()
    return " ".join(tokenizer.decode([i]).strip() for i in tokenizer.encode(" running"))


def pieces_per_word() -> float:
    """Pieces for every string between spaces, over the whole corpus."""
    return len(_tokenizer().encode(_shakespeare())) / len(_shakespeare().split())


def cafe_ids() -> str:
    """Whether both spellings of café become the same ids."""
    ids = [_tokenizer().encode(text) for text in ("caf\u00e9", "cafe\u0301")]
    return "one list" if ids[0] == ids[1] else "two different lists"


@functools.cache
def _awkward() -> list[str]:
    """The package's awkward texts, without those that hold a special token."""
    found = resources.files("practicum.text").joinpath("awkward.json").read_text("utf-8")
    return [s for s in json.loads(found) if not any(token in s for token in _SPECIAL)]


def awkward_texts() -> int:
    """How many awkward texts there are."""
    return len(_awkward())


def awkward_given_back() -> int:
    """How many of them the learned pieces give back exactly."""
    tokenizer = _tokenizer()
    return sum(tokenizer.decode(tokenizer.encode(text)) == text for text in _awkward())


def awkward_by_words() -> int:
    """How many the words, joined by spaces, give back exactly."""
    return sum(" ".join(_words(text)) == text for text in _awkward())
