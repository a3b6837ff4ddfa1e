/** The command palette: every action, every layer to add or to go to, by name. */
import "@mantine/spotlight/styles.css";
import { Spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useContext, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Action } from "../actions/action";
import { isEnabled, perform, useActionContext } from "../actions/hooks";
import { actions, shortcutsOf } from "../actions/registry";
import { DocumentContext } from "../document";
import { useLocalised } from "../i18n";
import { useAppend } from "../palette";
import { searchEntries, searchNodes } from "../palette/search";
import { useKind } from "../palette/useKind";
import { Keys } from "../shell/ActionButton";
import { useCanvas } from "../state/canvas";
import { useCatalogStore } from "../state/catalog";
import { useView } from "../state/view";
import { categoryColor } from "../theme/category";
import type { CatalogEntry, GraphNode } from "../wire/types";
import { commandsStore } from "./commandsStore";
import classes from "./dialogs.module.css";

/** Enough to see without scrolling; who does not find it here types another letter. */
const LAYERS_SHOWN = 8;

export function Commands() {
  const { t } = useTranslation(["dialogs", "actions"]);
  const [query, setQuery] = useState("");
  const found = useFoundActions(query);
  const layers = useFoundLayers(query);
  const nodes = useFoundNodes(query);
  return (
    <Spotlight.Root
      store={commandsStore}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      scrollable
      maxHeight="min(460px, 60dvh)"
      transitionProps={{ duration: 100 }}
      aria-label={t("commands.title")}
    >
      <Spotlight.Search
        placeholder={t("commands.search")}
        leftSection={<IconSearch size={16} stroke={1.7} />}
        data-testid="commands-search"
      />
      <Spotlight.ActionsList>
        {found.length > 0 ? (
          <Spotlight.ActionsGroup label={t("commands.actions")}>
            {found.map((action) => (
              <ActionRow key={action.id} action={action} />
            ))}
          </Spotlight.ActionsGroup>
        ) : null}
        <NodeRows nodes={nodes} />
        <LayerRows entries={layers} />
        {found.length + nodes.length + layers.length === 0 ? (
          <Spotlight.Empty>{t("commands.nothing")}</Spotlight.Empty>
        ) : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function useFoundActions(query: string): Action[] {
  const { t, i18n } = useTranslation("actions");
  const context = useActionContext();
  const wanted = query.trim().toLowerCase();
  const now = context();
  const english = i18n.getFixedT("en", "actions");
  return [...actions.values()].filter(
    (action) =>
      action.id !== "commands" &&
      isEnabled(action, now) &&
      // Who works in Chinese may still know the command by its English name.
      [t(action.label), english(action.label)].some((label) => label.toLowerCase().includes(wanted)),
  );
}

function ActionRow({ action }: { action: Action }) {
  const { t } = useTranslation("actions");
  const context = useActionContext();
  const Icon = action.icon;
  const [shortcut] = shortcutsOf(action);
  return (
    <Spotlight.Action
      className={classes.command}
      label={t(action.label)}
      leftSection={Icon ? <Icon size={16} stroke={1.7} /> : <span className={classes.noIcon} />}
      rightSection={shortcut ? <Keys shortcut={shortcut} /> : undefined}
      onClick={() => perform(action, context())}
    />
  );
}

/** Layers of what is open, once something is typed. */
function useFoundNodes(query: string): GraphNode[] {
  const document = useContext(DocumentContext);
  return document ? searchNodes(document.graph.nodes.values(), query).slice(0, LAYERS_SHOWN) : [];
}

function NodeRows({ nodes }: { nodes: readonly GraphNode[] }) {
  const { t } = useTranslation("dialogs");
  const kind = useKind();
  const catalog = useCatalogStore((state) => state.catalog);
  if (nodes.length === 0) return null;
  const go = (id: string) => {
    useView.getState().select([id]);
    useCanvas.getState().controls?.reveal([id]);
  };
  return (
    <Spotlight.ActionsGroup label={t("commands.nodes")}>
      {nodes.map((node) => (
        <Spotlight.Action
          key={node.id}
          className={classes.command}
          label={node.name}
          leftSection={
            <span
              className={classes.dot}
              style={{ background: categoryColor(catalog?.layers[node.type]?.category ?? "") }}
            />
          }
          rightSection={<span className={classes.commandAside}>{kind(node)}</span>}
          onClick={() => go(node.id)}
        />
      ))}
    </Spotlight.ActionsGroup>
  );
}

/** Layers to append, once something is typed; only where there is a network to append to. */
function useFoundLayers(query: string): CatalogEntry[] {
  const document = useContext(DocumentContext);
  const catalog = useCatalogStore((state) => state.catalog);
  if (!document?.editable || !catalog) return [];
  return searchEntries(catalog.entries, query)
    .slice(0, LAYERS_SHOWN)
    .map(({ entry }) => entry);
}

function LayerRows({ entries }: { entries: readonly CatalogEntry[] }) {
  const { t } = useTranslation("dialogs");
  const localised = useLocalised();
  const append = useAppend();
  if (entries.length === 0) return null;
  return (
    <Spotlight.ActionsGroup label={t("commands.layers")}>
      {entries.map((entry) => (
        <Spotlight.Action
          key={entry.id}
          className={classes.command}
          label={localised(entry.label)}
          leftSection={<span className={classes.dot} style={{ background: categoryColor(entry.category) }} />}
          rightSection={<span className={classes.commandAside}>{entry.layer}</span>}
          onClick={() => append(entry)}
        />
      ))}
    </Spotlight.ActionsGroup>
  );
}
