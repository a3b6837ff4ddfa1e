/** The layer's name: unique in the network, since formats and messages refer to layers by it. */
import { TextInput } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { type DocumentGraph, useDocument } from "../document";
import type { GraphNode } from "../wire/types";
import classes from "./fields.module.css";
import { useDraft } from "./useDraft";
import type { Parsed } from "./values";

type Reason = "nameEmpty" | "nameSlash" | "nameTaken";

export function parseName(graph: DocumentGraph, id: string, text: string): Parsed<string, Reason> {
  const name = text.trim();
  if (name === "") return { ok: false, reason: "nameEmpty" };
  if (name.includes("/")) return { ok: false, reason: "nameSlash" };
  for (const node of graph.nodes.values())
    if (node.id !== id && node.name === name) return { ok: false, reason: "nameTaken" };
  return { ok: true, value: name };
}

export function NameField({ node, disabled }: { node: GraphNode; disabled: boolean }) {
  const { t } = useTranslation("inspector");
  const document = useDocument();
  const id = useId();
  const draft = useDraft<string, Reason>({
    text: node.name,
    parse: (text) => parseName(document.graph, node.id, text),
    onChange: (name, session) =>
      document.apply([{ op: "rename", id: node.id, name }], "inspector:undo_rename", {
        merge: `${node.id}:name:${session}`,
        lasting: true,
      }),
  });
  return (
    <div className={classes.field}>
      <label htmlFor={id} className={classes.label}>
        <span className={classes.name}>{t("name")}</span>
      </label>
      <TextInput
        {...draft.input}
        id={id}
        size="xs"
        maxLength={200}
        error={draft.reason ? t(draft.reason, { name: draft.text.trim() }) : undefined}
        disabled={disabled}
        autoComplete="off"
        spellCheck={false}
        data-testid="layer-name"
      />
    </div>
  );
}
