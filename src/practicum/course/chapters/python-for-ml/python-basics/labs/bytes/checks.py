"""Checks of the lab on bytes."""

from practicum.learn.labs.checking import equal, fail, holds


def byte_ids(lab):
    got = lab.byte_ids("cat")
    holds(got is not None, "byte_ids returned None: is a `return` missing?")
    holds(
        isinstance(got, list) and all(isinstance(b, int) for b in got),
        f"byte_ids('cat') gave {got!r}: a list of numbers is expected",
    )
    equal(got, [99, 97, 116], "byte_ids('cat')")
    accent = lab.byte_ids("é")
    holds(
        accent != [233],
        "byte_ids('é') is a single number: that is the letter's number in Unicode (or Latin-1); UTF-8 takes two bytes",
    )
    equal(accent, [195, 169], "byte_ids('é')", "UTF-8 writes letters beyond ASCII in several bytes")
    equal(
        len(lab.byte_ids("日本語")), 9, "len(byte_ids('日本語'))", "three bytes for each of these"
    )
    equal(lab.byte_ids(""), [], "byte_ids('')")


def ready(lab):
    equal(
        lab.ready(b"cat"), ("cat", b""), "ready(b'cat')", "nothing is missing, so all of it is text"
    )
    for whole in ("naïve", "γάτα", "日本語", "a𝄞b", ""):
        data = whole.encode("utf-8")
        for cut in range(len(data) + 1):
            call = f"ready(the first {cut} bytes of {whole!r})"
            try:
                got = lab.ready(data[:cut])
            except UnicodeDecodeError:
                fail(
                    f"{call} raised UnicodeDecodeError: the letter at the end is cut, which is no mistake of the text"
                )
            holds(
                got is not None,
                f"{call} returned None: is a `return` missing, or does no attempt succeed?",
            )
            holds(
                isinstance(got, tuple) and len(got) == 2,
                f"{call} gave {got!r}: text and rest are expected",
            )
            text, rest = got
            holds(
                isinstance(text, str),
                f"{call} gave {text!r} as text: a string is expected, not bytes",
            )
            holds(
                "\ufffd" not in text,
                f"{call} shows a replacement mark: half a letter was decoded by force",
            )
            holds(
                text.encode("utf-8") + bytes(rest) == data[:cut],
                f"{call} lost or invented bytes: text and rest together have to give the buffer",
            )
            holds(whole.startswith(text), f"{call} gave {text!r}, which is not how the text begins")
            n_whole = sum(
                1 for i in range(1, len(whole) + 1) if len(whole[:i].encode("utf-8")) <= cut
            )
            holds(
                len(text) == n_whole,
                f"{call} gave {text!r}: a letter that is complete was held back with the rest",
            )
