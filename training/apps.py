"""The Django app of training runs."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        """Let the files of a run go with its row, whoever deletes it."""
        from django.db.models.signals import post_delete

        from training.models import Run
        from training.server import storage

        def delete_files(instance: Run, **_: object) -> None:
            storage.delete_run(instance.pk)

        post_delete.connect(delete_files, Run, weak=False)
