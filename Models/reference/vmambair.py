"""VmambaIR (arXiv 2403.11423) in plain PyTorch: the four published networks, on a CPU.

State-dict names are those of the published checkpoints, so these load strictly. Images are
`[N, C, H, W]`, RGB in [0, 1]; H and W must be multiples of 8 (`restore` pads and crops).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modules import VARIANTS, MamberBlock, Stage

CONTAINERS = ("params_ema", "params", "state_dict", "model_state_dict", "model", "net", "generator")
PREFIXES = ("module.", "netG.", "net_g.", "model.", "generator.")
SIZE_MULTIPLE = 8


@dataclass(frozen=True)
class Configuration:
    """Options of a network's constructor, under the names of the published code.

    Attributes:
        variant: A key of `VARIANTS`.
        dim: Channels of the first level.
        num_blocks: Blocks of the levels 1, 2, 3 (encoder and decoder each) and of `latent`.
        num_refinement_blocks: Blocks after the decoder.
        ffn_expansion_factor: Hidden channels of the feed-forward part are `int(C * factor)`.
        bias: Biases in the feed-forward part, the reductions, `skip_conv` and `output`.
        LayerNorm_type: `WithBias` or `BiasFree`, for `norm1` and `norm2`.
        inp_channels: 3, or 6 for a dual-pixel pair.
        out_channels: Channels of the result.
        dual_pixel_task: `skip_conv` instead of adding the input; deraining variants only.
        d_state: States of the spatial scan, and of the channel scan where there is no `conv_cin`.
    """

    variant: str
    dim: int = 48
    num_blocks: tuple[int, int, int, int] = (6, 2, 2, 1)
    num_refinement_blocks: int = 6
    ffn_expansion_factor: float = 2.66
    bias: bool = False
    LayerNorm_type: str = "WithBias"
    inp_channels: int = 3
    out_channels: int = 3
    dual_pixel_task: bool = False
    d_state: int = 16


class Resample(nn.Module):
    """3x3 convolution, then pixels to channels (`Downsample`) or back (`Upsample`)."""

    def __init__(self, channels: int, made: int, shuffle: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, made, 3, padding=1, bias=False))
        self.shuffle = shuffle

    def forward(self, x: Tensor) -> Tensor:
        return self.shuffle(self.body(x))


def downsample(channels: int) -> Resample:
    """`[N, C, H, W]` to `[N, 2 * C, H / 2, W / 2]`."""
    return Resample(channels, channels // 2, nn.PixelUnshuffle(2))


def upsample(channels: int) -> Resample:
    """`[N, C, H, W]` to `[N, C / 2, 2 * H, 2 * W]`."""
    return Resample(channels, channels * 2, nn.PixelShuffle(2))


class Tail(nn.Module):
    """Upsampling end of the super-resolution variants, x4 by two shuffles."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        steps = [nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2)]
        steps += [nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2)]
        self.add_module("0", nn.Sequential(*steps))
        self.add_module("1", nn.Conv2d(channels, out_channels, 3, padding=1))
        self.upsample = Stage()

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        y = self.get_submodule("1")(self.get_submodule("0")(x))
        return y + self.upsample(F.interpolate(image, scale_factor=4, mode="nearest"))


class Embedding(nn.Module):
    """First convolution, `[N, inp_channels, H, W]` to `[N, dim, H, W]`."""

    def __init__(self, inp_channels: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inp_channels, dim, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x)


class VmambaIR(nn.Module):
    """One network of the four variants, `[N, C, H, W]` to `[N, out, scale * H, scale * W]`."""

    def __init__(self, options: Configuration) -> None:
        super().__init__()
        self.options = options
        self.variant = variant = VARIANTS[options.variant]
        if variant.scale != 1 and options.dual_pixel_task:
            raise ValueError(f"{options.variant} has no dual-pixel form")
        dim, bias = options.dim, options.bias
        first, second, third, fourth = options.num_blocks

        def level(channels: int, count: int) -> nn.Sequential:
            hidden = int(channels * options.ffn_expansion_factor)
            centred = options.LayerNorm_type == "WithBias"
            shape = (channels, hidden, bias, centred, options.d_state, variant)
            return nn.Sequential(*[MamberBlock(*shape) for _ in range(count)])

        self.patch_embed = Embedding(options.inp_channels, dim)
        self.encoder_level1 = level(dim, first)
        self.down1_2 = downsample(dim)
        self.encoder_level2 = level(2 * dim, second)
        self.down2_3 = downsample(2 * dim)
        self.encoder_level3 = level(4 * dim, third)
        self.down3_4 = downsample(4 * dim)
        self.latent = level(8 * dim, fourth)
        self.up4_3 = upsample(8 * dim)
        self.concat_level3 = Stage()
        self.reduce_chan_level3 = nn.Conv2d(8 * dim, 4 * dim, 1, bias=bias)
        self.decoder_level3 = level(4 * dim, third)
        self.up3_2 = upsample(4 * dim)
        self.concat_level2 = Stage()
        self.reduce_chan_level2 = nn.Conv2d(4 * dim, 2 * dim, 1, bias=bias)
        self.decoder_level2 = level(2 * dim, second)
        self.up2_1 = upsample(2 * dim)
        self.concat_level1 = Stage()
        self.decoder_level1 = level(2 * dim, first)
        self.refinement = level(2 * dim, options.num_refinement_blocks)
        if options.dual_pixel_task:
            self.skip_conv = nn.Conv2d(dim, 2 * dim, 1, bias=bias)
            self.skip_conv.residual = Stage()
        if variant.scale == 4:
            self.tail = Tail(2 * dim, options.out_channels)
        else:
            self.output = nn.Conv2d(2 * dim, options.out_channels, 3, padding=1, bias=bias)
        self.restored = Stage()

    def prepare(self, image: Tensor) -> Tensor:
        """What the network runs on for an image `[N, C, H, W]` of any size."""
        return pad(image)

    def forward(self, image: Tensor) -> Tensor:
        embedded = self.patch_embed(image)
        first = self.encoder_level1(embedded)
        second = self.encoder_level2(self.down1_2(first))
        third = self.encoder_level3(self.down2_3(second))
        x = self.up4_3(self.latent(self.down3_4(third)))
        x = self.reduce_chan_level3(self.concat_level3(torch.cat([x, third], 1)))
        x = self.up3_2(self.decoder_level3(x))
        x = self.reduce_chan_level2(self.concat_level2(torch.cat([x, second], 1)))
        x = self.up2_1(self.decoder_level2(x))
        x = self.decoder_level1(self.concat_level1(torch.cat([x, first], 1)))
        x = self.refinement(x)
        if self.variant.scale == 4:
            return self.restored(self.tail(x, image))
        if self.options.dual_pixel_task:
            return self.restored(self.output(self.skip_conv.residual(x + self.skip_conv(embedded))))
        return self.restored(self.output(x) + image)


def configuration(state_dict: Mapping[str, Tensor], variant: str | None = None) -> Configuration:
    """Reads the constructor options off the tensors of a state dict.

    Args:
        state_dict: Published names, without prefixes.
        variant: Overrides the variant that the tensors tell.

    Raises:
        ValueError: The tensors are not those of a VmambaIR network.
    """
    shapes = {name: tuple(value.shape) for name, value in state_dict.items()}

    def shape(name: str) -> tuple[int, ...]:
        if name not in shapes:
            raise ValueError(f"not a VmambaIR checkpoint: there is no {name}")
        return shapes[name]

    def blocks(level: str) -> int:
        places = {name.split(".")[1] for name in shapes if name.startswith(level + ".")}
        return len(places)

    block = "encoder_level1.0."
    dim, inp_channels = shape("patch_embed.proj.weight")[:2]
    last = "tail.1.weight" if "tail.1.weight" in shapes else "output.weight"
    told = (last, shapes.get(block + "attn.conv_cin.weight", (None,))[0])
    names = {
        ("tail.1.weight" if v.scale == 4 else "output.weight", v.channel_rows): name
        for name, v in VARIANTS.items()
    }
    if variant is None and told not in names:
        raise ValueError(f"no variant of VmambaIR has {last} and {told[1]} channel-scan rows")
    levels = ("encoder_level1", "encoder_level2", "encoder_level3", "latent")
    hidden = {
        dim << i: shape(f"{level}.0.ffn.project_in.weight")[0] // 2
        for i, level in enumerate(levels)
    }
    return Configuration(
        variant=variant or names[told],
        dim=dim,
        num_blocks=tuple(blocks(level) for level in levels),
        num_refinement_blocks=blocks("refinement"),
        ffn_expansion_factor=expansion_factor(hidden),
        bias=block + "ffn.project_in.bias" in shapes,
        LayerNorm_type="WithBias" if block + "norm1.body.bias" in shapes else "BiasFree",
        inp_channels=inp_channels,
        out_channels=shape(last)[0],
        dual_pixel_task="skip_conv.weight" in shapes,
        d_state=shape(block + "attn.A_logs")[1],
    )


def expansion_factor(hidden: Mapping[int, int]) -> float:
    """The published 2.66 or else the shortest decimal `f` that makes `int(C * f)` hidden channels.

    Args:
        hidden: Hidden channels for each number of channels `C`.

    Raises:
        ValueError: There is none.
    """
    least = max(h / c for c, h in hidden.items())
    for factor in (2.66, *(math.ceil(least * 10**n) / 10**n for n in range(7))):
        if all(int(c * factor) == h for c, h in hidden.items()):
            return factor
    raise ValueError(f"no expansion factor makes these hidden channels: {dict(hidden)}")


def read_state_dict(path: str | os.PathLike[str], key: str | None = None) -> dict[str, Tensor]:
    """Reads the tensors of a checkpoint, without the container and the prefix around them.

    Args:
        path: A file of `torch.save`; nothing in it is executed.
        key: The container to take, instead of the first of `CONTAINERS` that exists.

    Raises:
        ValueError: There are no tensors by name.
    """
    found = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(found, Mapping):
        raise ValueError("the checkpoint is no dictionary")
    if key is None:
        key = next((name for name in CONTAINERS if isinstance(found.get(name), Mapping)), None)
    tensors = found if key is None else found.get(key)
    if not isinstance(tensors, Mapping) or not all(map(torch.is_tensor, tensors.values())):
        raise ValueError(f"there are no tensors under {key or 'the names'} {list(found)[:8]}")
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return {name: value.detach() for name, value in tensors.items()}


def load(
    path: str | os.PathLike[str],
    key: str | None = None,
    variant: str | None = None,
    dtype: torch.dtype = torch.float32,
) -> VmambaIR:
    """Makes the network that a checkpoint belongs to and loads it strictly, for inference.

    Raises:
        ValueError: It is no VmambaIR checkpoint.
        RuntimeError: A tensor is missing, too many, or misshapen.
    """
    tensors = read_state_dict(path, key)
    model = VmambaIR(configuration(tensors, variant)).to(dtype)
    model.load_state_dict(tensors, strict=True)
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def pad(image: Tensor) -> Tensor:
    """Pads right and bottom to multiples of 8: mirrored as far as that goes, then replicated."""
    height, width = image.shape[-2:]
    down, right = -height % SIZE_MULTIPLE, -width % SIZE_MULTIPLE
    mirrored = (min(right, width - 1), min(down, height - 1))
    image = F.pad(image, (0, mirrored[0], 0, mirrored[1]), mode="reflect")
    return F.pad(image, (0, right - mirrored[0], 0, down - mirrored[1]), mode="replicate")


@torch.no_grad()
def restore(model: VmambaIR, image: Tensor) -> Tensor:
    """Runs a network on `[N, C, H, W]` of any size; the result is cropped, not clamped."""
    height, width = image.shape[-2:]
    scale = model.variant.scale
    return model(model.prepare(image))[..., : height * scale, : width * scale]
