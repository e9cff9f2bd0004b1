"""MambaIR, its U-Net, opensr-mamba, DVMSR, MambaIRv2 and VMamba in plain PyTorch, written from what they
compute; a state dict in the published names in, pictures (or logits) out.

Each function takes the tensors by name and a picture [1, C, H, W] with values of 0 to 1, and returns the
whole result, not clamped. What no tensor shows is a parameter. `scan` may be replaced by a faster one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from convolutional import Tensors, conv, count
from torch import Tensor

MEAN = (0.4488, 0.4371, 0.4040)


def plain_scan(u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor, bias: Tensor) -> Tensor:
    """The selective scan: u, delta [K, D, L], a [K, D, N], b, c [K, N, L], d, bias [K, D]."""
    delta = F.softplus(delta + bias[:, :, None])
    h = torch.zeros_like(a)
    out = torch.empty_like(u)
    for step in range(u.shape[2]):
        t = delta[:, :, step, None]
        h = torch.exp(t * a) * h + t * b[:, None, :, step] * u[:, :, step, None]
        out[:, :, step] = (h * c[:, None, :, step]).sum(2)
    return out + d[:, :, None] * u


scan: Callable[..., Tensor] = plain_scan


def linear(w: Tensors, name: str, x: Tensor) -> Tensor:
    """A linear layer over the channels of an image."""
    weight = w[name + ".weight"]
    return F.conv2d(x, weight.reshape(*weight.shape[:2], 1, 1), w.get(name + ".bias"))


def norm(w: Tensors, name: str, x: Tensor) -> Tensor:
    """LayerNorm over the channels of each pixel."""
    weight = w[name + ".weight"]
    y = F.layer_norm(x.permute(0, 2, 3, 1), weight.shape, weight, w[name + ".bias"])
    return y.permute(0, 3, 1, 2)


def per_channel(value: Tensor) -> Tensor:
    """[C] as [1, C, 1, 1]."""
    return value.view(1, -1, 1, 1)


def weighted_scan(w: Tensors, name: str, u: Tensor, prompt: Tensor | None = None) -> Tensor:
    """u [K, D, L] along its last axis, with the projections of a module; a prompt [N, L] is added to C."""
    rank, states = w[name + ".dt_projs_weight"].shape[2], w[name + ".A_logs"].shape[1]
    low, b, c = torch.einsum("kcd,kdl->kcl", w[name + ".x_proj_weight"], u).split([rank, states, states], 1)
    if prompt is not None:
        c = c + prompt
    delta = torch.einsum("kdr,krl->kdl", w[name + ".dt_projs_weight"], low)
    a = -torch.exp(w[name + ".A_logs"]).view(u.shape[0], u.shape[1], states)
    return scan(u, delta, a, b, c, w[name + ".Ds"].view(u.shape[:2]), w[name + ".dt_projs_bias"])


def omni_scan(w: Tensors, name: str, x: Tensor) -> Tensor:
    """Rows, columns, and both backwards, summed."""
    _, channels, height, width = x.shape
    rows, columns = x.flatten(2)[0], x.transpose(2, 3).flatten(2)[0]
    y = weighted_scan(w, name, torch.stack([rows, columns, rows.flip(1), columns.flip(1)]))
    y = y[:2] + y[2:].flip(2)
    return (y[0].view(channels, height, width) + y[1].view(channels, width, height).transpose(1, 2))[None]


def ss2d(w: Tensors, name: str, x: Tensor) -> Tensor:
    """SS2D, with a gate where the first projection is wide enough for one."""
    inner = w[name + ".x_proj_weight"].shape[2]
    wide = linear(w, name + ".in_proj", x)
    y = omni_scan(w, name, F.silu(conv(w, name + ".conv2d", wide[:, :inner], groups=inner)))
    y = norm(w, name + ".out_norm", y)
    return linear(w, name + ".out_proj", y * F.silu(wide[:, inner:]) if wide.shape[1] > inner else y)


def attended(w: Tensors, name: str, x: Tensor) -> Tensor:
    """Channel attention."""
    hidden = F.relu(conv(w, name + ".attention.1", x.mean((2, 3), keepdim=True)))
    return x * torch.sigmoid(conv(w, name + ".attention.3", hidden))


def branch(w: Tensors, name: str, x: Tensor) -> Tensor:
    """The convolutions of a block of MambaIR, in any of their forms."""
    if name + ".a_parameter" in w:
        return torch.sigmoid(x) - 0.5
    name, groups = name + ".cab", x.shape[1]
    if name + ".1.attention.1.weight" in w:
        return attended(w, name + ".1", conv(w, name + ".0", x, groups=groups))
    if name + ".5.attention.1.weight" in w:
        x = conv(w, name + ".0", x)
        x = F.gelu(conv(w, name + ".1", x, groups=x.shape[1]))
        x = conv(w, name + ".4", conv(w, name + ".3", x), dilation=2, groups=groups)
        return attended(w, name + ".5", x)
    return attended(w, name + ".3", conv(w, name + ".2", F.gelu(conv(w, name + ".0", x))))


def block(w: Tensors, name: str, x: Tensor, product: bool = False) -> Tensor:
    """A block of MambaIR; `product` says that its branch is multiplied."""
    x = x * per_channel(w[name + ".skip_scale"]) + ss2d(w, name + ".self_attention", norm(w, name + ".ln_1", x))
    kept = x * per_channel(w[name + ".skip_scale2"])
    y = branch(w, name + ".conv_blk", norm(w, name + ".ln_2", x))
    return kept * y if product else kept + y


def group_end(w: Tensors, name: str, x: Tensor) -> Tensor:
    """One convolution, or three."""
    if name + ".0.weight" not in w:
        return conv(w, name, x)
    x = F.leaky_relu(conv(w, name + ".0", x), 0.2)
    return conv(w, name + ".4", F.leaky_relu(conv(w, name + ".2", x), 0.2))


def tail(w: Tensors, x: Tensor, picture: Tensor) -> Tensor:
    """What follows the body; `picture` without its mean."""
    if "conv_before_upsample.0.weight" in w:
        x = F.leaky_relu(conv(w, "conv_before_upsample.0", x), 0.01)
        if "conv_up1.weight" in w:
            for name in ("conv_up1", "conv_up2"):
                x = F.leaky_relu(conv(w, name, F.interpolate(x, scale_factor=2)), 0.2)
            return conv(w, "conv_last", F.leaky_relu(conv(w, "conv_hr", x), 0.2))
        for index in range(0, count(w, "upsample."), 2):
            x = conv(w, f"upsample.{index}", x)
            x = F.pixel_shuffle(x, 3 if x.shape[1] == 9 * w["conv_last.weight"].shape[1] else 2)
        return conv(w, "conv_last", x)
    if "upsample.0.weight" in w:
        x = conv(w, "upsample.0", x)
        factor = (x.shape[1] / picture.shape[1]) ** 0.5
        return F.pixel_shuffle(x, int(factor)) if factor == int(factor) else x
    return picture + conv(w, "conv_last", x)


def shell(
    w: Tensors, x: Tensor, layer: Callable[[Tensors, str, int, Tensor], Tensor], layers: str, last_norm: str = "norm",
    has_mean: bool = True, img_range: float = 1,
) -> Tensor:
    """The whole network around its blocks."""
    mean = x.new_tensor(MEAN).view(1, 3, 1, 1) if has_mean and x.shape[1] == 3 else 0
    x = (x - mean) * img_range
    first = conv(w, "conv_first", x)
    value = norm(w, "patch_embed.norm", first) if "patch_embed.norm.weight" in w else first
    for group in range(count(w, "layers.")):
        inner = value
        prefix = f"layers.{group}.residual_group.{layers}."
        for index in range(count(w, prefix)):
            inner = layer(w, f"{prefix}{index}", index, inner)
        value = group_end(w, f"layers.{group}.conv", inner) + value
    value = group_end(w, "conv_after_body", norm(w, last_norm, value)) + first
    return tail(w, value, x) / img_range + mean


def mambair(w: Tensors, x: Tensor, img_range: float = 1) -> Tensor:
    """MambaIR in all its forms."""
    return shell(w, x, lambda w, name, _, x: block(w, name, x), "blocks", img_range=img_range)


def opensr(w: Tensors, x: Tensor, product: bool = False) -> Tensor:
    """opensr-mamba."""
    return shell(w, x, lambda w, name, _, x: block(w, name, x, product), "blocks", has_mean=False)


def mambairunet(w: Tensors, x: Tensor) -> Tensor:
    """MambaIRUNet; sides must be multiples of 8."""

    def stage(name: str, value: Tensor) -> Tensor:
        for index in range(count(w, name + ".")):
            value = block(w, f"{name}.{index}", value)
        return value

    value = conv(w, "patch_embed.proj", x)
    kept = []
    for level in (1, 2, 3):
        value = stage(f"encoder_level{level}", value)
        kept.append(value)
        value = F.pixel_unshuffle(conv(w, f"down{level}_{level + 1}.body.0", value), 2)
    value = stage("latent", value)
    for level in (3, 2, 1):
        value = F.pixel_shuffle(conv(w, f"up{level + 1}_{level}.body.0", value), 2)
        value = torch.cat([value, kept[level - 1]], 1)
        if level > 1:
            value = conv(w, f"reduce_chan_level{level}", value)
        value = stage(f"decoder_level{level}", value)
    return conv(w, "output", stage("refinement", value)) + x


def dvmsr(w: Tensors, x: Tensor) -> Tensor:
    """DVMSR: blocks without a residual, a scan along the rows."""

    def mixer(w: Tensors, name: str, _: int, x: Tensor) -> Tensor:
        x = norm(w, name + ".norm", x)
        name += ".mixer"
        wide = linear(w, name + ".in_proj", x).flatten(2)
        u, z = wide.chunk(2, 1)
        taps = w[name + ".conv1d.weight"]
        u = F.conv1d(F.pad(u, (taps.shape[2] - 1, 0)), taps, w[name + ".conv1d.bias"], groups=u.shape[1])
        module = {
            "s.x_proj_weight": w[name + ".x_proj.weight"][None], "s.dt_projs_weight": w[name + ".dt_proj.weight"][None],
            "s.dt_projs_bias": w[name + ".dt_proj.bias"][None], "s.A_logs": w[name + ".A_log"], "s.Ds": w[name + ".D"],
        }
        y = weighted_scan(module, "s", F.silu(u)) * F.silu(z)
        return linear(w, name + ".out_proj", y.view(1, -1, *x.shape[2:]))

    return shell(w, x, mixer, "blocks", last_norm="norm_f")


def window_attention(w: Tensors, name: str, qkv: Tensor, shift: int) -> Tensor:
    """Attention inside the windows of an image that is rolled by `shift`."""
    table = w[name + ".relative_position_bias_table"]
    side = int((table.shape[0] ** 0.5 + 1) / 2)
    heads, channels, (height, width) = table.shape[1], qkv.shape[1] // 3, qkv.shape[2:]
    rolled = torch.roll(qkv, (-shift, -shift), (2, 3))

    def windows(image: Tensor) -> Tensor:
        parts = image.view(image.shape[1], height // side, side, width // side, side)
        return parts.permute(1, 3, 2, 4, 0).reshape(-1, side * side, image.shape[1])

    q, k, v = (
        part.view(-1, side * side, heads, channels // heads).transpose(1, 2)
        for part in windows(rolled).chunk(3, 2)
    )
    at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
    away = at[:, :, None] - at[:, None, :] + side - 1
    bias = table[(away[0] * (2 * side - 1) + away[1]).view(-1)].view(side**2, side**2, heads).permute(2, 0, 1)
    logits = q @ k.transpose(2, 3) / (channels // heads) ** 0.5 + bias
    if shift:
        zone = [torch.arange(n) for n in (height, width)]
        zone = [(p >= n - side).int() + (p >= n - shift).int() for p, n in zip(zone, (height, width))]
        label = windows((3 * zone[0][:, None] + zone[1])[None, None].to(qkv.dtype)).squeeze(2)
        logits = logits - 100 * (label[:, None, :, None] != label[:, None, None, :])
    y = (logits.softmax(3) @ v).transpose(1, 2).reshape(height // side, width // side, side, side, channels)
    y = y.permute(4, 0, 2, 1, 3).reshape(1, channels, height, width)
    return torch.roll(y, (shift, shift), (2, 3))


def mambairv2(w: Tensors, x: Tensor, tokens: list[Tensor] | None = None) -> Tensor:
    """MambaIRv2 and its light form with the most likely token of each pixel, which `tokens` takes, layer by layer."""

    def feed_forward(w: Tensors, layer: str, number: int, x: Tensor) -> Tensor:
        name = f"{layer}.convffn{number}"
        y = F.gelu(linear(w, name + ".fc1", norm(w, f"{layer}.norm{2 * number}", x)))
        if name + ".sg.norm.weight" in w:
            a, b = y.chunk(2, 1)
            y = a * conv(w, name + ".sg.conv", norm(w, name + ".sg.norm", b), groups=b.shape[1])
        else:
            y = y + F.gelu(conv(w, name + ".dwconv.depthwise_conv.0", y, groups=y.shape[1]))
        return linear(w, name + ".fc2", y) + x

    def state_space(w: Tensors, layer: str, x: Tensor) -> Tensor:
        name = layer + ".assm"
        logits = linear(w, name + ".route.2", F.gelu(linear(w, name + ".route.0", x)))
        token = logits[0].flatten(1).argmax(0)
        if tokens is not None:
            tokens.append(token)
        prompt = (w[name + ".embeddingB.weight"] @ w[layer + ".embeddingA.weight"])[token]
        u = conv(w, name + ".in_proj.0", x)
        u = u * torch.sigmoid(conv(w, name + ".CPE.0", u, groups=u.shape[1]))
        order = torch.argsort(token, stable=True)
        y = torch.empty_like(u).flatten(2)
        # The prompt stays in the order of the image.
        y[:, :, order] = weighted_scan(w, name + ".selectiveScan", u.flatten(2)[:, :, order], prompt.T)
        return linear(w, name + ".out_proj", norm(w, name + ".out_norm", y.view_as(u)))

    def layer(w: Tensors, name: str, index: int, x: Tensor) -> Tensor:
        shift = side // 2 if index % 2 else 0
        y = window_attention(w, name + ".win_mhsa", linear(w, name + ".wqkv", norm(w, name + ".norm1", x)), shift)
        y = feed_forward(w, name, 1, linear(w, name + ".win_mhsa.proj", y) + x)
        y = x * per_channel(w[name + ".scale1"]) + y
        z = feed_forward(w, name, 2, state_space(w, name, norm(w, name + ".norm3", y)) + y)
        return y * per_channel(w[name + ".scale2"]) + z

    entries = w["layers.0.residual_group.layers.0.win_mhsa.relative_position_bias_table"].shape[0]
    side = int((entries**0.5 + 1) / 2)
    height, width = x.shape[2:]
    down, right = -height % side, -width % side
    padded = torch.cat([x, x.flip(2)[:, :, :down]], 2)
    padded = torch.cat([padded, padded.flip(3)[:, :, :, :right]], 3)
    y = shell(w, padded, layer, "layers")
    scale = y.shape[2] // padded.shape[2]
    return y[:, :, : height * scale, : width * scale]


def vmamba(w: Tensors, x: Tensor) -> Tensor:
    """VMamba: logits [1, classes], or the last features where there is no classifier."""
    old = "patch_embed.proj.weight" in w
    if old:
        names = {"patch_embed.proj": "patch_embed.0", "patch_embed.norm": "patch_embed.2"}
        names |= {"norm": "classifier.norm", "head": "classifier.head"}
        renamed = {}
        for name, value in w.items():
            module, part = name.rsplit(".", 1)
            full = names.get(module, module) + "." + part
            renamed[full.replace(".ln_1.", ".norm.").replace(".self_attention.", ".op.")] = value
        w = renamed
    mean, deviation = x.new_tensor((0.485, 0.456, 0.406)), x.new_tensor((0.229, 0.224, 0.225))
    x = (x - per_channel(mean)) / per_channel(deviation)

    def strided(name: str, x: Tensor, stride: int, padding: int) -> Tensor:
        return F.conv2d(x, w[name + ".weight"], w[name + ".bias"], stride, padding)

    if "patch_embed.5.weight" in w:
        x = F.gelu(norm(w, "patch_embed.2", strided("patch_embed.0", x, 2, 1)))
        x = norm(w, "patch_embed.7", strided("patch_embed.5", x, 2, 1))
    else:
        x = norm(w, "patch_embed.2", strided("patch_embed.0", x, w["patch_embed.0.weight"].shape[2], 0))
    stages = count(w, "layers.")
    for stage in range(stages):
        for index in range(count(w, f"layers.{stage}.blocks.")):
            name = f"layers.{stage}.blocks.{index}"
            x = x + ss2d(w, name + ".op", norm(w, name + ".norm", x))
            if name + ".mlp.fc1.weight" in w:
                y = F.gelu(linear(w, name + ".mlp.fc1", norm(w, name + ".norm2", x)))
                x = x + linear(w, name + ".mlp.fc2", y)
        name = f"layers.{stage}.downsample"
        if name + ".reduction.weight" in w:
            x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
            x = torch.cat([x[:, :, dy::2, dx::2] for dy, dx in ((0, 0), (1, 0), (0, 1), (1, 1))], 1)
            x = linear(w, name + ".reduction", norm(w, name + ".norm", x))
        elif name + ".1.weight" in w:
            x = norm(w, name + ".3", strided(name + ".1", x, 2, w[name + ".1.weight"].shape[2] // 3))
    if "classifier.head.weight" not in w:
        return x
    x = norm(w, "classifier.norm", x).mean((2, 3), keepdim=True)
    return linear(w, "classifier.head", x).flatten(1)
