from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from practicum.core.errors import IntegrityError
from practicum.tensors.stream import ITEM_BYTES, Spec, TensorFiles, read_specs, write_stream

NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
}  # fmt: skip
SHAPES = [(), (1,), (7,), (3, 5), (1, 1, 1), (2, 3, 1, 5), (0,), (0, 3), (257, 3)]


def some_tensors(dtype: torch.dtype) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    made = {f"t{i}": torch.randn(s, generator=generator) for i, s in enumerate(SHAPES)}
    edges = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-40, 65504.0])
    return {name: t.to(dtype) for name, t in (made | {"edges": edges}).items()}


def specs_of(tensors: dict[str, torch.Tensor]) -> dict[str, Spec]:
    return {n: Spec(NAMES[t.dtype], tuple(t.shape)) for n, t in tensors.items()}


def same_bytes(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Bit for bit: NaN equals itself, and 0.0 differs from -0.0."""
    flat = [t.contiguous().reshape(-1).view(torch.uint8) for t in (a, b)]
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(*flat)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


# -- parity with safetensors -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", NAMES, ids=NAMES.values())
def test_what_we_write_safetensors_reads_bit_for_bit(path: Path, dtype: torch.dtype) -> None:
    tensors = some_tensors(dtype)
    write_stream(path, specs_of(tensors), iter(tensors.items()))
    found = load_file(path)
    assert found.keys() == tensors.keys()
    assert all(same_bytes(found[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize("dtype", NAMES, ids=NAMES.values())
def test_what_safetensors_writes_we_read_bit_for_bit(path: Path, dtype: torch.dtype) -> None:
    tensors = some_tensors(dtype)
    save_file(tensors, path, metadata={"format": "pt"})
    assert read_specs([path]) == specs_of(tensors)
    with TensorFiles([path]) as opened:
        assert all(same_bytes(opened.get(name), tensors[name]) for name in tensors)


def test_the_file_worked_by_hand(path: Path) -> None:
    one = torch.tensor([1.0, -2.0])
    write_stream(path, {"w": Spec("F32", (2,))}, [("w", one)])
    header = (
        b'{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    )
    padded = header + b" " * (-len(header) % 8)
    data = bytes.fromhex("0000803f000000c0")  # 1.0 and -2.0, little-endian
    assert path.read_bytes() == struct.pack("<Q", len(padded)) + padded + data
    assert len(padded) % 8 == 0, "data begins aligned"


def test_mixed_types_in_one_file_keep_theirs(path: Path) -> None:
    tensors = {str(d): torch.arange(5).to(d) for d in NAMES}
    write_stream(path, specs_of(tensors), tensors.items())
    assert all(same_bytes(load_file(path)[name], tensors[name]) for name in tensors)


def test_a_tensor_that_is_a_view_is_written_as_it_reads(path: Path) -> None:
    turned = torch.arange(6.0).reshape(2, 3).T[::2]
    write_stream(path, {"w": Spec("F32", (2, 2))}, [("w", turned)])
    assert load_file(path)["w"].tolist() == [[0.0, 3.0], [2.0, 5.0]]


def test_several_files_are_read_as_one_model(tmp_path: Path) -> None:
    a, b = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    save_file({"x": torch.ones(2)}, a)
    save_file({"y": torch.zeros(3, dtype=torch.bfloat16)}, b)
    assert read_specs([a, b]) == {"x": Spec("F32", (2,)), "y": Spec("BF16", (3,))}
    with TensorFiles([a, b]) as opened:
        assert (opened.get("x").tolist(), opened.get("y").tolist()) == ([1, 1], [0, 0, 0])


def test_specs_of_every_type_that_safetensors_writes_here_have_its_size(path: Path) -> None:
    types = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, *NAMES]
    types += [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2]
    tensors = {str(t): torch.zeros(3, 2).to(t) for t in types}
    save_file(tensors, path)
    found = read_specs([path])
    assert {n: (s.n_items, s.size_bytes) for n, s in found.items()} == {
        n: (6, t.nbytes) for n, t in tensors.items()
    }


def test_item_sizes_are_those_of_the_names() -> None:
    for name, size in ITEM_BYTES.items():
        bits = 8 if name == "BOOL" else int("".join(c for c in name.split("_")[0] if c.isdigit()))
        assert bits == 8 * size


# -- only one tensor in memory ---------------------------------------------------------------


def test_tensors_are_taken_one_at_a_time(path: Path) -> None:
    """Each is on its way to the disk before the next is asked for."""
    sizes: list[int] = []
    specs = {f"t{i}": Spec("F32", (50_000,)) for i in range(4)}

    def one_by_one() -> Iterator[tuple[str, torch.Tensor]]:
        for name in specs:
            sizes.append(path.stat().st_size)
            yield name, torch.zeros(50_000)

    write_stream(path, specs, one_by_one())
    steps = [b - a for a, b in pairwise(sizes)]
    assert all(step >= 190_000 for step in steps), steps  # 200 kB each, less Python's buffer


# -- what must not be written ----------------------------------------------------------------

TWO = {"a": Spec("F32", (2,)), "b": Spec("F32", (3,))}


@pytest.mark.parametrize(
    ("tensors", "match"),
    [
        ([("b", torch.zeros(3)), ("a", torch.zeros(2))], "b: expected a"),
        ([("a", torch.zeros(3)), ("b", torch.zeros(3))], "a: expected a"),
        ([("a", torch.zeros(2, dtype=torch.float16)), ("b", torch.zeros(3))], "a: expected a"),
        ([("a", torch.zeros(2))], "fewer tensors than the header announces"),
        ([("a", torch.zeros(2)), ("b", torch.zeros(3)), ("c", torch.zeros(1))], "c: not announced"),
    ],
    ids=["out of order", "another shape", "another type", "too few", "too many"],
)
def test_tensors_other_than_announced_are_refused(
    path: Path, tensors: list[tuple[str, torch.Tensor]], match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        write_stream(path, TWO, tensors)


# -- files that lie --------------------------------------------------------------------------


def forge(path: Path, header: Any, data: bytes = b"\0" * 8, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def entry(start: int, end: int, shape: tuple[int, ...] = (2,), dtype: str = "F32") -> Any:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


@pytest.mark.parametrize("n_lost", [1, 4, 11])
def test_a_truncated_file_says_how_much_is_missing(path: Path, n_lost: int) -> None:
    save_file({"w": torch.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:-n_lost])
    with pytest.raises(IntegrityError, match=f"truncated, {n_lost} bytes missing"):
        read_specs([path])


@pytest.mark.parametrize("n_kept", [0, 5, 8, 9, 40])
def test_a_file_cut_inside_its_header_is_refused(path: Path, n_kept: int) -> None:
    save_file({"w": torch.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:n_kept])
    with pytest.raises(IntegrityError, match="truncated, or not a safetensors file"):
        read_specs([path])


@pytest.mark.parametrize(
    ("header", "n_data"),
    [
        ({"a": entry(0, 8), "b": entry(4, 12)}, 12),
        ({"a": entry(0, 8), "b": entry(12, 20)}, 20),
        ({"a": entry(4, 12)}, 12),
        ({"a": entry(0, 12)}, 12),
        ({"a": entry(0, 4)}, 4),
        ({"a": entry(8, 0)}, 8),
        ({"a": entry(-8, 0)}, 8),
        ({"a": entry(0, 8)}, 16),
        ({"a": entry(0, 8, shape=(-2, -1))}, 8),
        ({"a": entry(0, 8, dtype="F31")}, 8),
        ({"a": {"dtype": "F32", "shape": [2]}}, 8),
        ({"a": {"shape": [2], "data_offsets": [0, 8]}}, 8),
        ({"a": entry(0, 8) | {"shape": "2"}}, 8),
        ({"a": entry(0, 8) | {"data_offsets": [0]}}, 8),
        ({"a": [1]}, 8),
        ([1, 2], 8),
        (b"{not json}", 8),
        (b'{"a": "\xff\xfe"}', 8),
    ],
    ids=[
        "overlap", "gap", "gap at the start", "more bytes than the shape", "fewer bytes",
        "backwards", "negative", "bytes that belong to nobody", "negative shape", "unknown type",
        "no offsets", "no type", "shape no list", "one offset",
        "entry no mapping", "header no mapping", "not JSON", "not UTF-8",
    ],
)  # fmt: skip
def test_a_header_that_lies_is_refused_by_us_as_by_safetensors(
    path: Path, header: Any, n_data: int
) -> None:
    forge(path, header, b"\0" * n_data)
    with pytest.raises(Exception, match=r".") as theirs:
        load_file(path)
    assert theirs.type.__name__ == "SafetensorError"
    with pytest.raises(IntegrityError, match=path.name):
        read_specs([path])


def test_a_header_that_claims_gigabytes_is_not_read_into_memory(path: Path) -> None:
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", 3 << 30) + b"{")
        stream.truncate((3 << 30) + 16)  # a sparse file: it takes no room on the disk
    with pytest.raises(IntegrityError, match="truncated, or not a safetensors file"):
        read_specs([path])


def test_a_pickle_with_the_right_suffix_is_refused(path: Path) -> None:
    torch.save({"w": torch.zeros(4)}, path)
    with pytest.raises(IntegrityError, match="not a safetensors file"):
        read_specs([path])
