/** Keys as text ("mod+shift+z"), matched against events and spelt for people. */

export const IS_MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

type KeyLike = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

export function matches(shortcut: string, event: KeyLike, mac = IS_MAC): boolean {
  const parts = shortcut.toLowerCase().split("+");
  // "mod++" ends in an empty part: the plus key itself.
  const key = parts.at(-1) || "+";
  const mod = parts.includes("mod");
  if ((mac ? event.metaKey : event.ctrlKey) !== mod) return false;
  if (mac ? event.ctrlKey : event.metaKey) return false;
  if (event.altKey !== parts.includes("alt")) return false;
  // Shift makes other characters of punctuation ("?", "+"); only for letters and named keys must it be named.
  const shiftMatters = /^[a-z0-9]$/.test(key) || key.length > 1;
  if (shiftMatters && event.shiftKey !== parts.includes("shift")) return false;
  return event.key.toLowerCase() === key;
}

const MAC_SIGNS: Record<string, string> = { mod: "⌘", shift: "⇧", alt: "⌥" };
const NAMES: Record<string, string> = {
  mod: "Ctrl",
  shift: "Shift",
  alt: "Alt",
  delete: "Del",
  backspace: "⌫",
  escape: "Esc",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
};

/** The parts of a shortcut as keys are labelled: ["Ctrl", "Shift", "Z"]. */
export function keyLabels(shortcut: string, mac = IS_MAC): string[] {
  return shortcut
    .split(/\+(?!$)/)
    .map((part) => part.toLowerCase())
    .map(
      (part) =>
        (mac && MAC_SIGNS[part]) || NAMES[part] || (part.length === 1 ? part.toUpperCase() : capital(part)),
    );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Whether keys typed there belong to the element: text fields, and lists that are open. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "range", "button"].includes(target.type);
  return target.closest("textarea, select, [role=listbox], [role=menu], [role=dialog]") !== null;
}
