"""The Django app of the editor."""

from django.apps import AppConfig


class DesignerConfig(AppConfig):
    name = "designer"

    def ready(self) -> None:
        """Let the file of a network's weights go with its row, whoever deletes it."""
        from django.db.models.signals import post_delete

        from designer import weights
        from designer.models import NetworkWeights

        def delete_file(instance: NetworkWeights, **_: object) -> None:
            weights.delete_file(instance.pk)

        post_delete.connect(delete_file, NetworkWeights, weak=False)
