/** Nothing is selected inside a block: the block itself, with its parameters and their standard values. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type BlockDocument, storedBlock, useGraph } from "../document";
import classes from "../inspector/inspector.module.css";
import { Section } from "../inspector/Section";
import type { Params } from "../wire/types";
import styles from "./blocks.module.css";
import { ValueField } from "./ValueField";

export function BlockOverview({ document }: { document: BlockDocument }) {
  const { t } = useTranslation("blocks");
  const graph = useGraph();
  const { block, definition, editable } = document;
  if (block === null || !definition) return null;
  const change = (params: Params, session: string) =>
    document.apply(
      [{ op: "set_block", name: block, block: storedBlock({ ...definition, params }) }],
      "inspector:undo_param",
      { merge: `${block}:${session}`, lasting: true },
    );
  const params = Object.entries(definition.params);
  const free = () => {
    for (let number = 1; ; number++) {
      const name = `value${number}`;
      if (!(name in definition.params)) return name;
    }
  };
  return (
    <div data-testid="inspector" className={classes.panel}>
      <header className={classes.header}>
        <h2 className={classes.headerTitle}>{block}</h2>
        <p className={classes.quiet}>{t("inside", { count: graph.nodes.size })}</p>
      </header>
      <Section title={t("params")}>
        <div className={styles.definition}>
          <p className={classes.quiet}>{t(params.length === 0 ? "noParams" : "paramsHelp")}</p>
          {params.map(([name, value]) => (
            <div key={name} className={styles.row}>
              <span className={styles.label}>
                <code>{name}</code>
              </span>
              <div style={{ display: "flex", gap: 4 }}>
                <ValueField
                  label={name}
                  value={value}
                  expressions={false}
                  disabled={!editable}
                  onChange={(next, session) =>
                    change({ ...definition.params, [name]: next }, `${name}:${session}`)
                  }
                  testId={`block-param-${name}`}
                />
                <Tooltip label={t("removeParam", { name })}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    disabled={!editable}
                    aria-label={t("removeParam", { name })}
                    onClick={() =>
                      change(Object.fromEntries(params.filter(([known]) => known !== name)), `remove:${name}`)
                    }
                  >
                    <IconTrash size={14} />
                  </ActionIcon>
                </Tooltip>
              </div>
            </div>
          ))}
          <Button
            size="compact-xs"
            variant="subtle"
            disabled={!editable}
            leftSection={<IconPlus size={13} />}
            onClick={() => change({ ...definition.params, [free()]: 1 }, `add:${params.length}`)}
          >
            {t("addParam")}
          </Button>
        </div>
      </Section>
    </div>
  );
}
