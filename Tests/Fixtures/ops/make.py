#!/usr/bin/env python3
"""Writes ops.json: small inputs of each operator and what PyTorch computes for them in float64."""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(2024)
torch.set_default_dtype(torch.float64)
cases = {}


def random(*shape, scale=1.0):
    """Multiples of 1/64, so that the file is short and float32 holds them exactly."""
    return (torch.randn(*shape) * scale * 64).round() / 64


def case(name, result, **tensors):
    tensors["result"] = result
    cases[name] = {
        key: {"shape": list(t.shape), "elements": t.contiguous().flatten().tolist()}
        for key, t in tensors.items()
    }


def layer_norm(x, weight, bias, centred):
    mean = x.mean(1, keepdim=True)
    variance = x.var(1, keepdim=True, unbiased=False)
    y = (x - mean if centred else x) / torch.sqrt(variance + 1e-5) * weight.view(1, -1, 1, 1)
    return y + bias.view(1, -1, 1, 1) if bias is not None else y


def scan(u, delta, delta_bias, a, b, c, d):
    """u, delta [D, L]; a [D, S]; b, c [S, L]: a step at a time, as the papers write it."""
    delta = F.softplus(delta + delta_bias[:, None])
    state = torch.zeros(u.shape[0], a.shape[1])
    rows = []
    for l in range(u.shape[1]):
        state = torch.exp(delta[:, l, None] * a) * state
        state = state + delta[:, l, None] * b[None, :, l] * u[:, l, None]
        rows.append((state * c[None, :, l]).sum(1) + d * u[:, l])
    return torch.stack(rows, 1)


def projected_scan(k, u, projection, delta_weight, delta_bias, a_logs, d):
    rows, rank = delta_weight.shape[1:]
    states = a_logs.shape[1]
    low, b, c = projection.split([rank, states, states])
    part = slice(k * rows, (k + 1) * rows)
    return scan(u, delta_weight[k] @ low, delta_bias[k], -torch.exp(a_logs[part]), b, c, d[part])


def omni_scan(x, projection, delta_weight, delta_bias, a_logs, d):
    channels, height, width = x.shape
    # Sequences: row-major, column-major (transposed image), and both reversed.
    def sequence(t, k):
        s = t.transpose(1, 2).flatten(1) if k % 2 else t.flatten(1)
        return s.flip(1) if k >= 2 else s

    total = torch.zeros_like(x)
    for k, p in enumerate(projection.chunk(4)):
        y = projected_scan(
            k, sequence(x, k), sequence(p, k), delta_weight, delta_bias, a_logs, d)
        y = y.flip(1) if k >= 2 else y
        total += (y.view(channels, width, height).transpose(1, 2) if k % 2
                  else y.view(channels, height, width))
    return total


def channel_scan(pooled, w):
    u = F.conv2d(pooled.view(1, 1, -1, 1), w["in_weight"], w["in_bias"])[0, :, :, 0]
    total = torch.zeros_like(u)
    for k in range(2):
        s = u.flip(1) if k else u
        y = projected_scan(k, s, w["projection"][k] @ s, w["delta_weight"], w["delta_bias"],
                           w["a_logs"], w["d"])
        total += y.flip(1) if k else y
    return F.conv2d(total[None, :, :, None], w["out_weight"], w["out_bias"]).flatten()


x = random(2, 4, 3, 5)
w, b = random(6, 4, 3, 3), random(6)
case("conv2d", F.conv2d(x, w, b, padding=1), input=x, weight=w, bias=b)
w = random(6, 2, 3, 3)
case("conv2d groups", F.conv2d(x, w, padding=1, groups=2), input=x, weight=w)
w = random(4, 1, 3, 3)
case("conv2d depthwise", F.conv2d(x, w, b[:4], padding=1, groups=4), input=x, weight=w, bias=b[:4])
w = random(3, 4, 1, 1)
case("conv2d 1x1", F.conv2d(x, w), input=x, weight=w)
m, w = random(3, 5), random(4, 5)
case("linear", F.linear(m, w, b[:4]), input=m, weight=w, bias=b[:4])
g, b = random(4), random(4)
case("layerNorm", layer_norm(x, g, b, True), input=x, weight=g, bias=b)
case("layerNorm uncentred", layer_norm(x, g, None, False), input=x, weight=g)
v = torch.tensor([-40, -9, -5.5, -3, -1, -0.25, -1 / 64, 0, 1 / 64, 0.5, 1, 2, 4, 6, 12, 19, 20, 21, 40.0])
case("silu", F.silu(v), input=v)
case("gelu", F.gelu(v), input=v)
case("sigmoid", torch.sigmoid(v), input=v)
case("softplus", F.softplus(v), input=v)
c = random(2, 4, 1, 1)
case("add", x + c, input=x, other=c)
case("multiply", x * c, input=x, other=c)
case("globalAveragePool", x.mean((2, 3), keepdim=True), input=x)
x = random(1, 8, 2, 3)
case("pixelShuffle", F.pixel_shuffle(x, 2), input=x)
x = random(1, 2, 4, 6)
case("pixelUnshuffle", F.pixel_unshuffle(x, 2), input=x)
x = random(1, 2, 2, 3)
case("resizeNearest", F.interpolate(x, scale_factor=3, mode="nearest"), input=x)

rows, length, states, rank = 3, 9, 4, 2
u, delta = random(rows, length), random(rows, length, scale=4)
delta[0, 2], delta[1, 5] = 21, 20  # above and at the threshold of softplus
weights = dict(delta_bias=random(rows), a=-torch.exp(random(rows, states)).float().double(),
               b=random(states, length), c=random(states, length), d=random(rows))
case("selectiveScan", scan(u, delta, **weights), input=u, delta=delta, **weights)
height, width = 3, 4
x, p = random(rows, height, width), random(4 * (rank + 2 * states), height, width)
weights = dict(delta_weight=random(4, rows, rank), delta_bias=random(4, rows),
               a_logs=random(4 * rows, states), d=random(4 * rows))
case("omniScan", omni_scan(x, p, **weights)[None], input=x[None], projection=p[None], **weights)
inner, channels = 2, 5
weights = dict(in_weight=random(inner, 1, 1, 1), in_bias=random(inner),
               projection=random(2, rank + 2 * states, inner),
               delta_weight=random(2, inner, rank), delta_bias=random(2, inner),
               a_logs=random(2 * inner, states), d=random(2 * inner),
               out_weight=random(1, inner, 1, 1), out_bias=random(1))
x = random(channels)
case("channelScan", channel_scan(x, weights).view(1, -1, 1, 1), input=x.view(1, -1, 1, 1), **weights)

target = pathlib.Path(__file__).with_name("ops.json")
target.write_text(json.dumps(cases, separators=(",", ":")).replace('},"', '},\n"') + "\n")
