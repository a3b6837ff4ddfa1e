"""What a run reports while Keras trains, and how it is stopped.

Keras converts the logs of every batch for every callback, whether it looks at them or not.
:class:`Reporter` takes the place of Keras' whole list of callbacks and looks at its watch first:
most batches cost it a microsecond.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import keras

from training.checkpoints import State
from training.events import Batch, EpochBegin
from training.learner import Part
from training.pipeline import Pipeline
from training.sinks import Sink

REPORT_INTERVAL_S = 0.1
TOGETHER_S = 0.05
MOST_TOGETHER = 32
STEPS_WORTH_IT = 500


class StopAsked(Exception):
    """Raised between two batches where the run is to end."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"stopped in epoch {epoch}")
        self.epoch = epoch


class NotFinite(Exception):
    """Raised where the loss is no longer a number."""

    def __init__(self, epoch: int, step: int, loss: float) -> None:
        super().__init__(f"the loss became {loss} in epoch {epoch}, step {step}")
        self.epoch = epoch
        self.step = step
        self.loss = loss


class Reporter(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Tells a sink about epochs and, ten times a second, about batches.

    Args:
        learning: what is trained, compiled.
        pipeline: the training data.
        sink: told the events.
        should_stop: asked after each batch; must be quick.
        epochs: number of the last epoch.
        batch_size: samples in a batch.
        state: where the run is; grows.
        on_epoch: called after each epoch.
    """

    def __init__(
        self,
        learning: Part,
        pipeline: Pipeline,
        sink: Sink,
        should_stop: Callable[[], bool],
        epochs: int,
        batch_size: int,
        state: State,
        on_epoch: Callable[[], None],
    ) -> None:
        super().__init__(
            add_history=True, model=learning.model, epochs=epochs, steps=pipeline.steps
        )
        self.learning = learning
        self.measured: tuple[Part, Pipeline] | None = None
        self.pipeline = pipeline
        self.sink = sink
        self.should_stop = should_stop
        self.epochs = epochs
        self.batch_size = batch_size
        self.state = state
        self.on_epoch = on_epoch
        self.epoch = 0
        self.began = 0.0
        self.first_step_at = 0.0
        self.last_step_at = 0.0
        self.reported_at = 0.0
        self.reported_step = 0
        self.has_reported = False
        self.step_s: float | None = None
        self.epoch_s: float | None = None

    def measure_by(self, part: Part, samples: Pipeline) -> None:
        """Measure each epoch by another part of the network than the one that learns."""
        self.measured = part, samples

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1
        self.pipeline.epoch.assign(self.epoch)
        self.sink(EpochBegin(self.epoch, self.pipeline.steps))
        self.began = self.reported_at = time.perf_counter()
        self.reported_step = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        pass

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.should_stop():
            raise StopAsked(self.epoch)
        now = time.perf_counter()
        if batch == 0:
            # The first step of a run also traces the graph, so the time per step is measured from
            # its end.
            self.first_step_at = now
        self.last_step_at = now
        # The very first batch is told at once: it shows that everything works.
        if now - self.reported_at >= REPORT_INTERVAL_S or not self.has_reported:
            # With several steps at a time, Keras counts beyond the last one.
            step = min(batch + 1, self.pipeline.steps)
            self._report(now, step, self.learning.told(logs))

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        pass

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.should_stop():
            raise StopAsked(self.epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        metrics = self.learning.told(logs)
        self._check(metrics, self.pipeline.steps)
        if self.measured:
            metrics |= self._validated(*self.measured)
        epoch_s = self.epoch_s = time.perf_counter() - self.began
        self.state.add(metrics, epoch_s, float(self.model.optimizer.learning_rate))
        self.sink(self.state.told(self.epoch, self.epochs))
        # Told first, saved second: where a crash comes between, the epoch is trained and told
        # again.
        self.on_epoch()

    def steps_together(self) -> int:
        """How many steps may be made at a time: a moment's worth, judged by the last epoch.

        Between two calls of TensorFlow lies a millisecond of Python, as much as a small network's
        step takes. Stopping and reporting wait for the end of a call, so it must stay short; and
        making it costs half a second, so it must pay.
        """
        steps = self.pipeline.steps
        if steps < 2 or steps * (self.epochs - self.epoch) < STEPS_WORTH_IT:
            return 1
        step_s = (self.last_step_at - self.first_step_at) / (steps - 1)
        return max(1, min(MOST_TOGETHER, steps, int(TOGETHER_S / max(step_s, 1e-6))))

    def _report(self, now: float, step: int, metrics: dict[str, float]) -> None:
        self._check(metrics, step)
        if step > 1:
            self.step_s = (now - self.first_step_at) / (step - 1)
        speed = (step - self.reported_step) * self.batch_size / max(now - self.reported_at, 1e-9)
        self.reported_at, self.reported_step, self.has_reported = now, step, True
        self.sink(Batch(self.epoch, step, self.pipeline.steps, metrics, self._left(step), speed))

    def _left(self, step: int) -> float:
        """Seconds until the last epoch ends, as far as can be told."""
        step_s = self.step_s or 0.0
        epoch_s = self.epoch_s or step_s * self.pipeline.steps
        return step_s * (self.pipeline.steps - step) + epoch_s * (self.epochs - self.epoch)

    def _validated(self, part: Part, samples: Pipeline) -> dict[str, float]:
        found = part.model.evaluate(samples.dataset, callbacks=self, return_dict=True, verbose=0)
        return {f"val_{name}": value for name, value in part.told(found).items()}

    def _check(self, metrics: dict[str, float], step: int) -> None:
        loss = metrics.get("loss", 0.0)
        if not math.isfinite(loss):
            raise NotFinite(self.epoch, step, loss)
