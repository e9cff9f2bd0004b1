"""Writes cases.json: convolutions in 8-bit integers, every rounding done with exact fractions."""

import json
import random
from fractions import Fraction
from pathlib import Path

LEAST, MANTISSA = -149, 24


def to_float(value):
    """The binary32 number nearest to a fraction, ties to even, as a fraction (no overflow)."""
    if value == 0:
        return Fraction(0)
    magnitude = abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    step = Fraction(2) ** max(exponent - MANTISSA + 1, LEAST)
    return round(value / step) * step


def pixel_levels(values, fixed):
    """Levels and scale of one pixel."""
    if fixed is None:
        largest = max(abs(value) for value in values)
        if largest < Fraction(2) ** -96:
            return [0] * len(values), Fraction(0)
        scale, inverse = to_float(largest / 127), to_float(127 / largest)
    else:
        scale, inverse = fixed, to_float(1 / fixed)
    return [max(-127, min(127, round(to_float(v * inverse)))) for v in values], scale


def convolve(case):
    """The result in row-major order."""
    channels, height, width = case["input_shape"][1:]
    outputs, kernel = case["weight_shape"][0], case["kernel"]

    def fractions(name):
        return [Fraction(number) for number in case[name]]

    pixels, scales = [], fractions("weight_scale")
    values = fractions("input")
    for pixel in range(height * width):
        column = [values[c * height * width + pixel] for c in range(channels)]
        if case["smoothing"]:
            column = [to_float(v * s) for v, s in zip(column, fractions("smoothing"))]
        fixed = None if case["scale"] is None else Fraction(case["scale"])
        pixels.append(pixel_levels(column, fixed))
    result = []
    for o in range(outputs):
        bias = fractions("bias")[o] if case["bias"] else Fraction(0)
        for h in range(height):
            for w in range(width):
                total = Fraction(0)
                for tap in range(kernel * kernel):
                    y, x = h + tap // kernel - kernel // 2, w + tap % kernel - kernel // 2
                    if not (0 <= y < height and 0 <= x < width):
                        continue
                    levels, scale = pixels[y * width + x]
                    products = sum(
                        levels[c] * case["weight"][(o * channels + c) * kernel * kernel + tap]
                        for c in range(channels)
                    )
                    total = to_float(to_float(Fraction(products)) * scale + total)
                result.append(float(to_float(total * scales[o] + bias)))
    return result


def make(rng, kernel, channels, outputs, size, scale, smoothed, biased):
    """A case with random operands."""

    def floats(count, low, high):
        return [float(to_float(Fraction(rng.uniform(low, high)))) for _ in range(count)]

    height, width = size
    case = {
        "kernel": kernel,
        "scale": scale,
        "input_shape": [1, channels, height, width],
        "weight_shape": [outputs, channels, kernel, kernel],
        "input": floats(channels * height * width, -3, 3),
        "weight": [rng.randint(-127, 127) for _ in range(outputs * channels * kernel**2)],
        "weight_scale": floats(outputs, 0.001, 0.01),
        "smoothing": floats(channels, 0.25, 4) if smoothed else [],
        "bias": floats(outputs, -1, 1) if biased else [],
    }
    # A pixel of zeros and, in fixed scale, elements that are clamped and ties that go to even.
    for c in range(channels):
        case["input"][c * height * width] = 0.0
    if scale is not None:
        for index, level in enumerate([0.5, 1.5, -2.5, 126.5, 127.5, 500]):
            case["input"][1 + index] = level * scale
    case["result"] = convolve(case)
    return case


def main():
    """Writes the file beside this one."""
    rng = random.Random(2026)
    cases = [
        make(rng, 1, 7, 5, (2, 5), None, False, False),
        make(rng, 1, 8, 3, (2, 5), None, True, True),
        make(rng, 3, 5, 4, (3, 4), None, False, True),
        make(rng, 3, 6, 3, (4, 3), 0.03125, True, False),
        make(rng, 1, 4, 4, (3, 4), 0.01171875, False, True),
        # Sums beyond 2^24, which a float rounds.
        make(rng, 1, 2100, 2, (1, 2), None, False, False),
    ]
    case = cases[-1]
    case["input"] = [2.0, -2.0] * 2100
    case["weight"] = [127] * 2100 + [127, 126] * 1050
    case["result"] = convolve(case)
    path = Path(__file__).with_name("cases.json")
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


main()
