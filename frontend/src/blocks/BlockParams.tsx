/** The parameters of an open block: names, standard values, and what follows a change where the block is used. */
import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { type BlockDefinition, type BlockDocument, storedBlock } from "../document";
import { changeAndFocus } from "../inspector/focus";
import classes from "../inspector/inspector.module.css";
import { Section } from "../inspector/Section";
import { useDraft } from "../inspector/useDraft";
import type { Edit, Params } from "../wire/types";
import styles from "./blocks.module.css";
import { removeParam, renameParam } from "./params";
import { ValueField } from "./ValueField";
import { type ParamNameFault, parseParamName } from "./value";

interface BlockParamsProps {
  document: BlockDocument;
  block: string;
  definition: BlockDefinition;
}

export function BlockParams({ document, block, definition }: BlockParamsProps) {
  const { t } = useTranslation("blocks");
  const { editable } = document;
  const { params } = definition;
  const apply = (edits: Edit[], session: string) =>
    document.root.apply(edits, "inspector:undo_param", { merge: `${block}:${session}`, lasting: true });
  const change = (next: Params, session: string) =>
    apply([{ op: "set_block", name: block, block: storedBlock({ ...definition, params: next }) }], session);
  const id = useId();
  const names = Object.keys(params);
  const free = () => {
    for (let number = 1; ; number++) if (!(`value${number}` in params)) return `value${number}`;
  };
  return (
    <Section title={t("params")} testId="block-params">
      <div className={styles.definition}>
        <p className={classes.quiet}>{t(names.length === 0 ? "noParams" : "paramsHelp")}</p>
        {Object.entries(params).map(([name, value], at) => (
          // By its place: it is still the same while its name is typed.
          <div key={String(at)} className={styles.param}>
            <ParamName
              id={`${id}:${at}`}
              name={name}
              taken={names}
              disabled={!editable}
              onChange={(to, session) =>
                apply(renameParam(document.root.graph, block, name, to), `rename:${at}:${session}`)
              }
            />
            <ValueField
              label={name}
              value={value}
              expressions={false}
              disabled={!editable}
              onChange={(next, session) => change({ ...params, [name]: next }, `${name}:${session}`)}
              testId={`block-param-${name}`}
            />
            <Tooltip label={t("removeParam", { name })}>
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={!editable}
                aria-label={t("removeParam", { name })}
                onClick={() => apply(removeParam(document.root.graph, block, name), `remove:${name}`)}
              >
                <IconTrash size={14} />
              </ActionIcon>
            </Tooltip>
          </div>
        ))}
        <Button
          size="compact-xs"
          variant="subtle"
          disabled={!editable}
          leftSection={<IconPlus size={13} />}
          onClick={() =>
            changeAndFocus(
              () => change({ ...params, [free()]: 1 }, `add:${names.length}`),
              `${id}:${names.length}`,
            )
          }
          data-testid="add-param"
        >
          {t("addParam")}
        </Button>
      </div>
    </Section>
  );
}

interface ParamNameProps {
  id: string;
  name: string;
  taken: readonly string[];
  disabled: boolean;
  onChange(name: string, session: string): void;
}

function ParamName({ id, name, taken, disabled, onChange }: ParamNameProps) {
  const { t } = useTranslation("blocks");
  const draft = useDraft<string, ParamNameFault>({
    text: name,
    parse: (text) => parseParamName(text, name, taken),
    onChange,
  });
  return (
    <TextInput
      {...draft.input}
      id={id}
      size="xs"
      aria-label={t("paramName", { name })}
      maxLength={60}
      disabled={disabled}
      autoComplete="off"
      spellCheck={false}
      classNames={{ input: styles.paramName }}
      error={draft.reason ? t(`invalid.${draft.reason}`) : undefined}
      data-testid={`block-param-name-${name}`}
    />
  );
}
