"""What is trained: the network, the pairs and the schedule of each of the project's models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rain import KINDS, draw_rain
from training_data import Crops, bicubic_quarter
from vmambair import Configuration


# Chances of the kinds of rain; the rest of the pictures stay clean, so that a network learns to
# leave such alone.
RAIN_CHANCES = {"light": 0.35, "heavy": 0.55}


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


@dataclass(frozen=True)
class Task:
    """One model.

    Attributes:
        configuration: The network.
        pair: Draws one input and target.
        crop: Side of the crops that pairs are made of, in pixels.
        batch: Pairs in a step.
        rate: Highest learning rate of AdamW.
        last_rate: The rate at the end.
        average: Decay of the averaged weights in a step.
        most_gradient: Norm to which gradients are clipped.
    """

    configuration: Configuration
    pair: Callable[[Crops], tuple[np.ndarray, np.ndarray]]
    crop: int
    batch: int
    rate: float = 1e-3
    last_rate: float = 1e-6
    average: float = 0.999
    most_gradient: float = 0.5


TASKS = {
    "sr4-tiny": Task(
        Configuration(
            "MambaSISR6", dim=16, num_blocks=(4, 1, 1, 1), num_refinement_blocks=4, d_state=16
        ),
        super_resolution_pair,
        # 40x40 low-resolution pixels are left of it.
        crop=192,
        batch=8,
    ),
    "derain-tiny": Task(
        Configuration(
            "Mamber33", dim=16, num_blocks=(1, 2, 3, 1), num_refinement_blocks=1, d_state=16
        ),
        rain_pair,
        crop=96,
        batch=4,
    ),
}
