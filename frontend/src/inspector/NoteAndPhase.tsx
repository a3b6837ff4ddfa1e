/** What the user says about a layer: in which phase it exists, and why it is there. */
import { SegmentedControl, Textarea, Tooltip } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useDocument } from "../document";
import type { GraphNode, Phase } from "../wire/types";
import classes from "./inspector.module.css";
import { useDraft } from "./useDraft";

const PHASES: Phase[] = ["both", "train", "test"];

export function PhaseField({ nodes, disabled }: { nodes: readonly GraphNode[]; disabled: boolean }) {
  const { t } = useTranslation("inspector");
  const document = useDocument();
  const [first] = nodes;
  const same = nodes.every(({ phase }) => phase === first?.phase);
  return (
    <div>
      <Tooltip label={t("phaseHelp")} position="left" multiline maw={240} openDelay={350}>
        <span className={classes.fieldName}>{t("phase")}</span>
      </Tooltip>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={t("phase")}
        data={PHASES.map((phase) => ({ value: phase, label: t(`phase.${phase}`) }))}
        value={same ? (first?.phase ?? "both") : ""}
        onChange={(phase) =>
          document.apply(
            nodes.map(({ id }) => ({ op: "set_phase", id, phase: phase as Phase })),
            "inspector:undo_phase",
          )
        }
        disabled={disabled}
        data-testid="layer-phase"
      />
    </div>
  );
}

export function NoteField({ node, disabled }: { node: GraphNode; disabled: boolean }) {
  const { t } = useTranslation("inspector");
  const document = useDocument();
  const id = useId();
  const draft = useDraft<string, never>({
    text: node.note,
    parse: (value) => ({ ok: true, value }),
    onChange: (note, session) =>
      document.apply([{ op: "set_note", id: node.id, note }], "inspector:undo_note", {
        merge: `${node.id}:note:${session}`,
        lasting: true,
      }),
    multiline: true,
  });
  return (
    <div>
      <label htmlFor={id} className={classes.fieldName}>
        {t("note")}
      </label>
      <Textarea
        {...draft.input}
        id={id}
        size="xs"
        autosize
        minRows={1}
        maxRows={8}
        maxLength={2000}
        placeholder={t("notePlaceholder")}
        disabled={disabled}
        data-testid="layer-note"
      />
    </div>
  );
}
