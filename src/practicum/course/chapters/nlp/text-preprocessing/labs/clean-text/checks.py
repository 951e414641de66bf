import unicodedata

from practicum.learn.labs.checking import equal, fail, holds


def normalise(lab):
    made = lab.normalise("caf\u00e9")
    equal(
        lab.normalise("cafe\u0301"),
        made,
        'normalise("café") with a combining accent',
        "both spellings of é look the same and must become the same",
    )
    holds(
        len(made) == 4,
        f'normalise("café") has {len(made)} code points: choose a form that composes, not one that decomposes',
    )
    equal(
        lab.normalise("Stra\u00dfe"),
        "strasse",
        'normalise("Straße")',
        "`lower` keeps ß; `casefold` is what makes it meet the capitals STRASSE",
    )
    equal(
        lab.normalise("\ufb01ve \uff11\uff12"),
        "five 12",
        "normalise of a ligature and wide digits",
        "NFC keeps compatibility characters apart; NFKC unfolds them",
    )
    equal(
        lab.normalise("  two\u00a0words\n\tmore "),
        "two words more",
        "normalise of tabs, line breaks and a no-break space",
        "every run of white space becomes one space, and the ends have none",
    )
    equal(lab.normalise(""), "", 'normalise("")')
    equal(
        lab.normalise("\u2122"),
        "tm",
        'normalise("™")',
        "unfolding made capitals, and they were folded no more: unfold before you fold",
    )
    for text in ["\u0390", "\u1fb7 \u01f0"]:
        once = lab.normalise(text)
        equal(
            lab.normalise(once),
            once,
            f"normalise(normalise({text!r}))",
            "folding left a letter in pieces, and a second pass put it together: compose once more after folding",
        )
        holds(
            unicodedata.is_normalized("NFKC", once),
            f"normalise({text!r}) is not in form NFKC any more",
        )


def words(lab):
    plain = lab.words("Speak, speak.")
    equal(plain, ["Speak", ",", "speak", "."], 'words("Speak, speak.")', "punctuation stands alone")
    equal(
        lab.words("I DON'T know; she'll say it's John's."),
        ["I", "DO", "N'T", "know", ";", "she", "'ll", "say", "it", "'s", "John", "'s", "."],
        "words of a text with clitics",
        "a clitic parts from its word whatever its case, and keeps its apostrophe; nothing is lower-cased",
    )
    equal(
        lab.words("can't"),
        ["ca", "n't"],
        'words("can\'t")',
        "n't begins with the n: the Treebank cuts before it, odd as ca looks",
    )
    equal(
        lab.words("It cost $1,250.50, not 3."),
        ["It", "cost", "$", "1,250.50", ",", "not", "3", "."],
        'words("It cost $1,250.50, not 3.")',
        "points and commas inside a number belong to it, those after it do not",
    )
    equal(
        lab.words("a well-known co-op -- or a dash"),
        ["a", "well-known", "co-op", "-", "-", "or", "a", "dash"],
        "words of a text with hyphens",
        "a hyphen between letters belongs to the word; a dash is punctuation",
    )
    for text in [lab.SHAKESPEARE[:20_000], "naïve café: 100 % 漢字 (e.g., x_1)!"]:
        if "".join(lab.words(text)) != "".join(text.split()):
            fail(
                "joined again, the tokens are not the text without its white space: something was dropped"
            )


def sentences(lab):
    equal(
        lab.sentences("He ran.  Why? Nobody knows!"),
        ["He ran.", "Why?", "Nobody knows!"],
        "sentences of three short ones",
        "the mark stays with its sentence and the white space goes",
    )
    equal(
        lab.sentences("Dr. Lee met Prof. Sax. They spoke."),
        ["Dr. Lee met Prof. Sax.", "They spoke."],
        "sentences around Dr. and Prof.",
        "an abbreviation's full stop is no end, whatever its case; the next one is",
    )
    equal(
        lab.sentences("I paid 3.50 for it. See www.example.org now."),
        ["I paid 3.50 for it.", "See www.example.org now."],
        "sentences with a price and an address",
        "a full stop without white space after it ends nothing",
    )
    equal(
        lab.sentences("J. S. Bach wrote it. So did I. You?"),
        ["J. S. Bach wrote it.", "So did I.", "You?"],
        "sentences with initials",
        "one capital letter and a full stop is an initial, but I is a word",
    )
    equal(
        lab.sentences("One. two without an end"),
        ["One.", "two without an end"],
        "sentences of a text that just stops",
        "what follows the last full stop is a sentence too",
    )
    equal(lab.sentences("  "), [], "sentences of white space")
    equal(
        lab.sentences("Is he a Dr? Yes."),
        ["Is he a Dr?", "Yes."],
        'sentences("Is he a Dr? Yes.")',
        "only a full stop can belong to an abbreviation",
    )


def stem(lab):
    first = {"caresses": "caress", "ponies": "poni", "caress": "caress", "cats": "cat", "bus": "bu"}
    for word, want in first.items():
        equal(
            lab.stem(word),
            want,
            f"stem({word!r})",
            "step 1a: the first rule that fits, and only that",
        )
    for word, want in {"feed": "feed", "agreed": "agree", "agreeds": "agree"}.items():
        equal(
            lab.stem(word),
            want,
            f"stem({word!r})",
            "eed becomes ee only if the measure before it is above 0; a failed eed must not fall through to ed",
        )
    for word in ["king", "red", "sing", "bring", "bled"]:
        equal(lab.stem(word), word, f"stem({word!r})", "what is left must hold a vowel")
    equal(lab.stem("crying"), "cry", 'stem("crying")', "y after a consonant counts as a vowel")
    for word, want in {"conflated": "conflate", "troubling": "trouble", "sized": "size"}.items():
        equal(lab.stem(word), want, f"stem({word!r})", "at, bl and iz are mended with an e")
    for word, want in {
        "hopping": "hop",
        "tanned": "tan",
        "falling": "fall",
        "hissing": "hiss",
    }.items():
        equal(
            lab.stem(word),
            want,
            f"stem({word!r})",
            "a double consonant loses one letter, but ll, ss and zz stay",
        )
    equal(lab.stem("fizzed"), "fizz", 'stem("fizzed")', "zz stays as it is")
    for word, want in {
        "hoping": "hope",
        "filing": "file",
        "failing": "fail",
        "boxed": "box",
    }.items():
        equal(
            lab.stem(word),
            want,
            f"stem({word!r})",
            "an e returns only when the measure is 1 and the rest is short (w, x, y at the end never are)",
        )
    equal(lab.stem("seeing"), "see", 'stem("seeing")', "ee is double but no consonant")
    equal(lab.stem("opened"), "open", 'stem("opened")', "short, but its measure is 2: no e")


def lemma(lab):
    equal(
        lab.lemma("saw", "VERB"),
        "see",
        'lemma("saw", "VERB")',
        "an exception wins over the dictionary",
    )
    equal(
        lab.lemma("saw", "NOUN"),
        "saw",
        'lemma("saw", "NOUN")',
        "a saw is a tool: exceptions of verbs say nothing about nouns",
    )
    lab.DICTIONARY["NOUN"].add("new")
    equal(
        lab.lemma("news", "NOUN"),
        "news",
        'lemma("news", "NOUN")',
        "the dictionary has the word itself, so no ending may be taken off, whatever would be left",
    )
    for word, want in {"cities": "city", "leaves": "leaf", "boxes": "box", "buses": "bus"}.items():
        equal(
            lab.lemma(word, "NOUN"),
            want,
            f'lemma({word!r}, "NOUN")',
            "an ending counts only if its result is in the dictionary; go on to the next one otherwise",
        )
    for word, want in {"hoped": "hope", "carries": "carry", "building": "build"}.items():
        equal(lab.lemma(word, "VERB"), want, f'lemma({word!r}, "VERB")')
    equal(lab.lemma("finest", "ADJ"), "fine", 'lemma("finest", "ADJ")')
    equal(
        lab.lemma("blorps", "NOUN"),
        "blorps",
        'lemma("blorps", "NOUN")',
        "a word that the dictionary cannot explain stays as it is",
    )
    lab.DICTIONARY["NOUN"].add("quux")
    equal(
        lab.lemma("quuxes", "NOUN"),
        "quux",
        'lemma("quuxes", "NOUN") after "quux" was added to DICTIONARY',
        "the dictionary is looked up, not remembered",
    )


def content_words(lab):
    stop = {"the", "is", "to", "be", "or", "not"}
    equal(
        lab.content_words(["The", "cat", ",", "the", "cat", "!"], stop),
        ["cat", "cat"],
        'content_words(["The", "cat", ",", "the", "cat", "!"], …)',
        "The and the are both stop words, punctuation goes, and a word that comes twice stays twice",
    )
    equal(
        lab.content_words(["Rome", "is", "$", "3.50", "x-ray", "n't"], stop),
        ["Rome", "3.50", "x-ray", "n't"],
        'content_words(["Rome", "is", "$", "3.50", "x-ray", "n\'t"], …)',
        "tokens stay as they were written, and one letter or digit in them is enough",
    )
    equal(
        lab.content_words(["To", "be", "or", "not", "to", "be"], stop),
        [],
        'content_words(["To", "be", "or", "not", "to", "be"], …)',
        "six stop words in six tokens: nothing remains",
    )
    equal(
        lab.content_words(["not", "good"], {"good"}),
        ["not"],
        'content_words(["not", "good"], {"good"})',
        "the list that is given decides, not STOP_WORDS",
    )
