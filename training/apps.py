"""The Django app of training runs."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
