/** Takes the network out: what each format is for, what it gives, with which weights, and where it goes. */
import {
  Button,
  CopyButton,
  Group,
  Loader,
  Modal,
  Select,
  Text,
  TextInput,
  UnstyledButton,
} from "@mantine/core";
import { IconCheck, IconCloudUpload, IconCopy, IconDownload, IconX } from "@tabler/icons-react";
import { useContext, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { DocumentContext } from "../document";
import { DiagnosticText } from "../problems";
import { fetchWeights } from "../runs/api";
import { getText, toApiError } from "../wire/client";
import type { Destination, ExportChoice } from "../wire/exports";
import type { WeightsSource } from "../wire/runs";
import type { DialogProps } from "./dialog";
import classes from "./dialogs.module.css";
import { ErrorDetails } from "./ErrorDetails";
import { ExportPreview, isPicture, type Preview } from "./ExportPreview";
import { exportPath, tellExported, useExports, usualWeights, writeExport } from "./exports";
import { fail } from "./notices";

/** So many choices are found sooner by a word. */
const SEARCH_FROM = 10;
const MOST_LOSSES = 3;

/** The end of the last line begins no other. */
const lineCount = (text: string): number => text.replace(/\n$/, "").split("\n").length;

function usePreview(id: string | undefined, format: ExportChoice | undefined, wanted: boolean): Preview {
  const [preview, setPreview] = useState<Preview>(null);
  const name =
    format?.available && format.text && !format.runtime && !isPicture(format) ? format.name : undefined;
  useEffect(() => {
    setPreview(null);
    if (!wanted || id === undefined || name === undefined) return;
    const abort = new AbortController();
    getText(exportPath(id, name), { signal: abort.signal }).then(
      (text) => setPreview({ text }),
      (error: unknown) => {
        if (!abort.signal.aborted) setPreview({ error: toApiError(error) });
      },
    );
    return () => abort.abort();
  }, [id, name, wanted]);
  return preview;
}

/** The weights that the network may be written with. Without the list it is written as it stands. */
function useSources(id: string | undefined, wanted: boolean): WeightsSource[] {
  const [sources, setSources] = useState<WeightsSource[]>([]);
  useEffect(() => {
    let current = wanted && id !== undefined;
    if (current && id !== undefined) {
      fetchWeights(id).then(
        (found) => current && setSources(found),
        () => current && setSources([]),
      );
    }
    return () => {
      current = false;
    };
  }, [id, wanted]);
  return sources;
}

export default function ExportDialog({ opened, onClose }: DialogProps) {
  const { t } = useTranslation("dialogs");
  const document = useContext(DocumentContext);
  const { choices, error } = useExports(document?.id, opened);
  const sources = useSources(document?.id, opened);
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [weights, setWeights] = useState<string | null>(null);
  const wanted = query.trim().toLowerCase();
  const listed = (choices ?? []).filter(({ label, name, extensions }) =>
    `${label} ${name} ${extensions.join(" ")}`.toLowerCase().includes(wanted),
  );
  const format = listed.find(({ name }) => name === chosen) ?? listed[0];
  const preview = usePreview(document?.id, format, opened);
  const text = preview && "text" in preview ? preview.text : null;
  const taken = format?.carries_weights ? (weights ?? usualWeights(sources)) : "";
  const lacking = sources.find(({ id }) => id === taken)?.lacking ?? [];
  const losses = [...lacking, ...(format?.losses ?? [])];

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("export.title")}
      size="xl"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {error ? <ErrorDetails error={error} /> : null}
      {choices === null && !error ? <Loader size="sm" type="dots" m="auto" /> : null}
      <div className={classes.export}>
        <div className={classes.exportChoice}>
          {(choices?.length ?? 0) >= SEARCH_FROM ? (
            <TextInput
              size="xs"
              value={query}
              onChange={(event) => setQuery(event.currentTarget.value)}
              placeholder={t("export.search")}
              aria-label={t("export.search")}
              data-autofocus
              data-testid="export-search"
            />
          ) : null}
          <div className={classes.formats} role="radiogroup" aria-label={t("export.format")}>
            {listed.map((choice) => (
              <FormatChoice
                key={choice.name}
                choice={choice}
                active={choice === format}
                onChoose={() => setChosen(choice.name)}
              />
            ))}
          </div>
        </div>
        <div className={classes.preview}>
          {document && format ? (
            <ExportPreview network={document.id} format={format} preview={preview} onLeave={onClose} />
          ) : null}
        </div>
      </div>
      {format?.available && losses.length > 0 ? (
        <div className={classes.losses} data-testid="export-losses">
          {losses.slice(0, MOST_LOSSES).map((loss) => (
            <DiagnosticText key={`${loss.node}:${loss.message}`} diagnostic={loss} />
          ))}
          {losses.length > MOST_LOSSES ? (
            <Text size="xs" c="var(--vn-text-muted)">
              {t("error.more", { count: losses.length - MOST_LOSSES })}
            </Text>
          ) : null}
        </div>
      ) : null}
      {document && format ? (
        <ExportBar
          network={document.id}
          format={format}
          text={text}
          sources={format.carries_weights ? sources : []}
          weights={taken}
          onWeights={setWeights}
        />
      ) : null}
    </Modal>
  );
}

interface FormatChoiceProps {
  choice: ExportChoice;
  active: boolean;
  onChoose: () => void;
}

function FormatChoice({ choice, active, onChoose }: FormatChoiceProps) {
  const { name, label, extensions, description, available, obstacles } = choice;
  return (
    <UnstyledButton
      role="radio"
      aria-checked={active}
      className={classes.format}
      data-active={active || undefined}
      data-unavailable={!available || undefined}
      title={obstacles[0]?.message}
      onClick={onChoose}
      data-testid={`format-${name}`}
    >
      <span className={classes.formatLabel}>
        {label} <code>{extensions[0]}</code>
      </span>
      <span className={classes.formatText}>{description}</span>
    </UnstyledButton>
  );
}

interface ExportBarProps {
  network: string;
  format: ExportChoice;
  /** The whole text, where it is one and here. */
  text: string | null;
  sources: WeightsSource[];
  weights: string;
  onWeights: (id: string) => void;
}

function ExportBar({ network, format, text, sources, weights, onWeights }: ExportBarProps) {
  const { t, i18n } = useTranslation("dialogs");
  const [busy, setBusy] = useState<Destination | null>(null);
  const abort = useRef<AbortController | null>(null);
  const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: "short", timeStyle: "short" });

  const write = async (to: Destination) => {
    abort.current = new AbortController();
    setBusy(to);
    try {
      const written = await writeExport({ id: network, format, weights, to, signal: abort.current.signal });
      tellExported(written, { format, weights, to });
    } catch (error) {
      if (!abort.current.signal.aborted) fail(t("export.failed"), toApiError(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <Group justify="flex-end" mt="md" gap="xs">
      {sources.length > 0 ? (
        <Select
          size="xs"
          mr="auto"
          aria-label={t("export.weights")}
          data={[
            { value: "", label: t("export.noWeights") },
            ...sources.map(({ id, label, date }) => ({
              value: id,
              label: t("export.withWeights", { label, time: time.format(new Date(date)) }),
            })),
          ]}
          value={weights}
          onChange={(id) => id !== null && onWeights(id)}
          allowDeselect={false}
          w={260}
          data-testid="export-weights"
        />
      ) : text === null ? null : (
        <Text size="xs" c="var(--vn-text-muted)" mr="auto">
          {t("export.size", { count: lineCount(text) })}
        </Text>
      )}
      {busy !== null && format.runtime ? (
        <Button
          size="sm"
          variant="subtle"
          color="gray"
          leftSection={<IconX size={15} />}
          onClick={() => abort.current?.abort()}
          data-testid="export-cancel"
        >
          {t("cancel")}
        </Button>
      ) : null}
      {format.text ? (
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
      ) : null}
      <Button
        size="sm"
        variant="default"
        onClick={() => void write("storage")}
        disabled={!format.available || busy === "download"}
        loading={busy === "storage"}
        leftSection={<IconCloudUpload size={15} />}
        data-testid="export-storage"
      >
        {t("export.storage")}
      </Button>
      <Button
        size="sm"
        onClick={() => void write("download")}
        disabled={!format.available || busy === "storage"}
        loading={busy === "download"}
        leftSection={<IconDownload size={15} />}
        data-testid="export-download"
      >
        {t("export.download")}
      </Button>
    </Group>
  );
}
