/** Every layer that can be put into a network, in the manual's categories, with a search over names and synonyms. */
import { ActionIcon, Button, Kbd, ScrollArea, Skeleton, Text, TextInput, Tooltip } from "@mantine/core";
import { IconLayoutSidebarLeftCollapse, IconSearch, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDocument, useDocumentState, useGraphPart } from "../document";
import { useCatalog, useCatalogStore } from "../state/catalog";
import { blockEntries, blockSection } from "./blockEntries";
import { Category } from "./Category";
import { PaletteItem } from "./PaletteItem";
import classes from "./palette.module.css";
import { SEARCH_ID, searchEntries } from "./search";
import { sectionsOf } from "./sections";
import { useAppend } from "./useAppend";

interface PaletteProps {
  /** After a layer was added: a drawer closes. */
  onDone?: () => void;
  /** Absent in a drawer, which has a button of its own. */
  onCollapse?: () => void;
}

export function Palette({ onDone, onCollapse }: PaletteProps) {
  const { t } = useTranslation("palette");
  const catalog = useCatalog();
  const document = useDocument();
  useDocumentState();
  const append = useAppend();
  const language = useTranslation().i18n.language;
  const blocks = useGraphPart((graph) => graph.blocks);
  // biome-ignore lint/correctness/useExhaustiveDependencies: blocks and language are what the document's entries follow.
  const own = useMemo(() => blockEntries(document), [document, blocks, language]);
  const [query, setQuery] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const found = useMemo(
    () => (catalog ? searchEntries([...own, ...catalog.entries], query) : []),
    [catalog, own, query],
  );
  const sections = useMemo(() => {
    const first = blockSection(own);
    return catalog ? [...(first ? [first] : []), ...sectionsOf(catalog)] : [];
  }, [catalog, own]);
  const searching = query.trim() !== "";
  const disabled = !document.editable;

  /** Arrow keys walk the entries, the search field included. */
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined || !root.current) return;
    const stops = [
      ...root.current.querySelectorAll<HTMLElement>("input, [data-stop], [data-testid^=palette-item]"),
    ];
    const at = stops.indexOf(window.document.activeElement as HTMLElement);
    stops[Math.min(stops.length - 1, Math.max(0, at + by))]?.focus();
    event.preventDefault();
  };
  const onSearchKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    const [best] = found;
    if (event.key === "Enter" && best && !disabled) {
      append(best.entry, { branch: event.altKey });
      onDone?.();
    } else if (event.key === "Escape") {
      if (searching) setQuery("");
      else event.currentTarget.blur();
      event.stopPropagation();
    }
  };

  return (
    <div
      className={classes.palette}
      ref={root}
      role="toolbar"
      aria-orientation="vertical"
      aria-label={t("title")}
      onKeyDown={onKeyDown}
      data-testid="palette"
    >
      <div className={classes.search}>
        <TextInput
          id={SEARCH_ID}
          size="xs"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={onSearchKeyDown}
          placeholder={t("search")}
          aria-label={t("search")}
          leftSection={<IconSearch size={14} />}
          rightSection={
            searching ? (
              <ActionIcon
                size="xs"
                variant="subtle"
                color="gray"
                onClick={() => setQuery("")}
                aria-label={t("clear")}
              >
                <IconX size={12} />
              </ActionIcon>
            ) : (
              <Kbd size="xs">/</Kbd>
            )
          }
          autoComplete="off"
          spellCheck={false}
          data-testid="palette-search"
          className={classes.searchField}
        />
        {onCollapse ? (
          <Tooltip label={t("collapse")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={26}
              onClick={onCollapse}
              aria-label={t("collapse")}
              data-testid="collapse-palette"
            >
              <IconLayoutSidebarLeftCollapse size={16} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
      <ScrollArea className={classes.scroll} type="hover" scrollbarSize={8}>
        <div className={classes.body}>
          {catalog === null ? <Waiting /> : null}
          {catalog && !searching
            ? sections.map((section) => (
                <Category key={section.id} section={section} disabled={disabled} onDone={onDone} />
              ))
            : null}
          {searching && catalog ? (
            <div>
              {found.map(({ entry }) => (
                <PaletteItem key={entry.id} entry={entry} query={query} disabled={disabled} onDone={onDone} />
              ))}
            </div>
          ) : null}
          {searching && catalog && found.length === 0 ? (
            <div className={classes.nothing}>
              <Text size="sm">{t("nothing", { query: query.trim() })}</Text>
              <Text size="xs" c="var(--vn-text-muted)">
                {t("nothingHint")}
              </Text>
              <Button size="compact-xs" variant="default" onClick={() => setQuery("")}>
                {t("clear")}
              </Button>
            </div>
          ) : null}
          <span className={classes.live} role="status">
            {searching ? t("results", { count: found.length }) : ""}
          </span>
        </div>
      </ScrollArea>
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation("palette");
  const error = useCatalogStore((state) => state.error);
  const load = useCatalogStore((state) => state.load);
  if (error) {
    return (
      <div className={classes.nothing} role="alert">
        <Text size="sm">{t("failed")}</Text>
        <Text size="xs" c="var(--vn-text-muted)">
          {error.message}
        </Text>
        <Button size="compact-xs" variant="default" onClick={() => void load()}>
          {t("retry")}
        </Button>
      </div>
    );
  }
  return Array.from({ length: 12 }, (_, index) => (
    <Skeleton
      key={`row-${String(index)}`}
      height={20}
      my={8}
      radius="sm"
      width={`${60 + ((index * 37) % 40)}%`}
    />
  ));
}
