/** Opens a model from a file or from pasted text, in any format that can be read. */
import "@mantine/dropzone/styles.css";
import { Box, Button, Group, Modal, Tabs, Text, Textarea } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { IconFileImport } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useFormats } from "../state/server";
import { type ApiError, toApiError } from "../wire/client";
import type { DialogProps } from "./dialog";
import classes from "./dialogs.module.css";
import { ErrorBlock } from "./ErrorDetails";
import { importNetwork } from "./networks";

export default function ImportDialog({ opened, onClose }: DialogProps) {
  const { t } = useTranslation("dialogs");
  const [, navigate] = useLocation();
  const formats = useFormats().data?.filter(({ reads }) => reads) ?? [];
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<{ name: string; error: ApiError } | null>(null);

  const close = () => {
    setFailure(null);
    onClose();
  };
  const take = async (source: File | string) => {
    setBusy(true);
    setFailure(null);
    try {
      await importNetwork(source, navigate);
      setText("");
      onClose();
    } catch (error) {
      setFailure({
        name: typeof source === "string" ? t("import.pasted") : source.name,
        error: toApiError(error),
      });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("import.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Tabs defaultValue="file" keepMounted={false} onChange={() => setFailure(null)}>
        <Tabs.List>
          <Tabs.Tab value="file">{t("import.file")}</Tabs.Tab>
          <Tabs.Tab value="text" data-testid="import-text-tab">
            {t("import.text")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="file" pt="md">
          <Dropzone
            onDrop={([file]) => file && void take(file)}
            multiple={false}
            loading={busy}
            className={classes.importDrop}
            aria-label={t("import.choose")}
            inputProps={{ "data-testid": "import-file", "aria-label": t("import.choose") } as object}
          >
            <div className={classes.dropText}>
              <IconFileImport size={32} stroke={1.3} />
              <Text fw={500}>{t("import.choose")}</Text>
              <Text size="xs" c="var(--vn-text-muted)">
                {formats.map(({ label, extensions }) => `${label} (${extensions.join(", ")})`).join(" · ")}
              </Text>
            </div>
          </Dropzone>
        </Tabs.Panel>
        <Tabs.Panel value="text" pt="md">
          <Textarea
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            placeholder={t("import.placeholder")}
            aria-label={t("import.text")}
            minRows={10}
            maxRows={18}
            autosize
            spellCheck={false}
            classNames={{ input: classes.code }}
            data-autofocus
            data-testid="import-text"
          />
          <Group justify="flex-end" mt="md">
            <Button
              size="sm"
              onClick={() => void take(text)}
              loading={busy}
              disabled={text.trim() === ""}
              data-testid="import-submit"
            >
              {t("import.open")}
            </Button>
          </Group>
        </Tabs.Panel>
      </Tabs>
      {failure ? (
        <Box mt="md">
          <ErrorBlock
            title={t("import.failed", { name: failure.name })}
            error={failure.error}
            testId="import-error"
          />
        </Box>
      ) : null}
    </Modal>
  );
}
