"""Who listens to a run: a list for tests, lines on a terminal for scripts.

The runner calls its sink with events and does not know which of these it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO, TypeAlias

from training.events import (
    Batch,
    Epoch,
    EpochBegin,
    Event,
    Failed,
    Finished,
    Started,
    Status,
    Stopped,
)

Sink: TypeAlias = Callable[[Event], None]


class ListSink:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def kinds(self) -> list[str]:
        """Kinds of the durable events, in order."""
        return [event.kind for event in self.events if event.durable]


class ConsoleSink:
    """Prints as Keras does: a line for each epoch, moving while it runs where the stream is a
    terminal."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self.stream = stream or sys.stdout
        self.moves = self.stream.isatty()
        self.steps = 0
        self.width = 0

    def __call__(self, event: Event) -> None:
        match event:
            case Started(device=device, loss=loss, adapts=adapts):
                self._line(f"Training on {device} with {loss}.")
                for sentence in adapts:
                    self._line(sentence)
            case EpochBegin(steps=steps):
                self.steps = steps
            case Batch() if self.moves:
                width = len(str(event.steps))
                bar = _bar(event.step / event.steps)
                self._draw(
                    f"{event.step:>{width}}/{event.steps} {bar} {_clock(event.eta_s)}"
                    f" - {_text(event.metrics)}"
                )
            case Epoch():
                count = len(str(event.epochs))
                self._line(
                    f"Epoch {event.epoch:>{count}}/{event.epochs} - {self.steps}/{self.steps}"
                    f" - {event.duration_s:.1f}s - {_text(event.metrics)}"
                )
            case Status(text=text) if self.moves:
                self._draw(text)
            case Finished(test=test):
                for name, value in test.items():
                    self._line(f"Test {name}: {value:.4f}")
            case Stopped(epoch=epoch):
                self._line(f"Stopped in epoch {epoch}; the weights are kept.")
            case Failed() if self.width:
                # Whoever called the runner says why; here only the moving line ends.
                self._line("")
            case _:
                pass

    def _draw(self, text: str) -> None:
        self.stream.write("\r" + text.ljust(self.width))
        self.stream.flush()
        self.width = len(text)

    def _line(self, text: str) -> None:
        if self.width:
            self._draw(text)
            self.stream.write("\n")
        else:
            self.stream.write(text + "\n")
        self.stream.flush()
        self.width = 0


def _bar(share: float, width: int = 20) -> str:
    done = round(share * width)
    return "━" * done + "─" * (width - done)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _text(metrics: object) -> str:
    items = metrics.items() if hasattr(metrics, "items") else ()
    return " - ".join(f"{name}: {value:.4f}" for name, value in items)
