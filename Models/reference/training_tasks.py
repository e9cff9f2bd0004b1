"""What is trained: the network, the pairs and the schedule of each of the project's models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from degradation import first_order, second_order
from modules import VARIANTS
from rain import KINDS, draw_rain
from training_data import Crops, bicubic_quarter
from vmambair import Configuration

# Chances of the kinds of rain; the rest of the pictures stay clean, so that a network learns to
# leave such alone.
RAIN_CHANCES = {"light": 0.5, "heavy": 0.3}
# Those of the degradations; the rest are of the second order.
REAL_CHANCES = {"clean": 0.25, "first order": 0.65}


def super_resolution_pair(crops: Crops) -> tuple[np.ndarray, np.ndarray]:
    """Input, and target of four times its side, from inside a crop."""
    crop = crops.draw()
    # The border of the smaller picture was computed without what lies around the crop.
    return bicubic_quarter(crop)[4:-4, 4:-4], crop[16:-16, 16:-16]


def rain_pair(crops: Crops) -> tuple[np.ndarray, np.ndarray]:
    """A crop with rain, or now and then without, and the crop."""
    crop = crops.draw()
    chance = crops.generator.random()
    for name, part in RAIN_CHANCES.items():
        if chance < part:
            return draw_rain(crop, KINDS[name], crops.generator), crop
        chance -= part
    return crop, crop


def real_pair(crops: Crops) -> tuple[np.ndarray, np.ndarray]:
    """A degraded input, and its target of four times its side, from inside a crop."""
    crop, generator = crops.draw(), crops.generator
    chance = generator.random()
    if chance < REAL_CHANCES["clean"]:
        small = bicubic_quarter(crop)
    elif chance < REAL_CHANCES["clean"] + REAL_CHANCES["first order"]:
        small = first_order(crop, generator)
    else:
        small = second_order(crop, generator)
    return _inside(crop, small, generator)


def first_order_pair(crops: Crops) -> tuple[np.ndarray, np.ndarray]:
    """As `real_pair`, always degraded in the first order."""
    crop = crops.draw()
    return _inside(crop, first_order(crop, crops.generator), crops.generator)


def second_order_pair(crops: Crops) -> tuple[np.ndarray, np.ndarray]:
    """As `real_pair`, always degraded in the second order."""
    crop = crops.draw()
    return _inside(crop, second_order(crop, crops.generator), crops.generator)


def _inside(
    crop: np.ndarray, small: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A part of a small picture, and of the crop that it was made of."""
    # Blocks of JPEG mostly begin at the corner of a picture, as most pictures are whole ones.
    whole = generator.random() < 0.75
    top, left = (8, 8) if whole else generator.integers(4, 13, 2)
    side = small.shape[0] - 16
    target = crop[4 * top : 4 * (top + side), 4 * left : 4 * (left + side)]
    return small[top : top + side, left : left + side], target


# What --degradation takes: the pairs of each, and how many times as large a target is.
DEGRADATIONS = {
    "bicubic": (super_resolution_pair, 4),
    "first-order": (first_order_pair, 4),
    "second-order": (second_order_pair, 4),
    "mixed": (real_pair, 4),
    "rain": (rain_pair, 1),
}


@dataclass(frozen=True)
class Task:
    """One model.

    Attributes:
        configuration: The network.
        pair: Draws one input and target.
        stages: When each begins, as a part of the training; side of the crops that pairs are made
            of, in pixels; pairs in a step. Small crops at first make more steps in the same time.
        gpu_side: Side of the crops that pairs are made of for a GPU, in pixels.
        gpu_stages: For a GPU: when each begins; side of the part of an input that is trained on, in
            pixels; pairs in a step.
        rate: Highest learning rate of AdamW.
        last_rate: The rate at the end.
        average: Decay of the averaged weights in a step.
        most_gradient: Norm to which gradients are clipped.
    """

    configuration: Configuration
    pair: Callable[[Crops], tuple[np.ndarray, np.ndarray]]
    stages: tuple[tuple[float, int, int], ...]
    gpu_side: int
    gpu_stages: tuple[tuple[float, int, int], ...]
    rate: float = 1e-3
    last_rate: float = 1e-6
    average: float = 0.999
    most_gradient: float = 0.5

    def stage(self, progress: float, gpu: bool = False) -> tuple[int, int]:
        """Side of the crops, or of the parts, and pairs in a step at a time in [0, 1]."""
        stages = self.gpu_stages if gpu else self.stages
        return next((side, batch) for start, side, batch in stages[::-1] if progress >= start)


def changed(task: Task, dim: int | None, degradation: str | None) -> Task:
    """A task with another width of the network, or other pairs.

    Raises:
        ValueError: The pairs are of another scale than the network.
    """
    if dim:
        task = replace(task, configuration=replace(task.configuration, dim=dim))
    if degradation:
        pair, scale = DEGRADATIONS[degradation]
        if VARIANTS[task.configuration.variant].scale != scale:
            raise ValueError(f"the pairs of {degradation} are of x{scale}, the network is not")
        task = replace(task, pair=pair)
    return task


TASKS = {
    "sr4-tiny": Task(
        Configuration(
            "MambaSISR6", dim=16, num_blocks=(4, 1, 1, 1), num_refinement_blocks=4, d_state=16
        ),
        super_resolution_pair,
        # 40x40 low-resolution pixels are left of it.
        stages=((0.0, 192, 8),),
        gpu_side=288,
        gpu_stages=((0.0, 48, 32), (0.6, 64, 32)),
    ),
    "derain-tiny": Task(
        Configuration(
            "Mamber33", dim=16, num_blocks=(1, 2, 3, 1), num_refinement_blocks=1, d_state=16
        ),
        rain_pair,
        stages=((0.0, 64, 4), (0.6, 96, 4)),
        gpu_side=128,
        gpu_stages=((0.0, 64, 32), (0.6, 128, 16)),
    ),
    "real4-tiny": Task(
        Configuration(
            "MambaRealSR11", dim=16, num_blocks=(4, 1, 1, 1), num_refinement_blocks=4, d_state=16
        ),
        real_pair,
        # 40x40 low-resolution pixels are left of it.
        stages=((0.0, 224, 4), (0.85, 224, 8)),
        gpu_side=320,
        gpu_stages=((0.0, 48, 32), (0.6, 64, 32)),
        rate=8e-4,
        average=0.997,
    ),
}
