"""The Celery application: `celery -A visualnn worker` runs what `training.tasks` declares."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "visualnn.settings")

app = Celery("visualnn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Requests run in threads of their own, to which the "current" application would be another.
app.set_default()
