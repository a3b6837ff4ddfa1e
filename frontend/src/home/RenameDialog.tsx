/** Gives a network of the list another name. */
import { Button, Group, Modal, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type NetworkName, renameNetwork } from "../dialogs";

const MAX_LENGTH = 200;

export function RenameDialog({ network, onClose }: { network: NetworkName; onClose: () => void }) {
  const { t } = useTranslation(["home", "dialogs"]);
  const [name, setName] = useState(network.name);
  const wanted = name.trim();
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (wanted === "") return;
    if (wanted !== network.name) void renameNetwork(network, wanted);
    onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("rename")}
      size="sm"
      closeButtonProps={{ "aria-label": t("dialogs:close") }}
    >
      <form onSubmit={save}>
        <TextInput
          size="sm"
          label={t("name")}
          value={name}
          maxLength={MAX_LENGTH}
          onChange={(event) => setName(event.currentTarget.value)}
          onFocus={(event) => event.currentTarget.select()}
          data-autofocus
          data-testid="rename-network"
        />
        <Group justify="flex-end" mt="md" gap="xs">
          <Button size="sm" variant="default" onClick={onClose}>
            {t("dialogs:cancel")}
          </Button>
          <Button size="sm" type="submit" disabled={wanted === ""}>
            {t("save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
