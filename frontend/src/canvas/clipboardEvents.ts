/** The browser's own copy, cut and paste on the canvas: they need no permission, unlike reading the clipboard. */
import { useEffect } from "react";
import { copySelection, pasteText } from "../actions/clipboard";
import { perform, useActionContext } from "../actions/hooks";
import { isTyping } from "../actions/keyboard";
import { actionNamed } from "../actions/registry";

export function useClipboardEvents(): void {
  const context = useActionContext();
  useEffect(() => {
    /** Text in a field, or text marked on the page, is what the user means then. */
    const isText = (event: ClipboardEvent) =>
      isTyping(event.target) || window.getSelection()?.isCollapsed === false;
    const onCopy = (event: ClipboardEvent) => {
      const text = isText(event) ? null : copySelection(context());
      if (text === null) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") perform(actionNamed("delete"), context());
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event.target)) return;
      if (pasteText(context(), event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
    };
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [context]);
}
