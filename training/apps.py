"""The Django app of training runs."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        """Let the files of a run go with its row, whoever deletes it; offer networks the weights
        of their runs.
        """
        from django.db.models.signals import post_delete

        from designer import weights
        from training.models import Job, Run
        from training.server import exports, runs, storage

        def delete_files(instance: Run, **_: object) -> None:
            storage.delete_run(instance.pk)

        post_delete.connect(delete_files, Run, weak=False)
        post_delete.connect(exports.forget, Job, weak=False)
        weights.PROVIDERS.append(runs.weights_of)
