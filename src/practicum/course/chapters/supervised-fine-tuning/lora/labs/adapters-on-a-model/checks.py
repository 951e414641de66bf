"""Why an adapter, an attachment, a switch or a fold cannot be right."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from practicum.learn.labs.checking import close, equal, fail, holds


def _some(lab, rank=3, alpha=6.0):
    """A model whose adapters are not fresh any more."""
    torch.manual_seed(3)
    model = lab.attach(lab.base, rank, alpha)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, lab.Adapter):
                module.B.normal_(0, 0.1)
    return model


def adapter(lab):
    torch.manual_seed(1)
    layer, x = nn.Linear(5, 4), torch.randn(2, 3, 5)
    one = lab.Adapter(layer, 2, 8.0)
    with torch.no_grad():
        close(
            one(x),
            layer(x),
            "a fresh adapter's output",
            "B is zero: nothing may change yet",
            within=1e-6,
        )
        one.B.normal_()
        want = layer(x) + 4.0 * F.linear(F.linear(x, one.A), one.B)
        got = one(x)
        if got.shape == want.shape and torch.allclose(
            got, layer(x) + F.linear(F.linear(x, one.A), one.B), atol=1e-5
        ):
            fail("the adapter forgets its scale")
        close(got, want, "an adapter of rank 2 with alpha 8", within=1e-5)


def attach(lab):
    before = {name: p.requires_grad for name, p in lab.base.named_parameters()}
    model = lab.attach(lab.base, 2, 4.0)
    if {name: p.requires_grad for name, p in lab.base.named_parameters()} != before:
        fail("attach froze the base that it was given: work on a copy")
    if any(isinstance(m, lab.Adapter) for m in lab.base.modules()):
        fail("attach put adapters into the base that it was given: work on a copy")
    found = [m for m in model.modules() if isinstance(m, lab.Adapter)]
    equal(len(found), 8, "how many adapters attach made", "four layers in each of two blocks")
    ask = {name for name, p in model.named_parameters() if p.requires_grad}
    if not ask:
        fail(
            "after attach nothing asks for gradients: adapters were frozen too. Freeze before you make them"
        )
    wrong = sorted(name for name in ask if name.rsplit(".", 1)[-1] not in ("A", "B"))
    holds(
        not wrong,
        f"{wrong[:2]} still ask for gradients: everything but the adapters is frozen, biases and norms too",
    )
    equal(
        lab.trained(model),
        2 * 2 * (48 + 144 + 48 + 48 + 48 + 192 + 192 + 48),
        "what is trained at rank 2",
    )
    one = lab.attach(lab.base, 2, 4.0, names=("up",))
    equal(
        sum(isinstance(m, lab.Adapter) for m in one.modules()),
        2,
        "adapters when only `up` is named",
    )
    ids, _ = lab.rows(lab.HELD[:4])
    with torch.no_grad():
        close(
            model(ids),
            lab.base(ids),
            "the logits of a freshly adapted model",
            "it must begin as the base",
            within=1e-4,
        )


def off(lab):
    model, (ids, _) = _some(lab), lab.rows(lab.HELD[:4])
    with torch.no_grad():
        on, base = model(ids), lab.base(ids)
        gone = lab.without(model, lambda m: m(ids))
        close(
            gone,
            base,
            "the logits with adapters off",
            "the base must show, to the last bit",
            within=1e-6,
        )
        close(model(ids), on, "the logits afterwards", "the scales were not put back", within=1e-6)

        def breaks(_):
            raise KeyError("on purpose")

        try:
            lab.without(model, breaks)
        except KeyError:
            pass
        else:
            fail("without swallowed the function's error")
        close(
            model(ids),
            on,
            "the logits after a function that raised",
            "put the scales back in `finally`",
            within=1e-6,
        )


def fold(lab):
    model, (ids, _) = _some(lab), lab.rows(lab.HELD[:4])
    plain = lab.fold(model)
    holds(
        any(isinstance(m, lab.Adapter) for m in model.modules()),
        "fold took the adapters out of the model it was given",
    )
    holds(not any(isinstance(m, lab.Adapter) for m in plain.modules()), "fold left adapters in")
    with torch.no_grad():
        got, want = plain(ids), model(ids)
        if torch.allclose(got, lab.base(ids), atol=1e-5):
            fail("fold gives back the base: the update was dropped, not added")
        close(
            got,
            want,
            "the logits after folding",
            "the scaled B·A must be added to the weight",
            within=1e-3,
        )
        again = lab.fold(model)(ids)
        close(
            again,
            got,
            "folding a second time",
            "fold must not change the model it is given",
            within=1e-5,
        )


def by_word(lab):
    batch = lab.rows(lab.ASKED[:6])
    end, other = lab.by_word(lab.base, batch)
    ids, labels = batch
    with torch.no_grad():
        log_probs = F.log_softmax(lab.base(ids[:, :-1]), -1)
    ends, others = [], []
    for b, t in (labels != lab.IGNORED).nonzero().tolist():
        value = -log_probs[b, t - 1, labels[b, t]].item()
        (ends if labels[b, t] == lab.ID["<end>"] else others).append(value)
    both = (sum(ends) + sum(others)) / (len(ends) + len(others))
    if abs(end - sum(ends) / (len(ends) + len(others))) < 1e-3:
        fail(
            "by_word divides the end's loss by all graded words: a mean over the ends is asked for"
        )
    if abs(other - both) < 1e-4:
        fail("by_word counts the ends among the other words as well")
    close(
        end, sum(ends) / len(ends), "the loss of <end>", "guess at t, label at t + 1", within=1e-4
    )
    close(
        other,
        sum(others) / len(others),
        "the loss of the other words",
        "places that are ignored must not count",
        within=1e-4,
    )
