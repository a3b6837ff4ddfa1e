/** Where one is: the network, and the blocks that are open, each a way back. */
import { UnstyledButton } from "@mantine/core";
import { IconChevronRight, IconStack2 } from "@tabler/icons-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { BlockDocument, useDocument, useGraphPart } from "../document";
import { useAnalysis } from "../state/analysis";
import { useView } from "../state/view";
import classes from "./blocks.module.css";

export default function Breadcrumb() {
  const { t } = useTranslation("blocks");
  const document = useDocument();
  const leave = useView((view) => view.leave);
  useGraphPart((graph) => graph);
  const copies = useAnalysis((state) => state.inside?.copies);
  if (!(document instanceof BlockDocument)) return null;
  const opened: BlockDocument[] = [];
  for (let level = document as unknown; level instanceof BlockDocument; level = level.around)
    opened.unshift(level);
  const uses = countUses(document);
  return (
    <nav className={classes.breadcrumb} aria-label={t("path")} data-testid="breadcrumb">
      <UnstyledButton className={classes.crumb} onClick={() => leave(0)} data-testid="crumb-0">
        {document.graph.name || t("network")}
      </UnstyledButton>
      {opened.map((level, depth) => {
        const name = level.around.graph.nodes.get(level.node)?.name ?? "";
        const last = depth === opened.length - 1;
        return (
          <Fragment key={level.node}>
            <IconChevronRight size={14} aria-hidden className={classes.separator} />
            <UnstyledButton
              className={classes.crumb}
              aria-current={last ? "location" : undefined}
              disabled={last}
              onClick={() => leave(depth + 1)}
              data-testid={`crumb-${depth + 1}`}
            >
              <IconStack2 size={14} stroke={1.7} aria-hidden />
              {name}
              {level.block === name ? null : <span className={classes.blockName}>{level.block}</span>}
              {(copies?.[depth] ?? 1) > 1 ? (
                <span className={classes.copy} title={t("copyHelp")} data-testid={`copy-${depth + 1}`}>
                  {t("copy", { copy: copies?.[depth] })}
                </span>
              ) : null}
            </UnstyledButton>
          </Fragment>
        );
      })}
      {uses > 1 ? <span className={classes.uses}>{t("usedTimes", { count: uses })}</span> : null}
    </nav>
  );
}

/** How many nodes an edit in here changes, in the network and in its blocks. */
function countUses({ graph, block, around }: BlockDocument): number {
  let root: unknown = around;
  while (root instanceof BlockDocument) root = root.around;
  const network = (root as typeof around).graph;
  const stored = JSON.stringify([...network.nodes.values(), ...Object.values(graph.blocks)]);
  return stored.split(`"block":${JSON.stringify(block)}`).length - 1;
}
