"""Why an examiner cannot be right."""

from practicum.learn.labs.checking import close, equal, fail, holds

ONE = {"subject": "logic", "question": "Q1?", "choices": ["k", "l", "m", "n"], "answer": 2}
TWO = {"subject": "law", "question": "Q2?", "choices": ["p", "q", "r", "s"], "answer": 1}
FIRST = "The following are multiple choice questions (with answers) about logic."


def prompt(lab):
    got = lab.prompt(ONE)
    holds(isinstance(got, str), "prompt must give a text")
    if got.endswith("Answer: "):
        fail(
            "prompt ends with a space: the continuation brings its own, and two spaces are another text"
        )
    if got.rstrip().endswith("C"):
        fail("prompt gives the answer away: only the examples are solved")
    equal(
        got,
        FIRST + "\n\nQ1?\nA. k\nB. l\nC. m\nD. n\nAnswer:",
        "prompt of a question without examples",
    )
    got = lab.prompt(ONE, [TWO])
    holds("about logic" in got, "the first line names the subject of the question that is asked")
    holds(got.index("Q2?") < got.index("Q1?"), "the examples come first, the question last")
    if "Answer:B" in got:
        fail(
            "between an example's colon and its letter stands a space, as before every continuation"
        )
    equal(got, FIRST + "\n\nQ2?\nA. p\nB. q\nC. r\nD. s\nAnswer: B\n\nQ1?\nA. k\nB. l\nC. m\nD. n\nAnswer:",
          "prompt with one example", "blocks are separated by an empty line")  # fmt: skip


def pick(lab):
    choices = ["at night", "in the early morning"]
    equal(lab.pick([-6.0, -11.0], choices), 0, "pick([−6, −11], …)", "the larger is the likelier")
    got = lab.pick([-6.0, -11.0], choices, "characters")
    if got != 1:
        fail(
            "pick([−6, −11], …, 'characters') took the short one: −6/8 is −0.75 and −11/20 is −0.55"
        )
    # per character −1.1 and −1; per byte −0.55 and −1
    equal(lab.pick([-3.3, -3.0], ["ééé", "abc"], "bytes"), 0, "pick of ééé and abc by bytes",
          "é is two bytes, so ééé has six, and pays less for each")  # fmt: skip
    equal(lab.pick([-3.1, -3.0], ["ééé", "abc"], "characters"), 1, "pick of ééé and abc by characters",
          "both have three characters")  # fmt: skip
    # With the space before them the lengths would be 2 and 5: −1.6 and −1.62.
    equal(lab.pick([-3.2, -8.1], ["a", "abcd"], "characters"), 1, "pick([−3.2, −8.1], [a, abcd], 'characters')",
          "the length is the choice's own, without the space before it")  # fmt: skip
    got = lab.pick([-2.0, -1.0, -1.0, -1.0], list("abcd"))
    if got == 3:
        fail("pick of three equal likelihoods gave the last of them: the first wins, as in argmax")
    equal(got, 1, "pick([−2, −1, −1, −1], …)")
    equal(lab.pick([-4.0, -8.0], ["ab", "abcd"], "characters"), 0, "pick of a tie per character")


def chance(lab):
    item = {"question": "", "answer": 0}
    pack = [{**item, "choices": list("ab")}, {**item, "choices": list("abcde")}]
    got = lab.chance(pack)
    if abs(got - 2 / 7) < 1e-9:
        fail("chance of a pack with 2 and 5 choices gave 2/7: the mean of 1/2 and 1/5 is not one over "
             "the mean number of choices")  # fmt: skip
    if abs(got - 0.7) < 1e-9:
        fail("chance gave 0.7: that is the expected number of hits; divide by the questions")
    close(got, 0.35, "chance of a pack with 2 and 5 choices")
    close(lab.chance(pack * 3), 0.35, "chance of the same pack three times over")
    close(lab.chance(lab.PACKS["mmlu"]), 0.25, "chance of the pack shaped like MMLU")


def score(lab):
    pack = [{"choices": ["a", "bbbb"], "answer": k % 2} for k in range(10)]
    got = tuple(lab.score([[-1.0, -2.0]] * 10, pack))
    holds(len(got) == 3, "score gives three numbers: hits, and the two ends of the interval")
    if got[0] == 0.5:
        fail("score gives the number of hits first, not the share")
    close(got, (5, 0.236593, 0.763407), "score of five hits in ten", within=1e-4)
    lls = [[-1.0, -2.0] if k % 2 == 0 else [-2.0, -1.0] for k in range(10)]
    close(tuple(lab.score(lls, pack)), (10, 0.722467, 1.0), "score of ten hits in ten", within=1e-4)
    got = tuple(lab.score([[-1.0, -2.0]] * 10, pack[1::2] * 2, "characters"))
    if got[0] == 0:
        fail("score(…, 'characters') chose by raw likelihood: hand `by` on to pick")
    equal(got[0], 10, "hits of score(…, 'characters') where the long choice is right")
