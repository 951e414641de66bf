"""The numbers of this lesson, recomputed with the lab's own cells."""

import contextlib
import functools
import io
import math
from pathlib import Path
from types import SimpleNamespace

from practicum.learn.lessons.claims import Near


@functools.cache
def _lab() -> SimpleNamespace:
    """What the lab's solution defines before it trains all candidates."""
    path = Path(__file__).parent / "labs" / "three-cells" / "solution.py"
    source = path.read_text(encoding="utf-8").partition("recalled = {}")[0]
    names: dict = {"__name__": "solution"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, str(path), "exec"), names)
    return SimpleNamespace(**names)


@functools.cache
def _recalled(name: str, lag: int = 40) -> Near:
    kind, memory = _lab().CANDIDATES[name]
    return Near(_lab().train(kind, memory, lag=lag)[0], 0.03)


def rnn_recalled() -> Near:
    """What the plain RNN answers at lag 40, trained as in the lab."""
    return _recalled("RNN")


def lstm_one_recalled() -> Near:
    """What the LSTM with a forget bias of 1 answers at lag 40."""
    return _recalled("LSTM, bias 1")


def lstm_recalled() -> Near:
    """What the LSTM with spread biases answers at lag 40."""
    return _recalled("LSTM, spread")


def gru_recalled() -> Near:
    """What the GRU with spread biases answers at lag 40."""
    return _recalled("GRU, spread")


def rnn_at_two() -> Near:
    """What the plain RNN answers at lag 2."""
    return _recalled("RNN", 2)


def rnn_at_twenty() -> Near:
    """What the plain RNN answers at lag 20."""
    return Near(_recalled("RNN", 20).value, 0.1)


def lstm_one_at_ten() -> Near:
    """What the LSTM with a forget bias of 1 answers at lag 10."""
    return _recalled("LSTM, bias 1", 10)


def by_guessing() -> float:
    """One symbol of eight."""
    return 1 / _lab().N_SYMBOLS


def nine_tenths() -> float:
    """0.9 to the power 40."""
    return 0.9**40


def eleven_tenths() -> float:
    """1.1 to the power 40."""
    return 1.1**40


def gate_of_one() -> float:
    """The forget gate at a bias of 1."""
    return 1 / (1 + math.exp(-1))


def memory_of_one() -> float:
    """How many steps that gate remembers for, 1 / (1 - f)."""
    return 1 / (1 - gate_of_one())


def kept_by_one() -> float:
    """What it keeps of a memory after 40 steps, in millionths."""
    return 1e6 * gate_of_one() ** 40


def bias_of_eighty() -> float:
    """The bias of a memory of 80 steps."""
    return math.log(79)


def kept_by_eighty() -> float:
    """What a memory of 80 steps keeps after 40."""
    return (1 - 1 / 80) ** 40


@functools.cache
def _felt(name: str) -> list[float]:
    return _lab().felt[name].tolist()


def rnn_lost() -> Near:
    """Times that the plain RNN feels the last input more than the one 40 steps back, in trillions."""
    felt = _felt("RNN")
    return Near(felt[-1] / felt[0] / 1e12, 0.1)


def rnn_step() -> Near:
    """The factor by which its gradient shrinks at each step, on average."""
    felt = _felt("RNN")
    return Near((felt[0] / felt[-1]) ** (1 / 40), 0.005)


def lstm_one_lost() -> Near:
    """Times that the LSTM with bias 1 feels the last input more than the one 40 steps back."""
    felt = _felt("LSTM, bias 1")
    return Near(felt[-1] / felt[0], 300)


def lstm_lost() -> Near:
    """The same of the LSTM with spread biases."""
    felt = _felt("LSTM, spread")
    return Near(felt[-1] / felt[0], 1)


def apart() -> str:
    """Whether all three cells are within a millionth of PyTorch's after 40 steps."""
    lab = _lab()
    worst = 0.0
    for kind, n_gates in lab.GATES.items():
        w = lab.fresh(n_gates, 5, 16)
        off = lab.unrolled(kind, lab.sequence, w) - lab.by_torch(kind, lab.sequence, w)
        worst = max(worst, float(off.abs().max()))
    return "a millionth" if worst <= 1e-6 else f"{worst:.0e}"


def _weights(kind: str) -> int:
    lab = _lab()
    return sum(part.numel() for part in lab.fresh(lab.GATES[kind], 12, 16))


def rnn_weights() -> int:
    """Weights of the plain cell of the examination."""
    return _weights("RNN")


def lstm_weights() -> int:
    """Weights of its LSTM."""
    return _weights("LSTM")


def gru_weights() -> int:
    """Weights of its GRU."""
    return _weights("GRU")


def cell_by_hand() -> float:
    """f·c + i·g with f = 0.9, c = 2, i = 0.5, g = -1."""
    return 0.9 * 2 + 0.5 * -1


def kept_per_token() -> int:
    """Numbers that SmolLM2-135M keeps for every token: keys and values, 30 layers, 3 heads of 64."""
    return 2 * 30 * 3 * 64


def kept_in_full() -> float:
    """The same for a full context of 8,192 tokens, in millions."""
    return 2 * 30 * 3 * 64 * 8192 / 1e6
