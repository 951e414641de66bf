"""The machine's ceilings: matrix products, memory and disk. Other benchmarks divide by them."""

from __future__ import annotations

import errno
import mmap
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from table import Load, Row, arguments, header, print_rows, tell

from practicum.core.stage import available_threads
from practicum.verbs import open_store

if TYPE_CHECKING:
    import torch

GEMM_SIZES = (1024, 1536, 2048)
MEMORY_BYTES = 256 << 20  # many times the last-level cache of a small server
DISK_BYTES = 512 << 20
CHUNK_BYTES = 8 << 20
SECONDS = 0.6  # spent on one ceiling; the best of the repetitions counts


@dataclass(frozen=True)
class Ceilings:
    """The fastest that this machine was seen to do with that many threads.

    Units  gemm: floating-point operations per second, 2·n³ per product of n×n matrices.
           copy: bytes read plus bytes written; what a cache reads before it overwrites a line
           is not counted. read: bytes read to sum a buffer.
    """

    threads: int
    gemm_fp32_flop_s: float
    gemm_bf16_flop_s: float
    copy_bytes_s: float
    read_bytes_s: float

    @property
    def memory_bytes_s(self) -> float:
        """The faster of copying and reading: no stream of bytes was seen to go faster."""
        return max(self.copy_bytes_s, self.read_bytes_s)


@dataclass(frozen=True)
class DiskSpeed:
    """Sequential speed of one file: written and fsynced, then read. `is_cached` when the page
    cache could not be emptied, so that the read measured memory."""

    write_bytes_s: float
    read_bytes_s: float
    is_cached: bool


def ceilings(
    threads: int, *, gemm_sizes: Sequence[int] = GEMM_SIZES, memory_bytes: int = MEMORY_BYTES,
    seconds: float = SECONDS,
) -> Ceilings:  # fmt: skip
    """Measure the processor's and the memory's ceilings with that many threads."""
    import torch

    from practicum.models.load import threads as torch_threads

    def gemm(dtype: torch.dtype) -> float:
        return max(_gemm_flop_s(n, dtype, seconds / len(gemm_sizes)) for n in gemm_sizes)

    with torch_threads(threads), torch.inference_mode():
        source = torch.ones(memory_bytes // 4)  # written once: untouched pages are not memory
        target = torch.zeros_like(source)
        return Ceilings(
            threads, gemm(torch.float32), gemm(torch.bfloat16),
            2 * memory_bytes / fastest(lambda: target.copy_(source), seconds),
            memory_bytes / fastest(lambda: source.sum(), seconds),
        )  # fmt: skip


def _gemm_flop_s(n: int, dtype: torch.dtype, seconds: float) -> float:
    """Operations per second of the product of two n×n matrices."""
    import torch

    a, b = (torch.randn(n, n).to(dtype) for _ in range(2))
    out = torch.empty(n, n, dtype=dtype)
    return 2 * n**3 / fastest(lambda: torch.mm(a, b, out=out), seconds)


def fastest(work: Callable[[], object], seconds: float) -> float:
    """Seconds of the fastest of at least three repetitions within about `seconds`."""
    work()
    best, n, end = float("inf"), 0, time.perf_counter() + seconds
    while n < 3 or time.perf_counter() < end:
        clock = time.perf_counter()
        work()
        best, n = min(best, time.perf_counter() - clock), n + 1
    return best


def disk_speed(folder: Path, size_bytes: int = DISK_BYTES) -> DiskSpeed:
    """Measure the disk below a folder with a temporary file of random bytes."""
    # Random, so that no file system compresses it; page-aligned, as large reads like it.
    block = mmap.mmap(-1, CHUNK_BYTES)
    block.write(os.urandom(CHUNK_BYTES))
    n_blocks = max(1, size_bytes // CHUNK_BYTES)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        clock = time.perf_counter()
        for _ in range(n_blocks):
            os.write(file.fileno(), block)
        os.fsync(file.fileno())
        write_s = time.perf_counter() - clock
        is_cached = not _forget(file.fileno(), n_blocks * CHUNK_BYTES)
        file.seek(0)
        clock = time.perf_counter()
        while file.readinto(block):
            pass
        read_s = time.perf_counter() - clock
    total = n_blocks * CHUNK_BYTES
    return DiskSpeed(total / write_s, total / read_s, is_cached)


def _forget(descriptor: int, size_bytes: int) -> bool:
    """Drop a file from the page cache; whether sixteen probes agree that it is gone."""
    if not hasattr(os, "posix_fadvise") or not hasattr(os, "RWF_NOWAIT"):
        return False
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    for i in range(16):
        try:  # answers at once only from memory
            os.preadv(descriptor, [bytearray(1)], i * size_bytes // 16, os.RWF_NOWAIT)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                continue
        return False
    return True


def rows_of(found: Ceilings) -> list[Row]:
    """Ceilings as rows without a peer."""
    of = f"{found.threads} thread{'s' if found.threads > 1 else ''}"
    best = "best of several; no peer"
    return [
        Row(f"matrix product float32, {of}", "GFLOP/s", found.gemm_fp32_flop_s / 1e9, note=best),
        Row(f"matrix product bfloat16, {of}", "GFLOP/s", found.gemm_bf16_flop_s / 1e9, note=best),
        Row(f"memory copy, {of}", "GB/s", found.copy_bytes_s / 1e9,
            note=f"{MEMORY_BYTES >> 20} MiB copied; bytes read plus bytes written"),
        Row(f"memory read, {of}", "GB/s", found.read_bytes_s / 1e9,
            note=f"{MEMORY_BYTES >> 20} MiB summed; bytes read"),
    ]  # fmt: skip


def disk_rows(speed: DiskSpeed, size_bytes: int) -> list[Row]:
    """The disk's speed as rows without a peer."""
    size = f"{size_bytes >> 20} MiB in one file"
    read = "CACHED: this is memory, not disk" if speed.is_cached else "page cache dropped before"
    return [
        Row("disk write", "GB/s", speed.write_bytes_s / 1e9, note=f"{size}, fsync included"),
        Row("disk read", "GB/s", speed.read_bytes_s / 1e9, note=f"{size}, {read}"),
    ]


def main() -> int:
    parser = arguments("The machine's ceilings: matrix products, memory, disk.")
    parser.add_argument("--folder", type=Path, help="where the disk is measured (the store)")
    options = parser.parse_args()
    load, seconds = Load(), SECONDS / 2 if options.quick else SECONDS
    size_bytes = DISK_BYTES // 4 if options.quick else DISK_BYTES
    found = []
    for threads in sorted({1, options.threads, available_threads()}):
        tell(f"ceilings with {threads} threads")
        found.append(ceilings(threads, seconds=seconds))
    tell("disk")
    folder = options.folder or open_store(options.home).home
    speed = disk_speed(folder, size_bytes)
    rows = [row for c in found for row in rows_of(c)] + disk_rows(speed, size_bytes)
    return print_rows(rows, options.json, header(options.threads, load))


if __name__ == "__main__":
    sys.exit(main())
