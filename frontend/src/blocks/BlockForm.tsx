/** A Block node's form: which block it is, the values of its parameters, how often it is repeated, and the way in. */
import { Button, Select } from "@mantine/core";
import { IconStack2 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { actionNamed } from "../actions/registry";
import { BlockDocument, blockNamed, blockUse, useDocument, useGraphPart } from "../document";
import { Section } from "../inspector/Section";
import { textOf } from "../inspector/values";
import { ActionButton } from "../shell/ActionButton";
import { useView } from "../state/view";
import type { GraphNode, Params } from "../wire/types";
import classes from "./blocks.module.css";
import { ValueField } from "./ValueField";

export function BlockForm({ node, disabled }: { node: GraphNode; disabled: boolean }) {
  const { t } = useTranslation("blocks");
  const document = useDocument();
  const blocks = useGraphPart((graph) => graph.blocks);
  const enter = useView((view) => view.enter);
  const { block, values, repeat } = blockUse(node);
  const definition = blockNamed(blocks, block);
  const expressions = document instanceof BlockDocument;
  const change = (params: Params, session: string) =>
    document.apply([{ op: "set_params", id: node.id, params }], "inspector:undo_param", {
      merge: `${node.id}:${Object.keys(params).join()}:${session}`,
      lasting: true,
    });
  const names = Object.keys(blocks);
  return (
    <Section title={t("block")} testId="block-form">
      <div className={classes.definition}>
        <div className={classes.row}>
          <span className={classes.label}>{t("which")}</span>
          <Select
            size="xs"
            aria-label={t("which")}
            data={names.includes(block) ? names : [...names, block].filter(Boolean)}
            value={block}
            allowDeselect={false}
            disabled={disabled}
            onChange={(name) => name && change({ block: name, values: {} }, name)}
            data-testid="block-name"
          />
        </div>
        {Object.entries(definition?.params ?? {}).map(([name, standard]) => (
          <div key={name} className={classes.row}>
            <span className={classes.label}>
              <code>{name}</code>
              <span className={classes.standard}>{t("standard", { value: textOf(standard) })}</span>
            </span>
            <ValueField
              label={name}
              value={name in values ? values[name] : standard}
              expressions={expressions}
              disabled={disabled}
              onChange={(value, session) =>
                change({ values: { ...values, [name]: value } }, `${name}:${session}`)
              }
              testId={`block-value-${name}`}
            />
          </div>
        ))}
        <div className={classes.row}>
          <span className={classes.label}>{t("repeat")}</span>
          <ValueField
            label={t("repeat")}
            value={repeat}
            expressions={expressions}
            disabled={disabled}
            onChange={(value, session) => change({ repeat: value }, `repeat:${session}`)}
            testId="block-repeat"
          />
        </div>
        <Button
          size="xs"
          variant="light"
          leftSection={<IconStack2 size={15} />}
          disabled={!definition}
          onClick={() => enter(node.id)}
          data-testid="open-block"
        >
          {t("open")}
        </Button>
        <ActionButton action={actionNamed("dissolveBlock")} look="quiet" />
      </div>
    </Section>
  );
}
