"""Why a prediction, a shard, a sharded update or a configuration cannot be right."""

from __future__ import annotations

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds, plain


def memory(lab):
    for stage in range(4):
        close(
            lab.memory(10, 1, stage),
            160,
            f"memory(10, 1, {stage})",
            "one rank alone keeps everything, at any stage",
        )
    close(lab.memory(100, 4, 0), 1600, "memory(100, 4, 0)", "at stage 0 nothing is shared out")
    one = lab.memory(100, 4, 1)
    if np.isclose(one, 100 * (2 + 0.5 + 12)) or np.isclose(one, 100 * (0.5 + 2 + 12)):
        fail("memory at stage 1 shares out the small parts: the optimizer's state goes first")
    close(one, 700, "memory(100, 4, 1)", "2 + 2 + 12/4 bytes a weight")
    two = lab.memory(100, 4, 2)
    if np.isclose(two, 100 * (2 + 0.5 + 12)):
        fail(
            "memory at stage 2 forgets that the state is shared out as well: stages build on each other"
        )
    close(two, 550, "memory(100, 4, 2)")
    close(lab.memory(100, 4, 3), 400, "memory(100, 4, 3)", "everything is divided by four")


def shards(lab):
    got = np.asarray(lab.shards(np.arange(1.0, 11.0), 4))
    if got.shape == (4, 2):
        fail(
            "shards of ten entries for four ranks are two long: the last two entries are lost; round upwards"
        )
    equal(got, [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 0, 0]], "shards of 1 to 10 for four ranks",
          "pieces follow each other, zeros come last")  # fmt: skip
    equal(lab.shards(np.arange(6.0), 3), [[0, 1], [2, 3], [4, 5]], "shards of six entries for three ranks",
          "what divides needs no padding")  # fmt: skip
    equal(
        np.asarray(lab.shards(np.arange(2.0), 5)).shape,
        (5, 1),
        "the shape of two entries for five ranks",
    )
    equal(str(lab.shards(np.zeros(3, np.float16), 2).dtype), "float16", "the type of shards of float16",
          "padding must not make everything twice as large")  # fmt: skip


def reduce_scatter(lab):
    given = np.array([[1.0, 2.0, 3.0, 4.0, 5.0], [3.0, 4.0, 5.0, 6.0, 7.0]])
    got = plain(lab.reduce_scatter(given))
    if got == [[4.0, 6.0, 8.0], [10.0, 12.0, 0.0]]:
        fail("reduce_scatter adds up: with more ranks the steps would grow; the mean is wanted")
    if got == [[1.0, 2.0, 3.0], [6.0, 7.0, 0.0]]:
        fail(
            "reduce_scatter hands out pieces of each rank's own gradient: nobody's rows reach anybody else"
        )
    equal(got, [[2.0, 3.0, 4.0], [5.0, 6.0, 0.0]], "reduce_scatter of two gradients")
    alone = np.array([[1.0, 2.0]])
    equal(
        lab.reduce_scatter(alone),
        [[1.0, 2.0]],
        "reduce_scatter of a single rank",
        "it keeps its own gradient",
    )


def update(lab):
    def slow(flat, n_ranks, steps):
        m, v = np.zeros_like(flat), np.zeros_like(flat)
        for step in range(1, steps + 1):
            gradient = lab.gradient_of(flat, lab.X, lab.Y)  # all rows at once, one machine
            flat, m, v = lab.adam(flat, gradient, m, v, step)
        return flat

    for n_ranks in (1, 2, 4, 8):
        flat, rows = (
            lab.start.copy(),
            list(zip(np.split(lab.X, n_ranks), np.split(lab.Y, n_ranks), strict=True)),
        )
        m = np.zeros((n_ranks, -(-15 // n_ranks)))
        v = np.zeros_like(m)
        kept = flat.copy()
        for step in range(1, 4):
            before = flat
            flat, m, v = lab.update(flat, m, v, rows, step)
            equal(np.asarray(flat).shape, (15,), f"the shape of the weights after an update on {n_ranks} ranks",
                  "the zeros at the end are not weights")  # fmt: skip
            equal(np.asarray(m).shape, (n_ranks, -(-15 // n_ranks)), "the shape of m after an update",
                  "each rank keeps the moments of its piece only")  # fmt: skip
            holds(before is not flat or not np.array_equal(before, kept), "update changed nothing")
        if not np.any(m):
            fail("update drops the new moments: Adam would begin anew every time")
        close(flat, slow(lab.start.copy(), n_ranks, 3), f"the weights after three updates on {n_ranks} ranks",
              "they must be those of one machine that sees all rows", within=1e-9)  # fmt: skip


def allocated(lab):
    for stage in range(4):
        want = lab.memory(1200, 4, stage)
        got = lab.allocated(1200, 4, stage)
        if np.isclose(got, 2 * want):
            fail(
                "allocated is twice the prediction: are weights and gradient of float16, the other three of float32?"
            )
        equal(
            int(got),
            int(want),
            f"allocated(1200, 4, {stage})",
            "where everything divides, it is just the prediction",
        )
    got = lab.allocated(10, 4, 3)
    if got == 40:
        fail(
            "allocated(10, 4, 3) gave 40, as predicted; but a piece of ten entries for four ranks has three places"
        )
    equal(int(got), 48, "allocated(10, 4, 3)", "padding takes room as well")
    equal(
        int(lab.allocated(10, 4, 1)),
        10 * 4 + 3 * 12,
        "allocated(10, 4, 1)",
        "only the state is cut into pieces",
    )


def traffic(lab):
    got = [lab.traffic(stage) for stage in range(4)]
    if got == [1, 2, 2, 3]:
        fail("traffic(0) is 1: an all-reduce is a reduce-scatter followed by an all-gather")
    if got[3] == 2:
        fail(
            "traffic(3) is 2: weights are gathered on the way forward and again on the way back, since nobody keeps them"
        )
    equal(
        [int(g) for g in got],
        [2, 2, 2, 3],
        "traffic of the four stages",
        "stages 1 and 2 cost no more than plain data parallelism",
    )


def configuration(lab):
    c = lab.configuration(1e9, 4, 100e9, 2, 8)
    equal(
        c.get("train_batch_size"),
        64,
        "train_batch_size for 2 rows, 8 bites and 4 ranks",
        "DeepSpeed refuses any other number",
    )
    equal(c.get("train_micro_batch_size_per_gpu"), 2, "train_micro_batch_size_per_gpu")
    equal(c.get("gradient_accumulation_steps"), 8, "gradient_accumulation_steps")
    equal(c.get("bf16"), {"enabled": True}, "bf16")
    stages = [
        lab.configuration(1e9, 4, room, 1, 1)["zero_optimization"]
        for room in (16e9, 15e9, 7e9, 6e9, 5.5e9, 4e9, 3e9)
    ]
    got = [z.get("stage") for z in stages]
    if got[:2] == [3, 3]:
        fail(
            "configuration takes stage 3 although stage 0 fits: the lowest stage that fits costs least"
        )
    equal(
        got,
        [0, 1, 1, 2, 2, 3, 3],
        "the stages for rooms of 16, 15, 7, 6, 5.5, 4 and 3 GB",
        "exactly full fits",
    )
    holds(
        all("offload_optimizer" not in z for z in stages[:6]),
        "configuration offloads although a stage fits",
    )
    equal(
        stages[6].get("offload_optimizer"), {"device": "cpu"}, "offload_optimizer when nothing fits"
    )
