/** Asks before a network goes, and says what goes with it. */
import { Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteNetwork, type NetworkName } from "./networks";

interface ConfirmDeleteProps {
  network: NetworkName | null;
  opened: boolean;
  onClose: () => void;
  onDeleted?: () => void;
}

export function ConfirmDelete({ network, opened, onClose, onDeleted }: ConfirmDeleteProps) {
  const { t } = useTranslation("dialogs");
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    if (!network) return;
    setBusy(true);
    const gone = await deleteNetwork(network);
    setBusy(false);
    onClose();
    if (gone) onDeleted?.();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("delete.title", { name: network?.name })}
      size="sm"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Text size="sm">{t("delete.text")}</Text>
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button size="sm" variant="default" onClick={onClose} data-autofocus>
          {t("cancel")}
        </Button>
        <Button
          size="sm"
          color="red.8"
          onClick={() => void remove()}
          loading={busy}
          data-testid="confirm-delete"
        >
          {t("delete.confirm")}
        </Button>
      </Group>
    </Modal>
  );
}
