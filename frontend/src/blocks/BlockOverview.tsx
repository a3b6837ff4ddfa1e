/** Nothing is selected inside a block: the block itself, with its parameters, inputs and outputs. */
import { Button, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { BLOCK_INPUT, type BlockDocument, outputsOf, useGraph } from "../document";
import { useFormat } from "../i18n/format";
import classes from "../inspector/inspector.module.css";
import { NodeRow } from "../inspector/NodeRow";
import { Section } from "../inspector/Section";
import { useDraft } from "../inspector/useDraft";
import { blockEntries } from "../palette/blockEntries";
import { useAppend } from "../palette/useAppend";
import { shownNodes, useAnalysis } from "../state/analysis";
import type { GraphNode } from "../wire/types";
import { BlockParams } from "./BlockParams";
import styles from "./blocks.module.css";
import { renameBlock } from "./params";
import { parseBlockName } from "./value";

export function BlockOverview({ document }: { document: BlockDocument }) {
  const { t } = useTranslation("blocks");
  const graph = useGraph();
  const append = useAppend();
  const { block, definition, editable } = document;
  if (block === null || !definition) return null;
  const nodes = [...graph.nodes.values()];
  const inputs = nodes.filter(({ type }) => type === BLOCK_INPUT);
  const outputs = nodes.filter((node) => node.type !== BLOCK_INPUT && outputsOf(graph, node.id).length === 0);
  const addInput = () => {
    const entry = blockEntries(document).find(({ layer }) => layer === BLOCK_INPUT);
    if (entry) append(entry);
  };
  return (
    <div data-testid="inspector" className={classes.panel}>
      <header className={classes.header}>
        <h2 className={classes.headerTitle}>{block}</h2>
        <p className={classes.quiet}>{t("inside", { count: graph.nodes.size })}</p>
      </header>
      <Section>
        <BlockName document={document} block={block} />
      </Section>
      <BlockParams document={document} block={block} definition={definition} />
      <Section title={t("inputs")} testId="block-inputs">
        <Ports nodes={inputs} />
        <Button
          size="compact-xs"
          variant="subtle"
          disabled={!editable}
          leftSection={<IconPlus size={13} />}
          onClick={addInput}
          data-testid="add-input"
        >
          {t("addInput")}
        </Button>
      </Section>
      <Section title={t("outputs")} testId="block-outputs">
        <Ports nodes={outputs} />
        <p className={classes.quiet}>{t("outputsHelp")}</p>
      </Section>
    </div>
  );
}

function BlockName({ document, block }: { document: BlockDocument; block: string }) {
  const { t } = useTranslation("blocks");
  const { root } = document;
  const draft = useDraft<string, "nameEmpty" | "blockTaken">({
    text: block,
    parse: (text) => parseBlockName(text, block, Object.keys(root.graph.blocks)),
    onChange: (name, session) =>
      root.apply(renameBlock(root.graph, document.block ?? "", name), "actions:undo_rename", {
        merge: `block:${session}`,
        lasting: true,
      }),
  });
  return (
    <div className={styles.row}>
      <span className={styles.label}>{t("name")}</span>
      <TextInput
        {...draft.input}
        size="xs"
        aria-label={t("name")}
        maxLength={100}
        disabled={!document.editable}
        autoComplete="off"
        spellCheck={false}
        error={draft.reason ? t(`invalid.${draft.reason}`) : undefined}
        data-testid="block-own-name"
      />
    </div>
  );
}

/** Numbered as the ports of the block's nodes are, where there are several. */
function Ports({ nodes }: { nodes: GraphNode[] }) {
  const format = useFormat();
  const known = useAnalysis(shownNodes);
  return nodes.map((node, port) => {
    const [tensor] = known.get(node.id)?.outputs ?? [];
    const shape = tensor ? format.shape(tensor.shape) : "?";
    return <NodeRow key={node.id} node={node} value={nodes.length > 1 ? `${port + 1} · ${shape}` : shape} />;
  });
}
