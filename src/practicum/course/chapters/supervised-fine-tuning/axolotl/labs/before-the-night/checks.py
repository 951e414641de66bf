"""Why a reading, a suggestion, a plan or a translation cannot be right."""

from __future__ import annotations

import math

from practicum.learn.labs.checking import close, equal, fail, holds, raises


def read(lab):
    got = lab.read("learning_rate: 2e-4\nlora_r: 16\noutput_dir: 2e-4\nadapter:\n")
    if got.get("learning_rate") == "2e-4":
        fail(
            "read leaves learning_rate: 2e-4 as text: for YAML 1.1 a number needs a point; mend it"
        )
    equal(got, {"learning_rate": 2e-4, "lora_r": 16, "output_dir": "2e-4", "adapter": None}, "read of four lines",
          "only keys of the kind float are mended; a folder may be called 2e-4")  # fmt: skip
    equal(lab.read("learning_rate: fast")["learning_rate"], "fast", "read of a rate that is no number",
          "leave it as it is: another check complains about it")  # fmt: skip
    raises(ValueError, lambda: lab.read("lora_r: 16\nlora_alpha: 16\nlora_r: 64\n"), "read of a file with lora_r twice",
           "PyYAML takes the last and says nothing; look before you load")  # fmt: skip
    raises(ValueError, lambda: lab.read("seed: 1\nseed: 1\n"), "read of a key that comes twice with the same value",
           "it is a double all the same")  # fmt: skip
    equal(lab.read("datasets:\n  - path: a\n  - path: b\n")["datasets"], [{"path": "a"}, {"path": "b"}],
          "read of a list of data sets", "a key may come again inside, once for each data set")  # fmt: skip


def distance(lab):
    equal(lab.distance("abc", "abc"), 0, 'distance("abc", "abc")')
    equal(lab.distance("", "abc"), 3, 'distance("", "abc")', "three insertions")
    equal(lab.distance("abc", ""), 3, 'distance("abc", "")', "three deletions")
    got = lab.distance("lora_rank", "lora_r")
    if got == 5:
        fail(
            'distance("lora_rank", "lora_r") gave 5: is the first column filled with how many letters were read?'
        )
    equal(got, 3, 'distance("lora_rank", "lora_r")')
    if lab.distance("fp16", "bf16") == 4:
        fail('distance("fp16", "bf16") gave 4: a replaced letter costs one, not two')
    equal(lab.distance("fp16", "bf16"), 2, 'distance("fp16", "bf16")')
    equal(
        lab.distance("kitten", "sitting"),
        3,
        'distance("kitten", "sitting")',
        "two replaced, one inserted",
    )
    equal(lab.distance("ab", "ba"), 2, 'distance("ab", "ba")', "a swap costs two here")


def complaints(lab):
    got = [tuple(c) for c in lab.complaints({"lora_rank": 64, "temperature": 1})]
    equal(
        got,
        [("lora_rank", "unknown", "lora_r"), ("temperature", "unknown", None)],
        "complaints about two unknown keys",
    )
    got = [tuple(c) for c in lab.complaints({"micro_batch_size": True})]
    if not got:
        fail("complaints accepts micro_batch_size: true: for Python, True is the whole number 1")
    equal(got, [("micro_batch_size", "type", "int")], "complaints about micro_batch_size: true")
    equal(
        list(lab.complaints({"learning_rate": 1})),
        [],
        "complaints about learning_rate: 1",
        "a whole number may stand for a float",
    )
    equal([tuple(c) for c in lab.complaints({"learning_rate": "fast", "lora_r": 16.5, "sample_packing": "yes", "datasets": {}})],
          [("learning_rate", "type", "float"), ("lora_r", "type", "int"), ("sample_packing", "type", "bool"),
           ("datasets", "type", "list")], "complaints about four values of the wrong kind")  # fmt: skip
    equal(list(lab.complaints({"adapter": None, "lora_r": None, "bf16": "auto"})), [], "complaints about empty values and bf16: auto",
          "both are fine")  # fmt: skip


def contradictions(lab):
    good = {
        "adapter": "qlora",
        "load_in_4bit": True,
        "lora_r": 8,
        "lora_target_linear": True,
        "warmup_steps": 10,
        "bf16": True,
    }
    equal(list(lab.contradictions(good)), [], "contradictions in a sound file")
    equal(list(lab.contradictions({"adapter": None, "lora_r": None})), [], "contradictions when all weights move",
          "without an adapter no rank and no target is missing")  # fmt: skip
    equal(
        list(lab.contradictions(good | {"load_in_4bit": None})),
        ["no-4bit"],
        "contradictions of qlora with an empty load_in_4bit",
    )
    equal(
        list(lab.contradictions(good | {"lora_r": None})),
        ["no-rank"],
        "contradictions with an empty lora_r",
    )
    named = good | {"lora_target_linear": False, "lora_target_modules": ["q_proj"]}
    equal(
        list(lab.contradictions(named)),
        [],
        "contradictions when targets are named one by one",
        "either of the two is enough",
    )
    zero = list(lab.contradictions(good | {"warmup_steps": 0, "warmup_ratio": 0.1}))
    if not zero:
        fail(
            "contradictions overlooks warmup_steps: 0 beside a ratio: nought is a value, and it is given"
        )
    equal(zero, ["two-warmups"], "contradictions of warmup_steps: 0 beside warmup_ratio: 0.1")
    equal(
        list(lab.contradictions(good | {"fp16": True})),
        ["two-precisions"],
        "contradictions of bf16 and fp16",
    )
    equal(list(lab.contradictions(good | {"bf16": "auto", "fp16": True})), [], "contradictions of bf16: auto with fp16: true",
          "auto gives way")  # fmt: skip
    worst = {"adapter": "qlora", "warmup_steps": 1, "warmup_ratio": 0.1, "bf16": True, "fp16": True}
    equal(list(lab.contradictions(worst)), ["no-4bit", "no-rank", "no-target", "two-warmups", "two-precisions"],
          "all contradictions at once", "report all of them, in the order of the list")  # fmt: skip


def plan(lab):
    base = {
        "sequence_len": 100,
        "micro_batch_size": 2,
        "gradient_accumulation_steps": 3,
        "num_epochs": 2,
        "warmup_steps": 6,
    }
    p = lab.plan(base, 100, 40)
    equal((p["rows"], p["batch"]), (100, 6), "rows and batch of 100 examples without packing")
    if (
        p["updates"] == 34
        and math.ceil(100 * 2 / 6) == 34
        and p["updates"] != math.ceil(100 / 6) * 2
    ):
        fail("plan rounds once at the end: every epoch ends with a batch of its own")
    equal(p["updates"], 34, "updates of two epochs of 100 rows in sixes")
    odd = lab.plan(base | {"num_epochs": 3}, 101, 40)["updates"]
    equal(
        odd,
        51,
        "updates of three epochs of 101 rows in sixes",
        "17 each: an epoch's last batch may be smaller",
    )
    close(p["warmup"], 6 / 34, "the warm-up", "its steps as a share of all updates")
    packed = lab.plan(base | {"sample_packing": True}, 101, 40)
    equal(packed["rows"], 41, "rows of 101 examples of 40 tokens, packed into 100", "rounded up")
    equal(lab.plan(base, 100, 40, gpus=4)["batch"], 24, "the batch on four GPUs")
    equal(
        lab.plan(base | {"val_set_size": 0.1}, 100, 40)["rows"], 90, "rows when a tenth is held out"
    )
    got = lab.plan(base | {"val_set_size": 30}, 100, 40)["rows"]
    equal(got, 70, "rows when val_set_size is 30", "from 1 on it is a number of examples")
    capped = lab.plan(base | {"max_steps": 10, "warmup_steps": None, "warmup_ratio": 0.2}, 100, 40)
    equal(capped["updates"], 10, "updates with max_steps: 10", "it wins over num_epochs")
    close(capped["warmup"], 0.2, "the warm-up by its ratio")
    close(
        lab.plan(base | {"warmup_steps": None}, 100, 40)["warmup"],
        0.0,
        "the warm-up when neither is given",
    )


def translated(lab):
    options, lost = lab.translated({"lora_r": 8, "lora_alpha": None, "learning_rate": 1e-4, "optimizer": "adamw_torch",
                                    "micro_batch_size": 2, "gradient_accumulation_steps": 4, "sequence_len": 512, "seed": 0})  # fmt: skip
    if "alpha" in options:
        fail(
            "translated passes on an empty lora_alpha: the other tool would get None instead of its own default"
        )
    equal(
        options,
        {"rank": 8, "lr_peak": 1e-4, "max_tokens": 512, "rows_per_update": 8},
        "the options",
    )
    if "seed" not in lost:
        fail("translated drops seed: 0 without a word: nought is a value")
    equal(
        list(lost),
        ["optimizer", "seed"],
        "the keys that are lost",
        "what has no counterpart must be admitted, in its order",
    )
    options, lost = lab.translated({"micro_batch_size": 4})
    equal(
        options,
        {"rows_per_update": 4},
        "the options of micro_batch_size: 4 alone",
        "a missing factor is one",
    )
    holds(not lost, "micro_batch_size counts as lost, although it is part of rows_per_update")
