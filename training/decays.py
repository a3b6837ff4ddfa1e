"""Learning rate schedules of Caffe that Keras has not."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("visualnn")
class InversePowerDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """``initial_learning_rate · (1 + gamma · step) ^ -power``."""

    def __init__(self, initial_learning_rate: float, gamma: float, power: float) -> None:
        super().__init__()
        self.initial_learning_rate = initial_learning_rate
        self.gamma = gamma
        self.power = power

    def __call__(self, step: Any) -> Any:
        return self.initial_learning_rate * (1 + self.gamma * ops.cast(step, "float32")) ** (
            -self.power
        )

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "gamma": self.gamma,
            "power": self.power,
        }


@keras.saving.register_keras_serializable("visualnn")
class SigmoidDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """``initial_learning_rate / (1 + exp(-gamma · (step - stepsize)))``."""

    def __init__(self, initial_learning_rate: float, gamma: float, stepsize: int) -> None:
        super().__init__()
        self.initial_learning_rate = initial_learning_rate
        self.gamma = gamma
        self.stepsize = stepsize

    def __call__(self, step: Any) -> Any:
        distance = ops.cast(step, "float32") - self.stepsize
        return self.initial_learning_rate * ops.sigmoid(self.gamma * distance)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "gamma": self.gamma,
            "stepsize": self.stepsize,
        }
