"""Weights that training starts from, as Mamba and the published VmambaIR code start.

Convolutions keep PyTorch's own start. The last convolution starts small, so that a new network
returns almost what it adds its result to.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from modules import OmniSelectiveScan
from vmambair import VmambaIR

LEAST_STEP, MOST_STEP = 1e-3, 1e-1
LAST_FACTOR = 0.1


@torch.no_grad()
def initialise(model: VmambaIR) -> None:
    """Sets the parameters of all scans and the last convolution, from PyTorch's generator."""
    for module in model.modules():
        if isinstance(module, OmniSelectiveScan):
            _initialise_scan(module)
    last = model.tail.get_submodule("1") if model.variant.scale == 4 else model.output
    for parameter in last.parameters():
        parameter.mul_(LAST_FACTOR)


def _initialise_scan(module: OmniSelectiveScan) -> None:
    for weight in (module.x_proj_weight, module.xc_proj_weight):
        nn.init.uniform_(weight, -(weight.shape[-1] ** -0.5), weight.shape[-1] ** -0.5)
    for weight, bias in (
        (module.dt_projs_weight, module.dt_projs_bias),
        (module.dtc_projs_weight, module.dtc_projs_bias),
    ):
        nn.init.uniform_(weight, -(weight.shape[-1] ** -0.5), weight.shape[-1] ** -0.5)
        bias.copy_(_step_bias(bias))
    for logs in (module.A_logs, module.Ac_logs):
        logs.copy_(torch.log(torch.arange(1, logs.shape[1] + 1)).expand_as(logs))
    for skip in (module.Ds, module.Dsc):
        skip.fill_(1.0)


def _step_bias(like: Tensor) -> Tensor:
    """Values whose softplus is spread evenly, in logarithm, between the least and the most step."""
    span = math.log(MOST_STEP) - math.log(LEAST_STEP)
    step = torch.exp(torch.rand_like(like) * span + math.log(LEAST_STEP))
    return step + torch.log(-torch.expm1(-step))
