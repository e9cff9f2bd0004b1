#!/usr/bin/env python3
"""Derives the constants of the kernels (`vk_math.inc`, `simd/*.h`): polynomials, powers of two.of two.

Python's standard library alone; prints each constant as it stands in the sources. A polynomial is
the minimax fit of the relative error on its interval (Remez exchange in float64); its coefficients
are rounded to float32 one by one, lowest first, those left being fitted again each time.
"""
import math
import struct


def to_float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def bits(value):
    """Of the float32 next to `value`."""
    return struct.unpack("I", struct.pack("f", value))[0]


def solve(matrix, right):
    """Gaussian elimination with partial pivoting."""
    size = len(right)
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            for c in range(i, size + 1):
                rows[r][c] -= factor * rows[i][c]
    result = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][c] * result[c] for c in range(i + 1, size))
        result[i] = (rows[i][size] - known) / rows[i][i]
    return result


def remez(function, basis, scale, low, high, grid=4000):
    """Coefficients of `basis` that fit `function` best, errors being divided by `scale`."""
    count = len(basis)
    places = [
        low + (high - low) * (1 - math.cos(math.pi * i / grid)) / 2 for i in range(grid + 1)
    ]
    rows = [[b(x) / scale(x) for b in basis] for x in places]
    wanted = [function(x) / scale(x) for x in places]
    points = [round(i * grid / count) for i in range(count + 1)]
    for _ in range(50):
        matrix = [rows[p] + [(-1) ** i] for i, p in enumerate(points)]
        answer = solve(matrix, [wanted[p] for p in points])
        fit = answer[:count]
        errors = [w - sum(a * b for a, b in zip(fit, row)) for w, row in zip(wanted, rows)]
        # The extremes between changes of sign.
        extremes = []
        for i, error in enumerate(errors):
            if extremes and (error < 0) == (errors[extremes[-1]] < 0):
                if abs(error) > abs(errors[extremes[-1]]):
                    extremes[-1] = i
            else:
                extremes.append(i)
        while len(extremes) > count + 1:
            ends = abs(errors[extremes[0]]) < abs(errors[extremes[-1]])
            extremes.pop(0 if ends else -1)
        if len(extremes) < count + 1 or extremes == points:
            break
        points = extremes
    return fit, max(abs(e) for e in errors)


def largest_error(function, basis, scale, low, high, coefficients):
    error = 0.0
    for i in range(4001):
        x = low + (high - low) * i / 4000
        value = sum(c * b(x) for c, b in zip(coefficients, basis))
        error = max(error, abs(value - function(x)) / scale(x))
    return error


def fit_rounded(function, basis, scale, low, high):
    """As `remez` with coefficients in float32: rounded one by one, or at once if that is better."""
    one_by_one = []
    for index in range(len(basis)):
        known = list(one_by_one)

        def rest(x, known=known):
            return function(x) - sum(c * b(x) for c, b in zip(known, basis))

        fit, _ = remez(rest, basis[index:], scale, low, high)
        one_by_one.append(to_float32(fit[0]))
        if index == 0:
            at_once = [to_float32(c) for c in fit]
    answers = [
        (largest_error(function, basis, scale, low, high, c), c) for c in (one_by_one, at_once)
    ]
    error, coefficients = min(answers)
    return coefficients, error


def powers(count):
    return [lambda x, n=n: x**n for n in range(count)]


def show(title, values, error=None):
    note = "" if error is None else f"  within {error:.2g}"
    print(f"{title}{note}")
    for value in values:
        print(f"  {value:.9e}f")


def exp2_rest(x):
    return (math.exp(x * math.log(2)) - 1) / x if abs(x) > 1e-9 else math.log(2)


def fit_power(steps, degree):
    """2^f = 1 + f p(f) for |f| <= 1 / (2 steps)."""
    half = 0.5 / steps
    fit = fit_rounded(
        exp2_rest, powers(degree), lambda f: 2**f / max(abs(f), 1e-3 * half), -half, half)
    show(f"vk_times_exp2, {steps} steps", *fit)


def show_table(title, values):
    print(title)
    for i in range(0, len(values), 4):
        print("  " + ", ".join(values[i : i + 4]))


def fit_square():
    """2^f = c (w^2 + p) with w = f + 46 / 32 for |f| <= 1 / 64, and the table of 32 powers.

    46 / 32 is the multiple of 1 / 32 next to 1 / ln 2, where a square alone fits best. The entries
    are c 2^(j / 32), less the power of two by which 2^floor(n - 46 / 32) is too small.
    """
    shift = 46 / 32
    basis = [lambda f: (f + shift) ** 2, lambda f: 1.0]
    (factor, rest), error = remez(lambda f: 2**f, basis, lambda f: 2**f, -1 / 64, 1 / 64)
    p = to_float32(rest / factor)
    show("vk_exp2_product, AVX-512: p", [p], error)
    table = [factor * 2 ** (j / 32 - math.floor((j - 46) / 32)) for j in range(32)]
    # So that 2^0 is 1.
    table[0] = 4 / to_float32(shift**2 + p)
    show_table("its table", [f"{to_float32(value):.9g}f" for value in table])


def fit_cube():
    """2^f = c (w^3 + p w + q) with w = f + 3 / 2 for |f| <= 1 / 16, and the table of 8 powers."""
    shift = 1.5
    basis = [lambda f: (f + shift) ** 3, lambda f: f + shift, lambda f: 1.0]
    fit, error = remez(lambda f: 2**f, basis, lambda f: 2**f, -1 / 16, 1 / 16)
    p, q = (to_float32(c / fit[0]) for c in fit[1:])
    show("vk_exp2_parts, AVX2: p, q", [p, q], error)
    table = [fit[0] * 2 ** (j / 8) for j in range(8)]
    table[0] = 1 / to_float32(shift * to_float32(shift**2 + p) + q)
    show_table("its table, less j << 20", [f"0x{bits(v) - (j << 20):08x}" for j, v in enumerate(table)])


def log1p_rest(t):
    return math.log1p(t) / t if t > 1e-12 else 1.0


def tail(t):
    """P of `vk_gelu`: Q(a) e^(a^2 / 2) / t as a function of t = 1 / (1 + 0.35 a)."""
    a = (1 / t - 1) / 0.35
    return math.erfc(a / math.sqrt(2)) / 2 * math.exp(a * a / 2) / t


if __name__ == "__main__":
    fit_power(16, 3)
    fit_power(8, 3)
    fit_power(1, 5)
    show_table("vk_power, AVX-512", [f"{to_float32(2 ** (j / 16)):.9g}f" for j in range(16)])
    show_table(
        "vk_power, AVX2, less j << 20", [f"0x{bits(2 ** (j / 8)) - (j << 20):08x}" for j in range(8)]
    )
    fit_square()
    fit_cube()
    show("vk_softplus", *fit_rounded(log1p_rest, powers(9), log1p_rest, 0, 1))
    show("vk_gelu", *fit_rounded(tail, powers(9), tail, 1 / (1 + 0.35 * 14), 1))
