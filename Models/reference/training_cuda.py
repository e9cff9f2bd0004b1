"""Training on a GPU: pairs in its memory, and the whole step as one CUDA graph.

A step of these small networks is some thousand kernels of microseconds; replayed as a graph they
follow each other without the CPU. The pairs that the workers make go into a pool in the GPU's
memory, of which a step draws parts, flipped and turned.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from training_workers import BLOCK, Workers

# Pairs in the pool, and how many must be there before the first step.
POOL, FIRST = 16384, 512
# Parts of a pair begin at multiples of this, so that blocks of JPEG stay where they were.
GRID = 8
# Steps before one is captured, and steps that the CPU is ahead.
WARM_UP, AHEAD = 3, 2


class Pool:
    """Pairs in the GPU's memory, the oldest replaced by the workers' newest."""

    def __init__(self, workers: Workers, device: torch.device) -> None:
        self.workers = workers
        self.made = [torch.from_numpy(part) for part in (workers.inputs, workers.targets)]
        for part in self.made:
            # Copies from page-locked memory do not wait for the GPU.
            torch.cuda.cudart().cudaHostRegister(part.data_ptr(), part.numel(), 0)
        self.pairs = [
            torch.empty(POOL, *part.shape[2:], dtype=torch.uint8, device=device)
            for part in self.made
        ]
        self.filled = torch.zeros((), device=device)
        self.taken, self.under_way = 0, deque()
        while self.taken < FIRST:
            self.feed(wait=True)

    def feed(self, wait: bool = False) -> None:
        """Copies what the workers have made by now."""
        while self.under_way and self.under_way[0][0].query():
            self.workers.give_back(self.under_way.popleft()[1])
        while (block := self.workers.take(wait)) is not None:
            place = self.taken % POOL
            for pool, part in zip(self.pairs, self.made, strict=True):
                pool[place : place + BLOCK].copy_(part[block], non_blocking=True)
            self.taken += BLOCK
            self.filled.fill_(float(min(self.taken, POOL)))
            event = torch.cuda.Event()
            event.record()
            self.under_way.append((event, block))
            if wait:
                event.synchronize()
                return

    def draw(self, count: int, side: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets `[N, 3, H, W]` in [0, 1] of parts of so many pairs.

        Args:
            count: N.
            side: Of the inputs, in pixels.
        """
        device, whole = self.filled.device, self.pairs[0].shape[1]
        which = (torch.rand(count, device=device) * self.filled).long()[:, None, None]
        first = torch.randint((whole - side) // GRID + 1, (2, count, 1), device=device) * GRID
        turns = torch.randint(2, (3, count, 1), device=device).bool()

        def part(pool: Tensor) -> Tensor:
            scale = pool.shape[1] // whole
            steps = torch.arange(side * scale, device=device)
            places = torch.where(turns[:2], steps.flip(0), steps) + first * scale
            cut = pool[which, places[0][:, :, None], places[1][:, None, :]]
            cut = torch.where(turns[2][:, :, None, None], cut.transpose(1, 2), cut)
            return cut.permute(0, 3, 1, 2).float().div(255)

        return part(self.pairs[0]), part(self.pairs[1])


class CapturedSteps:
    """A step of a training, captured once for each size of its batches."""

    def __init__(self, pool: Pool, update: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.pool, self.update = pool, update
        self.size: tuple[int, int] | None = None
        self.graph: torch.cuda.CUDAGraph | None = None
        self.loss: Tensor | None = None
        self.events: deque[torch.cuda.Event] = deque()

    def _capture(self) -> None:
        self.graph = self.loss = None
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self.update(*self.pool.draw(*self.size))
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.empty_cache()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.loss = self.update(*self.pool.draw(*self.size))
        self.graph = graph

    def step(self, count: int, side: int) -> Tensor:
        """One step on `count` parts of `side` pixels; returns its loss, still being computed."""
        self.pool.feed()
        if self.size != (count, side):
            self.size = count, side
            begun = time.monotonic()
            self._capture()
            print(f"captured {count} x {side} in {time.monotonic() - begun:.1f} s", flush=True)
        self.graph.replay()
        loss = self.loss.clone()
        event = torch.cuda.Event()
        event.record()
        self.events.append(event)
        if len(self.events) > AHEAD:
            self.events.popleft().synchronize()
        return loss


@torch.no_grad()
def average_weights(averaged: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    """What an averaged model's `update_parameters` does, without a question to the GPU."""
    torch._foreach_lerp_(list(averaged.parameters()), list(model.parameters()), 1 - decay)
