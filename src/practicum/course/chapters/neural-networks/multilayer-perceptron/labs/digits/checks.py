"""Checks of the seven pieces."""

import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn

from practicum.learn.labs.checking import close, equal, fail, holds


def count(lab):
    equal(
        lab.count((3, 2)), 8, "count((3, 2))",
        "three inputs and two outputs: the matrix holds six numbers, and each output has a bias",
    )  # fmt: skip
    equal(lab.count((3, 5, 2)), 32, "count((3, 5, 2))", "every layer has a matrix and a bias")
    widths = (7, 11, 13, 5)
    built = nn.Sequential(nn.Linear(7, 11), nn.Linear(11, 13), nn.Linear(13, 5))
    equal(
        lab.count(widths), sum(p.numel() for p in built.parameters()), f"count({widths})",
        "PyTorch's own layers of these widths hold another number",
    )  # fmt: skip


def _built(lab, widths=(6, 9, 4, 3)):
    torch.manual_seed(1)
    model = lab.MLP(widths)
    holds(hasattr(model, "layers"), "MLP(...) has no `layers`: assign them to self.layers")
    return model


def layers(lab):
    model = _built(lab)
    holds(
        isinstance(model.layers, nn.Module),
        "self.layers is not a module, so PyTorch does not see the weights in it: nothing would be trained or saved",
    )
    linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
    shapes = [(m.in_features, m.out_features) for m in linear]
    equal(
        shapes, [(6, 9), (9, 4), (4, 3)], "the linear layers of MLP((6, 9, 4, 3))",
        "one for each pair of neighbouring widths, in order",
    )  # fmt: skip
    holds(all(m.bias is not None for m in linear), "a layer has no bias; here each of them has one")
    holds(len(list(lab.MLP((5, 2)).parameters())) == 2, "MLP((5, 2)) should have one layer only")


def forward(lab):
    model = _built(lab)
    x = torch.randn(7, 6)
    out = model(x)
    if out is None:
        fail("model(x) returned None: is a `return` missing?")
    equal(tuple(out.shape), (7, 3), "the shape of MLP((6, 9, 4, 3)) on (7, 6)")
    a, b, c = (m for m in model.modules() if isinstance(m, nn.Linear))
    with torch.no_grad():
        c.bias.copy_(torch.tensor([-3.0, 0.0, 3.0]))  # so that logits of both signs occur
    out = model(x)
    straight = c(b(a(x)))
    if torch.allclose(out, straight, atol=1e-6):
        fail("model(x) is what one linear layer could do: nothing bends between the layers")
    logits = c(F.relu(b(F.relu(a(x)))))
    if torch.allclose(out, logits.softmax(1), atol=1e-6):
        fail(
            "model(x) gave probabilities: cross_entropy applies softmax itself, twice is once too often"
        )
    if torch.allclose(out, F.relu(logits), atol=1e-6):
        fail("model(x) has no negative logit: the last layer is left as it is")
    close(out, logits, "model(x)", "a ReLU after every layer but the last", within=1e-5)


def batches(lab):
    pieces = list(lab.batches(10, 4, torch.Generator().manual_seed(0)))
    holds(all(torch.is_tensor(p) for p in pieces), "batches should give index tensors")
    sizes = [len(p) for p in pieces]
    holds(
        sum(sizes) >= 10,
        f"batches(10, 4) dealt {sum(sizes)} rows: the smaller last batch was dropped",
    )
    equal(sizes, [4, 4, 2], "the sizes of batches(10, 4)", "pieces of four, and what is left")
    rows = [i for p in pieces for i in p.tolist()]
    equal(
        sorted(rows), list(range(10)), "all rows of batches(10, 4)",
        "every row exactly once: shuffle an order, do not draw rows at random",
    )  # fmt: skip
    generator = torch.Generator().manual_seed(3)
    orders = [torch.cat(list(lab.batches(50, 8, generator))).tolist() for _ in range(2)]
    holds(orders[0] != list(range(50)), "the rows come in file order: nothing is shuffled")
    holds(
        orders[0] != orders[1],
        "two epochs had the same order: draw from the generator that is passed in, and do not reseed it",
    )
    again = torch.cat(list(lab.batches(50, 8, torch.Generator().manual_seed(3)))).tolist()
    holds(
        again == orders[0],
        "the same seed gave another order: the generator that is passed in is not used",
    )


def train_epoch(lab):
    def start():
        torch.manual_seed(5)
        return nn.Linear(4, 3)

    torch.manual_seed(0)
    x, y = torch.randn(10, 4), torch.randint(0, 3, (10,))
    mine, twin = start(), start()
    optimizer = torch.optim.SGD(mine.parameters(), lr=0.5)
    got = lab.train_epoch(mine, x, y, optimizer, 4, torch.Generator().manual_seed(2))
    if got is None:
        fail("train_epoch returned None: is a `return` missing?")
    holds(
        not torch.equal(mine.weight, twin.weight), "no weight has moved: is optimizer.step() there?"
    )
    right = torch.optim.SGD(twin.parameters(), lr=0.5)
    piled = start()  # what comes out when gradients are never cleared
    heap = torch.optim.SGD(piled.parameters(), lr=0.5)
    total, means = 0.0, []
    for piece in lab.batches(10, 4, torch.Generator().manual_seed(2)):
        F.cross_entropy(piled(x[piece]), y[piece]).backward()
        heap.step()
        loss = F.cross_entropy(twin(x[piece]), y[piece])
        right.zero_grad()
        loss.backward()
        right.step()
        total += loss.item() * len(piece)
        means.append(loss.item())
    if torch.allclose(mine.weight, piled.weight, atol=1e-6):
        fail(
            "gradients of earlier batches were added to later ones: clear them before each backward"
        )
    close(
        mine.weight, twin.weight, "the weights after train_epoch",
        "one update per batch, on the mean loss of that batch", within=1e-5,
    )  # fmt: skip
    if abs(float(got) - sum(means) / len(means)) < 1e-6:
        fail("train_epoch averaged over batches; the last one has two rows and counted like four")
    holds(isinstance(got, float), "the mean loss should be a plain float (.item())")
    close(got, total / 10, "the value of train_epoch", "the mean over rows", within=1e-5)


def score(lab):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 30), nn.ReLU(), nn.Dropout(0.5), nn.Linear(30, 3))
    x = torch.randn(12, 4)
    model.eval()
    y = model(x).argmax(1)
    y[:3] = (y[:3] + 1) % 3
    model.train()
    got = lab.score(model, x, y)
    holds(isinstance(got, tuple) and len(got) == 2, "score should give two numbers, hits and rows")
    holds(
        all(isinstance(v, int) for v in got),
        "score should give whole Python numbers: an interval cannot be computed from a mean or a tensor",
    )
    equal(
        got, (9, 12), "score of twelve rows, nine of them right",
        "is dropout off, and argmax taken along the classes?",
    )  # fmt: skip


def store(lab):
    model = _built(lab, (6, 5, 3))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.safetensors"
        lab.store(model, path)
        holds(path.is_file(), "store(model, path) wrote no file at that path")
        head = path.read_bytes()[:2]
        holds(
            head not in (b"PK", b"\x80\x02", b"\x80\x04"),
            "the file is a pickle (torch.save or pickle): reading it can run code; use safetensors",
        )
        with safe_open(path, framework="pt") as file:
            equal(
                sorted(file.keys()), sorted(model.state_dict()), "the names in the file",
                "all of the state dict, and nothing else",
            )  # fmt: skip
            told = file.metadata() or {}
            holds("widths" in told, "the file does not say the widths: pass them as metadata")
            equal(told["widths"], "6,5,3", 'the metadata "widths"', "numbers with commas between")
        again = lab.restore(path)
    x = torch.randn(4, 6)
    holds(torch.equal(again(x), model(x)), "the restored network answers differently")
