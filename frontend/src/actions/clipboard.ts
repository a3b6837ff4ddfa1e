/** Copying and pasting layers, for the menu and for the browser's own events alike. */
import i18next from "i18next";
import { caution } from "../dialogs/notify";
import { closesCircle, copyText, pasteEdits, readText } from "../editing/clipboard";
import { NODE_HEIGHT, NODE_WIDTH } from "../editing/geometry";
import type { ActionContext } from "./action";

/** What was copied here last, for browsers that do not let a page read the clipboard. */
let lastCopied = "";

/** The selected layers as text; null where none are selected. */
export function copySelection({ document, view }: ActionContext): string | null {
  if (!document || view.selection.size === 0) return null;
  lastCopied = copyText(document.graph, view.selection);
  return lastCopied;
}

export async function writeClipboard(text: string): Promise<void> {
  await navigator.clipboard?.writeText(text).catch(() => undefined);
}

export async function readClipboard(): Promise<string> {
  return (await navigator.clipboard?.readText().catch(() => "")) || lastCopied;
}

/** Adds what the text holds, at the pointer if it is over the canvas; false where the text is no network. */
export function pasteText({ document, canvas, view }: ActionContext, text: string): boolean {
  const part = readText(text);
  if (!document || !part) return false;
  const pointer = canvas?.pointer();
  const pasted = pasteEdits(
    document.graph,
    part,
    pointer ? [pointer[0] - NODE_WIDTH / 2, pointer[1] - NODE_HEIGHT / 2] : null,
    document.isBlock,
  );
  if (closesCircle(document.graph, pasted, document.openBlocks)) {
    caution(i18next.t("blocks:refused.itself"), []);
    return true;
  }
  if (!document.apply(pasted.edits, "actions:undo_paste")) return false;
  view.select(pasted.ids);
  canvas?.reveal(pasted.ids);
  return true;
}
