/**
 * The sentences of a diagnostic in the page's language.
 *
 * The server's English is the original; `translations/<language>.<package>.json` hold translations of it by code, with the server's
 * own placeholders (`{limit}`). A code without one, or a message whose values do not fill it, stays as the server wrote it.
 */
import type { TFunction } from "i18next";
import { extraTexts } from "../i18n/extra";
import type { Diagnostic, Edit, Fix, GraphNode, Json } from "../wire/types";

export interface ProblemText {
  message: string;
  hint: string;
}

interface Translation {
  messages: { [code: string]: ProblemText };
  /** Values that are words, such as "a whole number". */
  values: { [english: string]: string };
}

export function problemText({ code, message, hint, values }: Diagnostic, language: string): ProblemText {
  const translation = extraTexts<Translation>("problems", language);
  const template = translation?.messages[code];
  if (!translation || !template) return { message, hint };
  return {
    message: fill(template.message, values, translation) ?? message,
    hint: hint === "" ? "" : (fill(template.hint, values, translation) ?? hint),
  };
}

/** Puts values into their places; null where one is missing. */
function fill(
  template: string,
  values: { [name: string]: Json },
  { values: words }: Translation,
): string | null {
  let complete = true;
  const text = template.replace(/{(\w+)}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) complete = false;
    const plain = value === null ? "None" : String(value);
    return words[plain] ?? plain;
  });
  return complete ? text : null;
}

/** The edits of a fix, those within a block among them. */
export const stepsOf = ({ edits }: Pick<Fix, "edits">): Edit[] =>
  edits.flatMap((edit) => (edit.op === "edit_block" ? edit.edits : [edit]));

/** Which block a fix changes, wherever it is used; undefined where it changes none. */
export function fixReach(t: TFunction, { edits }: Fix): string | undefined {
  const edit = edits.find(({ op }) => op === "edit_block");
  return edit?.op === "edit_block" ? t("problems:fix.inBlock", { block: edit.name }) : undefined;
}

/** The sizes that an inserted layer is given, of which there is one list at most: "28×28×1". */
function sizesOf({ params }: GraphNode): string {
  const lists = Object.values(params).filter((value) => Array.isArray(value));
  return lists.length === 1 ? (lists[0] ?? []).map((size) => (size === -1 ? "?" : size)).join("×") : "";
}

/** What a fix does, told from its edits where it is one plain step, else in the server's words. */
export function fixLabel(t: TFunction, fix: Fix): string {
  const edits = stepsOf(fix);
  const added = edits.flatMap((edit) => (edit.op === "add_node" ? [edit.node] : []));
  const [node] = added;
  if (node && added.length === 1)
    return t("problems:fix.insert", { type: [node.type, sizesOf(node)].join(" ").trim() });
  const [edit] = edits;
  if (edits.length !== 1 || !edit) return fix.label;
  if (edit.op === "set_type") return t("problems:fix.switch", { type: edit.type });
  if (edit.op === "rename") return t("problems:fix.rename", { name: edit.name });
  if (edit.op === "set_params") {
    const settings = Object.entries(edit.params).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
    return t("problems:fix.set", { settings: settings.join(", ") });
  }
  if (edit.op === "remove_node") return t("problems:fix.remove");
  if (edit.op === "disconnect") return t("problems:fix.disconnect");
  return fix.label;
}
