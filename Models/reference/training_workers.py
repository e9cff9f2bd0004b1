"""Processes that make training pairs ahead of a GPU, into memory that they share with it."""

from __future__ import annotations

import mmap
import multiprocessing
import signal
from collections.abc import Callable

import numpy as np

from training_data import Crops

Pair = Callable[[Crops], tuple[np.ndarray, np.ndarray]]
# Pairs that are handed over at once, and of these how many can be under way for each process.
BLOCK, BLOCKS = 32, 3


class Workers:
    """Processes that fill blocks of pairs, in any order: what comes is random, not repeatable.

    Attributes:
        inputs: `[blocks, BLOCK, H, W, 3]` of 8 bits, shared.
        targets: The same of the targets.
    """

    def __init__(
        self, pair: Pair, images: list[np.ndarray], side: int, count: int, seed: list[int]
    ) -> None:
        crops = Crops(images, np.random.default_rng(seed))
        crops.side = side
        blocks = BLOCKS * count
        self.inputs, self.targets = (_shared((blocks, BLOCK, *part.shape)) for part in pair(crops))
        # Forked, they share the pictures.
        context = multiprocessing.get_context("fork")
        self._free, self._ready = context.SimpleQueue(), context.SimpleQueue()
        for block in range(blocks):
            self._free.put(block)
        self._processes = []
        for number in range(count):
            crops = Crops(images, np.random.default_rng([*seed, number]))
            crops.side = side
            process = context.Process(target=self._work, args=(pair, crops), daemon=True)
            process.start()
            self._processes.append(process)

    def _work(self, pair: Pair, crops: Crops) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _one_thread()
        while True:
            block = self._free.get()
            for place in range(BLOCK):
                self.inputs[block, place], self.targets[block, place] = pair(crops)
            self._ready.put(block)

    def take(self, wait: bool = False) -> int | None:
        """A block that is full, or None where there is none yet.

        Raises:
            RuntimeError: A process has ended, so that none may come.
        """
        if not all(process.is_alive() for process in self._processes):
            raise RuntimeError("a process that makes training pairs has failed")
        return self._ready.get() if wait or not self._ready.empty() else None

    def give_back(self, block: int) -> None:
        """Lets a block that was read be filled again."""
        self._free.put(block)

    def close(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()


def _shared(shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(mmap.mmap(-1, int(np.prod(shape))), np.uint8).reshape(shape)


def _one_thread() -> None:
    """Keeps the products of matrices of one process off the other cores."""
    try:
        import threadpoolctl
    except ImportError:
        return
    threadpoolctl.threadpool_limits(1)
