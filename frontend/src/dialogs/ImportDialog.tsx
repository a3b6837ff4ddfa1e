/** Opens a model from files, from pasted text, or from an address, in any format that can be read. */
import "@mantine/dropzone/styles.css";
import { Box, Button, Group, Modal, Progress, Tabs, Text, Textarea, TextInput } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { IconFileImport } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useInLanguage } from "../state/formats";
import { useFormats } from "../state/server";
import { type ApiError, toApiError } from "../wire/client";
import type { DialogProps } from "./dialog";
import classes from "./dialogs.module.css";
import { ErrorBlock } from "./ErrorDetails";
import { type ImportSource, importNetwork, sourceName } from "./imports";

export default function ImportDialog({ opened, onClose }: DialogProps) {
  const { t } = useTranslation("dialogs");
  const [, navigate] = useLocation();
  const formats = useInLanguage(useFormats().data?.filter(({ reads }) => reads) ?? []);
  const [text, setText] = useState("");
  const [url, setUrl] = useState("");
  /** Share of the files that has been sent; null where nothing is under way. */
  const [sent, setSent] = useState<number | null>(null);
  const [failure, setFailure] = useState<{ name: string; error: ApiError } | null>(null);
  const abort = useRef<AbortController | null>(null);
  const busy = sent !== null;

  const close = () => {
    abort.current?.abort();
    setFailure(null);
    onClose();
  };
  const take = async (source: ImportSource) => {
    abort.current = new AbortController();
    setSent(0);
    setFailure(null);
    try {
      await importNetwork(source, navigate, { onProgress: setSent, signal: abort.current.signal });
      setText("");
      setUrl("");
      onClose();
    } catch (error) {
      if (!abort.current.signal.aborted) {
        setFailure({ name: sourceName(source), error: toApiError(error) });
      }
    } finally {
      setSent(null);
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
          <Tabs.Tab value="url" data-testid="import-url-tab">
            {t("import.url")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="file" pt="md">
          <Dropzone
            onDrop={(files) => files.length > 0 && void take({ files })}
            disabled={busy}
            className={classes.importDrop}
            aria-label={t("import.choose")}
            inputProps={{ "data-testid": "import-file", "aria-label": t("import.choose") } as object}
          >
            <div className={classes.dropText}>
              <IconFileImport size={32} stroke={1.3} />
              <Text fw={500}>{t("import.choose")}</Text>
              <Text size="xs" c="var(--vn-text-muted)">
                {t("import.together")}
              </Text>
              <Text size="xs" c="var(--vn-text-faint)">
                {formats.map(({ label, extensions }) => `${label} (${extensions[0]})`).join(" · ")}
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
              onClick={() => void take({ text })}
              loading={busy}
              disabled={text.trim() === ""}
              data-testid="import-submit"
            >
              {t("import.open")}
            </Button>
          </Group>
        </Tabs.Panel>
        <Tabs.Panel value="url" pt="md">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void take({ url });
            }}
          >
            <TextInput
              type="url"
              value={url}
              onChange={(event) => setUrl(event.currentTarget.value)}
              placeholder="https://"
              label={t("import.address")}
              description={t("import.addressHelp")}
              data-autofocus
              data-testid="import-url"
            />
            <Group justify="flex-end" mt="md">
              <Button
                type="submit"
                size="sm"
                loading={busy}
                disabled={url.trim() === ""}
                data-testid="import-fetch"
              >
                {t("import.open")}
              </Button>
            </Group>
          </form>
        </Tabs.Panel>
      </Tabs>
      {busy ? (
        <Box mt="md" role="status" data-testid="import-progress">
          <Group justify="space-between" mb={4}>
            <Text size="xs" c="var(--vn-text-muted)">
              {t(sent < 1 ? "import.sending" : "import.reading")}
            </Text>
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => abort.current?.abort()}>
              {t("cancel")}
            </Button>
          </Group>
          <Progress value={sent * 100} size="xs" animated={sent >= 1} aria-label={t("import.sending")} />
        </Box>
      ) : null}
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
