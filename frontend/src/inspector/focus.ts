/** Fields that come by a click have the focus at once: letters typed then would be shortcuts otherwise. */
import { flushSync } from "react-dom";

/** Makes a change that brings a field, and gives that the focus, its text selected. */
export function changeAndFocus(change: () => void, id: string): void {
  flushSync(change);
  const field = document.getElementById(id);
  if (!(field instanceof HTMLInputElement)) return;
  field.focus();
  field.select();
}
