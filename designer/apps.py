"""The Django app of the editor."""

from django.apps import AppConfig


class DesignerConfig(AppConfig):
    name = "designer"
