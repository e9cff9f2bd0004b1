"""Trains one of the project's models from photographs of Debian packages.

    python train.py sr4-tiny --hours 3         x4 super-resolution
    python train.py derain-tiny --hours 3      deraining
    python train.py real4-tiny --hours 3 --start sr4-tiny.pth
                                               x4 super-resolution of photographs from JPEG files

Everything is kept in `--output`: `state.pth` to go on from, `NAME.pth` with the averaged weights,
`log.csv` and `curve.png`. The same command goes on with what is there. The learning rate follows a
cosine over `--hours` of training, in which time that the process stood still does not count, or
over `--steps`: then, and if it is not interrupted, the same seed gives the same weights. SIGTERM
and SIGINT end a run after the step that it is at, saved.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import training_data
from adversary import Adversary
from evaluation import report
from initial_weights import initialise, transfer
from training_cuda import CapturedSteps, Pool, average_weights
from training_log import Log
from training_tasks import DEGRADATIONS, TASKS, Task, changed
from training_workers import Workers
from vmambair import VmambaIR, read_state_dict

SAVE_SECONDS = 300
# A step that takes this many times the usual counts as one that was interrupted.
PAUSE_FACTOR = 10
WARM_UP = 0.02
# Inputs on which a trained channel scan is measured that a new one takes the place of.
START_PICTURES = 32


class Clock:
    """Seconds of training, without the time in which the process was stopped."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.usual = seconds, None
        self.last = time.monotonic()

    def tick(self) -> None:
        """Counts one step."""
        now = time.monotonic()
        step = now - self.last
        if self.usual is not None:
            step = min(step, PAUSE_FACTOR * self.usual)
        self.usual = step if self.usual is None else 0.95 * self.usual + 0.05 * step
        self.seconds += step
        self.last = now

    def skip(self) -> None:
        """Leaves out what was done since the last step, such as an evaluation."""
        self.last = time.monotonic()


def learning_rate(task: Task, progress: float) -> float:
    """Warm-up, then half a cosine down to the last rate; progress in [0, 1]."""
    if progress < WARM_UP:
        return task.rate * (progress + 0.001) / (WARM_UP + 0.001)
    turned = (1 + np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2
    return float(task.last_rate + (task.rate - task.last_rate) * turned)


def to_tensor(pictures: Sequence[np.ndarray]) -> Tensor:
    """Pictures `[H, W, 3]` of 8 bits as `[N, 3, H, W]` in [0, 1]."""
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return pixels.float().div(255).contiguous(memory_format=torch.channels_last)


class Training:
    """A network, its averaged weights, optimizer, data and clock; everything that is saved."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        try:
            self.task = changed(TASKS[name], options.dim, options.degradation)
        except ValueError as error:
            raise SystemExit(f"error: {error}") from error
        self.options, self.name = options, name
        self.images = training_data.pictures(options.cache, options.pictures)
        on_gpu = torch.cuda.is_available()
        self.device = torch.device("cuda" if on_gpu else "cpu")
        torch.set_float32_matmul_precision("high" if on_gpu else "highest")
        # Before CUDA is used, which no forked process can go on with.
        workers = self.start_workers() if on_gpu else None
        torch.manual_seed(options.seed)
        model = VmambaIR(self.task.configuration)
        initialise(model)
        if options.start:
            self.start(model)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        average = get_ema_multi_avg_fn(self.task.average)
        self.average = AveragedModel(self.model, multi_avg_fn=average)
        self.optimizer = self.make_optimizer()
        self.adversary = Adversary(self.device) if options.adversarial else None
        self.steps, self.seconds = 0, 0.0
        self.stopping = False
        self.state = options.output / "state.pth"
        if self.state.exists():
            self.resume()
        # A resumed run draws other crops than the first part did.
        self.crops = self.draw_from(self.steps)
        self.captured = CapturedSteps(Pool(workers, self.device), self.update) if workers else None

    def make_optimizer(self) -> torch.optim.Optimizer:
        """AdamW; on a GPU its rate is a tensor, so that a step can be part of a CUDA graph."""
        parameters, betas = self.model.parameters(), (0.9, 0.99)
        if self.device.type != "cuda":
            return torch.optim.AdamW(parameters, lr=0.0, betas=betas, weight_decay=0.0)
        rate = torch.zeros((), device=self.device)
        options = {"weight_decay": 0.0, "fused": True, "capturable": True}
        return torch.optim.AdamW(parameters, lr=rate, betas=betas, **options)

    def draw_from(self, place: int) -> training_data.Crops:
        """Crops in an order of the seed and a place in the training."""
        return training_data.Crops(self.images, np.random.default_rng([self.options.seed, place]))

    def start(self, model: VmambaIR) -> None:
        """Loads `--start`, which may have another channel scan."""
        crops = self.draw_from(0)
        crops.side, _ = self.task.stage(0)
        inputs = [self.task.pair(crops)[0] for _ in range(START_PICTURES)]
        try:
            transfer(model, read_state_dict(self.options.start), to_tensor(inputs))
        except ValueError as error:
            raise SystemExit(f"error: {self.options.start}: {error}") from error

    def resume(self) -> None:
        """Goes on from the state that was saved last."""
        saved = torch.load(self.state, map_location=self.device, weights_only=True)
        changes = (self.options.dim, self.options.degradation)
        if tuple(saved.get("changes", (None, None))) != changes:
            raise SystemExit(
                f"error: {self.state}: was trained with another --dim or --degradation"
            )
        self.model.load_state_dict(saved["model"])
        self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        if self.adversary and "adversary" in saved:
            self.adversary.resume(saved["adversary"])
        self.steps, self.seconds = saved["steps"], saved["seconds"]

    def save(self) -> None:
        """Writes the state and the averaged weights, each complete or not at all."""
        weights = {k: v.cpu().contiguous() for k, v in self.average.module.state_dict().items()}
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "seconds": self.seconds,
            "changes": (self.options.dim, self.options.degradation),
        }
        if self.adversary:
            state["adversary"] = self.adversary.state()
        for path, value in (
            (self.state, state),
            (self.options.output / f"{self.name}.pth", {"params_ema": weights}),
        ):
            partial = path.with_suffix(".partial")
            torch.save(value, partial)
            partial.replace(path)

    def start_workers(self) -> Workers:
        """Processes that make pairs; seeds differ where a run goes on."""
        place = int(self.options.output.joinpath("state.pth").exists() and time.time())
        count = self.options.workers or os.cpu_count() or 1
        seed = [self.options.seed, place]
        return Workers(self.task.pair, self.images, self.task.gpu_side, count, seed)

    def batch(self) -> tuple[Tensor, Tensor]:
        """Inputs and targets `[N, 3, H, W]` in [0, 1]."""
        self.crops.side, count = self.task.stage(self.progress())
        pairs = [self.task.pair(self.crops) for _ in range(count)]
        inputs, targets = zip(*pairs, strict=True)
        return to_tensor(inputs).to(self.device), to_tensor(targets).to(self.device)

    def step(self, rate: float) -> Tensor:
        """One step of the optimizer; returns the L1 loss."""
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        if self.captured:
            side, count = self.task.stage(self.progress(), gpu=True)
            loss = self.captured.step(count, side)
        else:
            loss = self.update(*self.batch())
        self.steps += 1
        return loss

    def update(self, image: Tensor, target: Tensor) -> Tensor:
        """Learns from inputs and targets `[N, 3, H, W]`; returns the L1 loss."""
        found = self.model(image)
        loss = total = (found - target).abs().mean()
        if self.adversary:
            self.adversary.step(found, target)
            total = loss + self.options.adversarial * self.adversary.loss(found)
        self.optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.task.most_gradient)
        self.optimizer.step()
        if self.device.type == "cuda":
            average_weights(self.average.module, self.model, self.task.average)
        else:
            self.average.update_parameters(self.model)
        return loss.detach()

    def evaluate(self) -> dict[str, float]:
        """Figures of the averaged weights on the folders that were given, in dB."""
        model = self.average.module.eval()
        figures: dict[str, float] = {}
        for folder in self.options.evaluate:
            figures |= report(model, folder)
        model.train()
        return figures

    def stop(self, number: int, frame: object) -> None:
        """Asks for the end after this step; a signal handler."""
        self.stopping = True

    def progress(self) -> float:
        """What part of the training is done, 1 at its end."""
        if self.options.steps:
            return self.steps / self.options.steps
        return self.seconds / (self.options.hours * 3600)

    def note(self, log: Log, losses: Sequence[Tensor | float], rate: float) -> None:
        """Adds the mean of some steps' losses to the log."""
        loss = float(np.mean([float(v) for v in losses]))
        log.add(self.steps, self.seconds, {"loss": loss, "rate": rate})

    def run(self) -> None:
        """Trains until the time is over or the steps are made."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        log = Log(self.options.output)
        clock = Clock(self.seconds)
        saved, evaluated = time.monotonic(), self.seconds
        losses: list[Tensor] = []
        while (progress := self.progress()) < 1:
            rate = learning_rate(self.task, progress)
            if self.options.rate:
                rate *= self.options.rate / self.task.rate
            losses.append(self.step(rate))
            clock.tick()
            self.seconds = clock.seconds
            if self.steps % self.options.log_steps == 0:
                self.note(log, losses, rate)
                losses = []
            if self.options.evaluate and self.seconds - evaluated > self.options.evaluate_seconds:
                log.add(self.steps, self.seconds, self.evaluate())
                evaluated = self.seconds
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save()
                log.draw()
                saved = time.monotonic()
            clock.skip()
            if self.stopping:
                break
        if losses:
            self.note(log, losses, rate)
        self.save()
        if not self.stopping:
            log.add(self.steps, self.seconds, self.evaluate())
        log.draw()
        if self.captured:
            self.captured.pool.workers.close()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=sorted(TASKS))
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--hours", type=float, help="time to train")
    length.add_argument("--steps", type=int, help="steps to train, instead")
    parser.add_argument("-o", "--output", type=Path, help="folder; training/MODEL unless given")
    cache = Path.home() / ".cache" / "vmir-training"
    parser.add_argument("--cache", type=Path, default=cache, help="folder of the pictures")
    parser.add_argument("--pictures", type=Path, help="folder of pictures, instead of packages")
    parser.add_argument("--start", type=Path, help="weights to start from")
    parser.add_argument("--dim", type=int, help="width of the network, instead of the model's")
    parser.add_argument(
        "--degradation", choices=sorted(DEGRADATIONS), help="of inputs, instead of the model's"
    )
    parser.add_argument(
        "--adversarial", type=float, default=0.0, help="weight of an adversarial term in the loss"
    )
    parser.add_argument("--rate", type=float, help="highest learning rate, instead of the model's")
    parser.add_argument("--evaluate", type=Path, nargs="*", default=[], help="folders of pairs")
    parser.add_argument("--evaluate-seconds", type=float, default=900, help="between evaluations")
    parser.add_argument("--log-steps", type=int, default=50, help="steps of a row of the log")
    parser.add_argument("--threads", type=int, help="of PyTorch")
    parser.add_argument("--workers", type=int, help="processes that make pairs for a GPU")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.output = options.output or Path("training") / options.model
    options.output.mkdir(parents=True, exist_ok=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    Training(options.model, options).run()


if __name__ == "__main__":
    main()
