/** Takes the network out: what each format is for, the file itself, and its text to look at and copy. */
import {
  Button,
  Code,
  CopyButton,
  Group,
  Loader,
  Modal,
  ScrollArea,
  Text,
  UnstyledButton,
} from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { useContext, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { DocumentContext } from "../document";
import { useFormats } from "../state/server";
import { type ApiError, getText, toApiError } from "../wire/client";
import type { DialogProps } from "./dialog";
import classes from "./dialogs.module.css";
import { ErrorBlock, ErrorDetails } from "./ErrorDetails";
import { exportNetwork, exportPath } from "./networks";

type Preview = { text: string } | { error: ApiError } | null;

/** More than this is no preview; the copy has all of it. */
const SHOWN_CHARACTERS = 20_000;

function usePreview(id: string | undefined, format: string | undefined, wanted: boolean): Preview {
  const [preview, setPreview] = useState<Preview>(null);
  useEffect(() => {
    setPreview(null);
    if (!wanted || id === undefined || format === undefined) return;
    const abort = new AbortController();
    getText(exportPath(id, format), { signal: abort.signal }).then(
      (text) => setPreview({ text }),
      (error: unknown) => {
        if (!abort.signal.aborted) setPreview({ error: toApiError(error) });
      },
    );
    return () => abort.abort();
  }, [id, format, wanted]);
  return preview;
}

export default function ExportDialog({ opened, onClose }: DialogProps) {
  const { t } = useTranslation("dialogs");
  const document = useContext(DocumentContext);
  const { data, error } = useFormats();
  const formats = data?.filter(({ writes }) => writes) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const format = formats.find(({ name }) => name === chosen) ?? formats[0];
  const preview = usePreview(document?.id, format?.name, opened);
  const text = preview && "text" in preview ? preview.text : null;

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("export.title")}
      size="xl"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {error ? <ErrorDetails error={error} /> : null}
      <div className={classes.export}>
        <div className={classes.formats} role="radiogroup" aria-label={t("export.format")}>
          {formats.map(({ name, label, extensions, description }) => (
            <UnstyledButton
              key={name}
              role="radio"
              aria-checked={name === format?.name}
              className={classes.format}
              data-active={name === format?.name || undefined}
              onClick={() => setChosen(name)}
              data-testid={`format-${name}`}
            >
              <span className={classes.formatLabel}>
                {label} <code>{extensions[0]}</code>
              </span>
              <span className={classes.formatText}>{t(`format.${name}`, { defaultValue: description })}</span>
            </UnstyledButton>
          ))}
        </div>
        <div className={classes.preview}>
          {preview === null ? <Loader size="sm" type="dots" m="auto" /> : null}
          {preview && "error" in preview ? (
            <ErrorBlock title={t("export.failed")} error={preview.error} testId="export-error" />
          ) : null}
          {text === null ? null : (
            <ScrollArea className={classes.previewScroll} type="auto">
              <Code block className={classes.previewText} data-testid="export-preview">
                {text.slice(0, SHOWN_CHARACTERS)}
              </Code>
            </ScrollArea>
          )}
        </div>
      </div>
      <Group justify="flex-end" mt="md" gap="xs">
        {text === null ? null : (
          <Text size="xs" c="var(--vn-text-muted)" mr="auto">
            {t("export.size", { count: text.split("\n").length })}
          </Text>
        )}
        <CopyButton value={text ?? ""}>
          {({ copied, copy }) => (
            <Button
              size="sm"
              variant="default"
              onClick={copy}
              disabled={text === null}
              leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
              data-testid="export-copy"
            >
              {t(copied ? "export.copied" : "export.copy")}
            </Button>
          )}
        </CopyButton>
        <Button
          size="sm"
          onClick={() => document && format && void exportNetwork(document.id, format.name)}
          disabled={text === null}
          leftSection={<IconDownload size={15} />}
          data-testid="export-download"
        >
          {t("export.download")}
        </Button>
      </Group>
    </Modal>
  );
}
