"""Checks of the lab on context managers."""

from practicum.learn.labs.checking import close, equal, fail, holds


def _clock(*times):
    hands = iter(times)
    return lambda: next(hands)


def timed(lab):
    log = {}
    with lab.timed(log, "a", _clock(10.0, 12.5)):
        holds("a" not in log, "the time was written down before the block had run")
    holds("a" in log, "timed left nothing in the log")
    close(
        log["a"],
        2.5,
        "log['a'] with a clock that says 10 and then 12.5",
        "the later reading minus the earlier one",
    )
    try:
        with lab.timed(log, "b", _clock(1.0, 5.0)):
            raise ValueError("broken")
    except ValueError:
        pass
    else:
        fail("an error inside the block vanished: timing is no reason to hide it")
    holds("b" in log, "the block raised and its time was lost: the note has to be made in any case")
    close(log["b"], 4.0, "log['b'] of a block that raised")
    equal(sorted(log), ["a", "b"], "the names in the log")


def enter(lab):
    settings = {"temperature": 0.8}
    override = lab.Override(settings, temperature=0.0, seed=1)
    equal(settings, {"temperature": 0.8}, "the settings before the block")
    inside = override.__enter__()
    holds(inside is not None, "__enter__ returned None: what stands behind `as` would be None")
    equal(
        settings,
        {"temperature": 0.0, "seed": 1},
        "the settings inside the block",
        "the very dictionary that was given has to change",
    )
    holds(inside is settings, "__enter__ should return the settings themselves")


def leave(lab):
    settings = {"temperature": 0.8, "top_p": 1.0}
    with lab.Override(settings, temperature=0.0, seed=1):
        pass
    holds(
        "seed" not in settings, "`seed` was not there before the block and is still there after it"
    )
    holds(
        settings.get("temperature") != 0.0,
        "the temperature was not put back: is what you kept a copy, or a second name?",
    )
    equal(settings, {"temperature": 0.8, "top_p": 1.0}, "the settings after the block")
    try:
        with lab.Override(settings, temperature=0.1):
            raise KeyError("broken")
    except KeyError:
        pass
    else:
        fail("an error inside the block vanished: __exit__ returned something true")
    equal(settings, {"temperature": 0.8, "top_p": 1.0}, "the settings after a block that raised")
    with lab.Override(settings, top_p=0.9):
        with lab.Override(settings, top_p=0.5):
            pass
        equal(
            settings["top_p"],
            0.9,
            "top_p after the inner of two blocks",
            "each puts back what it found",
        )
        settings.pop("temperature")
    equal(
        settings, {"temperature": 0.8, "top_p": 1.0}, "the settings after a block that deleted one"
    )
