/** The sentences of a diagnostic in the page's language; the server's English where there is no translation. */
import type { TFunction } from "i18next";
import type { Diagnostic, Fix } from "../wire/types";

export interface ProblemText {
  message: string;
  hint: string;
}

/** Translations live under `problems:<area>.<problem>.message` and `.hint`, with the server's values as placeholders. */
export function problemText(t: TFunction, { code, message, hint, values }: Diagnostic): ProblemText {
  // A value called "count" is a plain number here, not a request for a plural form.
  const said = (part: "message" | "hint", fallback: string) =>
    t(`problems:${code}.${part}`, { ...values, defaultValue: fallback });
  return { message: said("message", message), hint: hint === "" ? "" : said("hint", hint) };
}

/** What a fix does, told from its edits where it is one plain step, else in the server's words. */
export function fixLabel(t: TFunction, fix: Fix): string {
  const added = fix.edits.flatMap((edit) => (edit.op === "add_node" ? [edit.node] : []));
  const [node] = added;
  if (node && added.length === 1) return t("problems:fix.insert", { type: node.type });
  const [edit] = fix.edits;
  if (fix.edits.length !== 1 || !edit) return fix.label;
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
