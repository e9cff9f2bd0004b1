"""The log of a training, as a table and as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT, MARGIN = 900, 220, 45
COLOUR = (31, 90, 180)


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
        """Draws the loss and each figure in dB over the steps, one below the other."""
        curves = {name: points for name, points in self.read().items() if name != "rate"}
        # What the inputs measure never changes.
        constant = (" input", " bicubic")
        curves = {name: points for name, points in curves.items() if not name.endswith(constant)}
        if not curves:
            return
        steps = max(step for points in curves.values() for step, _ in points)
        sheet = Image.new("RGB", (WIDTH, HEIGHT * len(curves)), (255, 255, 255))
        for place, (name, points) in enumerate(curves.items()):
            _draw_panel(sheet, place, name, points, steps)
        sheet.save(self.picture, optimize=True)


def _draw_panel(
    sheet: Image.Image, place: int, name: str, points: list[tuple[int, float]], steps: int
) -> None:
    pen = ImageDraw.Draw(sheet)
    low, high = min(v for _, v in points), max(v for _, v in points)
    span = (high - low) or 1.0
    width, height, top = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN, place * HEIGHT + MARGIN

    def at(step: int, value: float) -> tuple[float, float]:
        return MARGIN + width * step / steps, top + height * (1 - (value - low) / span)

    pen.rectangle((MARGIN, top, MARGIN + width, top + height), outline=(180, 180, 180))
    for value in {low, high}:
        pen.text((2, at(0, value)[1] - 6), f"{value:.4g}", (0, 0, 0))
    pen.text((MARGIN, top - 18), name, COLOUR)
    pen.text((MARGIN + width, top + height + 4), f"{steps} steps", (0, 0, 0), anchor="ra")
    pen.line([at(*point) for point in points], fill=COLOUR, width=2)
