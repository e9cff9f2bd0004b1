"""Weights that training starts from, as Mamba and the published VmambaIR code start.

Convolutions keep PyTorch's own start. The last convolution starts small, so that a new network
returns almost what it adds its result to. `transfer` starts from a trained network instead, also
from one of another channel scan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from modules import OmniSelectiveScan
from vmambair import VmambaIR, configuration

LEAST_STEP, MOST_STEP = 1e-3, 1e-1
LAST_FACTOR = 0.1
# How much of a new channel scan, normalised, is added to the mean result of the trained one.
NEW_SCAN_FACTOR = 0.1


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


@torch.no_grad()
def transfer(model: VmambaIR, tensors: Mapping[str, Tensor], images: Tensor) -> None:
    """Loads a trained network's weights, where the channel scan differs all but that.

    A new channel scan starts from the mean of what the trained one computes for `images`
    `[N, C, H, W]`, to which it adds a little of its own: the network begins as good as the trained
    one, nearly.

    Raises:
        ValueError: The networks differ in more than the channel scan.
    """
    options = configuration(tensors)
    if replace(options, variant=model.options.variant) != model.options:
        raise ValueError(f"the weights are those of another network: {options}")
    if options == model.options:
        model.load_state_dict(tensors)
        return
    trained = VmambaIR(options)
    trained.load_state_dict(tensors)
    means: dict[str, Tensor] = {}

    def record(name: str):
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], result: Tensor) -> None:
            means[name] = result.mean((0, 2, 3))

        return hook

    for name, module in trained.named_modules():
        if isinstance(module, OmniSelectiveScan):
            module.channel_norm.register_forward_hook(record(name))
    trained.eval()(images)
    own = model.state_dict()
    model.load_state_dict(
        own | {k: v for k, v in tensors.items() if k in own and own[k].shape == v.shape}
    )
    for name, mean in means.items():
        norm = model.get_submodule(name).channel_norm.body
        norm.weight.mul_(NEW_SCAN_FACTOR)
        norm.bias.copy_(mean)
