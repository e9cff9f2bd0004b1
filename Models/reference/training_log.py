"""The log of a training, as a table and as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT, MARGIN = 900, 300, 50
COLOURS = ((31, 90, 180), (200, 80, 20), (30, 140, 60), (130, 60, 160), (90, 90, 90))


class Log:
    """Rows of `log.csv`: step, seconds of training, name of a value, value."""

    def __init__(self, folder: Path) -> None:
        self.path, self.picture = folder / "log.csv", folder / "curve.png"

    def add(self, step: int, seconds: float, values: dict[str, float]) -> None:
        """Writes values by name and prints them in one line."""
        with self.path.open("a", newline="") as file:
            rows = csv.writer(file)
            for name, value in values.items():
                rows.writerow([step, f"{seconds:.0f}", name, f"{value:.6g}"])
        text = " ".join(f"{name} {value:.5g}" for name, value in values.items())
        print(f"step {step} {seconds:.0f} s {text}", flush=True)

    def read(self) -> dict[str, list[tuple[int, float]]]:
        """Steps and values by name."""
        found: dict[str, list[tuple[int, float]]] = {}
        if self.path.exists():
            with self.path.open(newline="") as file:
                for step, _, name, value in csv.reader(file):
                    found.setdefault(name, []).append((int(step), float(value)))
        return found

    def draw(self) -> None:
        """Draws the loss and the figures in dB, one above the other, over the steps."""
        found = self.read()
        loss = {name: found[name] for name in ("loss",) if name in found}
        rest = {name: values for name, values in found.items() if name not in ("loss", "rate")}
        panels = [panel for panel in (loss, rest) if panel]
        if not panels:
            return
        sheet = Image.new("RGB", (WIDTH, HEIGHT * len(panels)), (255, 255, 255))
        for place, panel in enumerate(panels):
            _draw_panel(sheet, place * HEIGHT, panel)
        sheet.save(self.picture, optimize=True)


def _draw_panel(sheet: Image.Image, top: int, curves: dict[str, list[tuple[int, float]]]) -> None:
    pen = ImageDraw.Draw(sheet)
    points = [point for curve in curves.values() for point in curve]
    steps = max(step for step, _ in points) or 1
    low, high = min(v for _, v in points), max(v for _, v in points)
    span = (high - low) or 1.0
    width, height = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN

    def at(step: int, value: float) -> tuple[float, float]:
        across = MARGIN + width * step / steps
        return across, top + MARGIN + height * (1 - (value - low) / span)

    pen.rectangle((MARGIN, top + MARGIN, MARGIN + width, top + MARGIN + height), outline=(180,) * 3)
    for value in (low, high):
        pen.text((4, at(0, value)[1] - 6), f"{value:.4g}", (0, 0, 0))
    pen.text((MARGIN + width - 40, top + MARGIN + height + 6), f"{steps} steps", (0, 0, 0))
    for place, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[place % len(COLOURS)]
        pen.text((MARGIN + 150 * place, top + 20), name, colour)
        pen.line([at(*point) for point in curve], fill=colour, width=2)
