/** The name of a layer while it is being changed on the canvas. */
import { type KeyboardEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import { freeName, useDocument } from "../document";
import { useCanvas } from "../state/canvas";
import { useView } from "../state/view";
import type { GraphNode } from "../wire/types";
import classes from "./NameField.module.css";

export function NameField({ node }: { node: GraphNode }) {
  const { t } = useTranslation("canvas");
  const document = useDocument();
  const done = useRef(false);

  const finish = (text: string | null) => {
    // Enter takes the field away, which also takes its focus: once is enough.
    if (done.current) return;
    done.current = true;
    useView.getState().rename(null);
    // "/" would part the name in Keras' files.
    const wanted = text?.trim().replaceAll("/", "_");
    if (wanted && wanted !== node.name) {
      const name = freeName(document.graph, wanted);
      document.apply([{ op: "rename", id: node.id, name }], "actions:undo_rename");
    }
    useCanvas.getState().controls?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    event.stopPropagation();
    if (event.key === "Enter") finish(event.currentTarget.value);
    if (event.key === "Escape") finish(null);
  };

  return (
    <input
      className={`nodrag nopan ${classes.field}`}
      aria-label={t("rename")}
      defaultValue={node.name}
      maxLength={200}
      spellCheck={false}
      // biome-ignore lint/a11y/noAutofocus: the user asked for this field a moment ago.
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onKeyDown={onKeyDown}
      onBlur={(event) => finish(event.currentTarget.value)}
    />
  );
}
