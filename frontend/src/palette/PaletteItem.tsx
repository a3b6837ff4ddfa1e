/** One entry of the palette: dragged to a place, or clicked to append. */
import { Highlight, Text, Tooltip, UnstyledButton } from "@mantine/core";
import type { DragEvent } from "react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useDock } from "../dock/store";
import { useLocalised } from "../i18n";
import { useCatalogStore } from "../state/catalog";
import { categoryColor } from "../theme/category";
import type { CatalogEntry } from "../wire/types";
import { ENTRY_MIME } from "./drag";
import { layerSummary } from "./entryOf";
import classes from "./palette.module.css";
import { useAppend } from "./useAppend";

interface PaletteItemProps {
  entry: CatalogEntry;
  query: string;
  disabled: boolean;
  /** After it was put into the network: drawers close. */
  onDone?: () => void;
}

export const PaletteItem = memo(function PaletteItem({ entry, query, disabled, onDone }: PaletteItemProps) {
  const { t } = useTranslation("palette");
  const localised = useLocalised();
  const append = useAppend();
  const label = localised(entry.label);
  // The class name helps those who know Keras, and says nothing where it is the label again.
  const aside = entry.family === null && squeezed(entry.layer) !== squeezed(label) ? entry.layer : null;

  /** Blocks are the network's own: the reference does not know them. */
  const explain = () => {
    if (useCatalogStore.getState().catalog?.layers[entry.layer]) useDock.getState().explain(entry.layer);
  };
  const onDragStart = ({ dataTransfer }: DragEvent) => {
    dataTransfer.setData(ENTRY_MIME, entry.id);
    dataTransfer.setData("text/plain", label);
    dataTransfer.effectAllowed = "copy";
  };
  return (
    <Tooltip
      label={<Help entry={entry} />}
      position="right"
      openDelay={500}
      multiline
      maw={260}
      events={{ hover: true, focus: false, touch: false }}
    >
      <UnstyledButton
        className={classes.item}
        draggable={!disabled}
        onDragStart={onDragStart}
        onClick={(event) => {
          append(entry, { branch: event.altKey });
          onDone?.();
        }}
        disabled={disabled}
        // One stop for the whole palette: arrow keys go on from the search field.
        tabIndex={-1}
        onKeyDown={(event) => {
          if (event.key !== "F1") return;
          event.preventDefault();
          event.stopPropagation();
          explain();
        }}
        onContextMenu={(event) => {
          event.preventDefault();
          explain();
        }}
        aria-label={t("add", { label })}
        data-testid={`palette-item-${entry.id}`}
      >
        <span className={classes.bar} style={{ background: categoryColor(entry.category) }} aria-hidden />
        <Highlight component="span" className={classes.itemLabel} highlight={query} highlightStyles={MARK}>
          {label}
        </Highlight>
        {aside ? (
          <Highlight component="span" className={classes.itemAside} highlight={query} highlightStyles={MARK}>
            {aside}
          </Highlight>
        ) : null}
      </UnstyledButton>
    </Tooltip>
  );
});

const MARK = { background: "var(--vn-accent-soft)", color: "inherit", fontWeight: 600 };

const squeezed = (text: string) =>
  text
    .replace(/[\s-]/g, "")
    .toLowerCase()
    .replace(/layer$/, "");

function Help({ entry }: { entry: CatalogEntry }) {
  const { t, i18n } = useTranslation("palette");
  const summary = layerSummary(entry.layer, entry.description, i18n.language);
  return (
    <>
      <Text size="xs">{plainText(summary)}</Text>
      <Text size="xs" opacity={0.7} mt={4}>
        {t("howTo")}
      </Text>
    </>
  );
}

/** Docstrings mark code with backticks; a tooltip has no use for them. */
const plainText = (text: string) => text.replaceAll("`", "");
