"""A small discriminator of our own, for the adversarial end of a training."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

RATE = 2e-4
WIDTH = 32


class Adversary:
    """Learns to tell restored pictures from true ones, part by part.

    Attributes:
        network: `[N, 3, H, W]` to one number for each 4x4 pixels, large where it looks true.
    """

    def __init__(self, device: torch.device) -> None:
        sizes = ((3, WIDTH, 3, 1), (WIDTH, 2 * WIDTH, 4, 2), (2 * WIDTH, 2 * WIDTH, 4, 2))
        layers: list[nn.Module] = []
        for channels, made, kernel, stride in (*sizes, (2 * WIDTH, 2 * WIDTH, 3, 1)):
            convolution = nn.Conv2d(channels, made, kernel, stride, padding=1)
            layers += [spectral_norm(convolution), nn.LeakyReLU(0.2)]
        layers.append(nn.Conv2d(2 * WIDTH, 1, 3, padding=1))
        self.network = nn.Sequential(*layers).to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(
            self.network.parameters(),
            lr=RATE,
            betas=(0.0, 0.99),
            # So that a step can be part of a CUDA graph.
            capturable=device.type == "cuda",
        )

    def loss(self, found: Tensor) -> Tensor:
        """What a restoration `[N, 3, H, W]` in [0, 1] loses by not looking true."""
        self.network.requires_grad_(False)
        return F.softplus(-self.network(2 * found - 1)).mean()

    def step(self, found: Tensor, target: Tensor) -> None:
        """Learns from restorations and true pictures."""
        self.network.requires_grad_(True)
        loss = F.softplus(self.network(2 * found.detach() - 1)).mean()
        loss = loss + F.softplus(-self.network(2 * target - 1)).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def state(self) -> dict:
        """Everything that is saved."""
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def resume(self, state: dict) -> None:
        """Goes on from what was saved."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
