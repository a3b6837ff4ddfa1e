/** Adds a data set of one's own from an .npz file, by button or by dropping the file; takes an own one away again. */
import { ActionIcon, Button, FileButton, Progress, Tooltip } from "@mantine/core";
import { IconTrash, IconUpload, IconX } from "@tabler/icons-react";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiError, toApiError } from "../../wire/client";
import type { Dataset } from "../../wire/runs";
import { Failure } from "../Failure";
import { useLibrary } from "../library";
import { sizeText } from "../measures";
import panel from "../panel.module.css";
import classes from "./train.module.css";

interface DatasetUploadProps {
  chosen: Dataset | undefined;
  onAdded: (name: string) => void;
  onRemoved: () => void;
  children: ReactNode;
}

interface Sending {
  file: File;
  share: number;
}

/** Wraps the picker, so that a file may be dropped on all of it. */
export function DatasetUpload({ chosen, onAdded, onRemoved, children }: DatasetUploadProps) {
  const { t } = useTranslation("runs");
  const add = useLibrary((library) => library.add);
  const remove = useLibrary((library) => library.remove);
  const [sending, setSending] = useState<Sending | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [over, setOver] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const reset = useRef<() => void>(null);

  const send = async (file: File | null | undefined) => {
    reset.current?.();
    if (!file || sending) return;
    abort.current = new AbortController();
    setError(null);
    setSending({ file, share: 0 });
    try {
      const dataset = await add(file, (share) => setSending({ file, share }), abort.current.signal);
      onAdded(dataset.name);
    } catch (cause) {
      if (!abort.current.signal.aborted) setError(toApiError(cause));
    } finally {
      setSending(null);
    }
  };
  const discard = async (dataset: Dataset) => {
    setError(null);
    try {
      await remove(dataset.name);
      onRemoved();
    } catch (cause) {
      setError(toApiError(cause));
    }
  };
  const onDrag = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    setOver(event.type === "dragover");
    if (event.type === "drop") void send(event.dataTransfer.files[0]);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first
    <div
      className={panel.drop}
      data-over={over || undefined}
      onDragOver={onDrag}
      onDragLeave={onDrag}
      onDrop={onDrag}
    >
      {children}
      {sending ? (
        <div className={classes.sending} role="status">
          <div className={panel.spread}>
            <span className={panel.ellipsis}>
              {sending.share < 1
                ? t("upload.sending", { name: sending.file.name, size: sizeText(sending.file.size) })
                : t("upload.checking", { name: sending.file.name })}
            </span>
            <ActionIcon
              size={20}
              variant="subtle"
              color="gray"
              aria-label={t("upload.cancel")}
              onClick={() => abort.current?.abort()}
            >
              <IconX size={14} />
            </ActionIcon>
          </div>
          <Progress
            value={sending.share * 100}
            size="xs"
            animated={sending.share >= 1}
            aria-label={t("upload.progress")}
          />
        </div>
      ) : (
        <div className={panel.spread}>
          <FileButton
            accept=".npz"
            onChange={(file) => void send(file)}
            resetRef={reset}
            inputProps={{ "data-testid": "dataset-file", "aria-label": t("upload.choose") } as object}
          >
            {(props) => (
              <Tooltip label={t("upload.help")} multiline maw={280}>
                <Button
                  {...props}
                  size="compact-xs"
                  variant="subtle"
                  color="gray"
                  leftSection={<IconUpload size={13} />}
                >
                  {t("upload.choose")}
                </Button>
              </Tooltip>
            )}
          </FileButton>
          {chosen?.owned ? (
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              leftSection={<IconTrash size={13} />}
              onClick={() => void discard(chosen)}
              data-testid="dataset-delete"
            >
              {t("data.delete")}
            </Button>
          ) : null}
        </div>
      )}
      {error ? <Failure error={error} onClose={() => setError(null)} /> : null}
    </div>
  );
}
