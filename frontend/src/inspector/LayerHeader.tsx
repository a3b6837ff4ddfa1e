/** What the selected layer is: its name in the page's language, its class, one sentence, and the whole story on demand. */
import { ActionIcon, Collapse, Menu, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { BLOCK, BLOCK_INPUT } from "../document";
import { layerSummary } from "../palette/entryOf";
import { useKind } from "../palette/useKind";
import { ActionItems } from "../shell/ActionItems";
import { categoryColor } from "../theme/category";
import type { Catalog, GraphNode } from "../wire/types";
import { DocText } from "./DocText";
import classes from "./inspector.module.css";

export function LayerHeader({ node, catalog }: { node: GraphNode; catalog: Catalog }) {
  const { t, i18n } = useTranslation("inspector");
  const [open, { toggle }] = useDisclosure(false);
  const schema = catalog.layers[node.type];
  const label = useKind()(node);
  return (
    <header className={classes.header}>
      <div className={classes.headerRow}>
        <span className={classes.bar} style={{ background: categoryColor(schema?.category ?? "") }} />
        <div className={classes.headerText}>
          <h2 className={classes.headerTitle} data-testid="layer-label">
            {label}
          </h2>
          {label === node.type ? null : <code className={classes.className}>{node.type}</code>}
        </div>
        {schema?.doc ? (
          <Tooltip label={t("aboutLayer", { type: node.type })}>
            <ActionIcon
              variant={open ? "light" : "subtle"}
              color={open ? undefined : "gray"}
              onClick={toggle}
              aria-expanded={open}
              aria-label={t("aboutLayer", { type: node.type })}
            >
              <IconInfoCircle size={16} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        <Menu position="bottom-end" shadow="md" width={220}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t("moreActions")}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <ActionItems place="nodeMenu" />
          </Menu.Dropdown>
        </Menu>
      </div>
      {schema && !open ? (
        <Text size="xs" c="var(--vn-text-muted)" lh={1.45}>
          <DocText text={layerSummary(schema.name, schema.summary, i18n.language)} />
        </Text>
      ) : null}
      {schema ? (
        <Collapse expanded={open} transitionDuration={120}>
          <div className={classes.doc}>
            <DocText text={schema.doc} />
          </div>
          {schema.source ? (
            <Text size="xs" c="var(--vn-text-muted)">
              {t("source")}: <DocText text={schema.source} />
            </Text>
          ) : null}
        </Collapse>
      ) : node.type === BLOCK || node.type === BLOCK_INPUT ? null : (
        <Text size="xs" c="var(--vn-text-muted)">
          {t("unknownLayer", { type: node.type })}
        </Text>
      )}
    </header>
  );
}
