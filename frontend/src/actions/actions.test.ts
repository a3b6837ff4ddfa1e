import { describe, expect, it } from "vitest";
import actionsEn from "../i18n/locales/en/actions.json";
import type { Action } from "./action";
import { keyLabels, matches } from "./keyboard";
import { actions, actionsIn, collect } from "./registry";

const made = (id: string, shortcut?: string | string[]): Action => ({
  id,
  label: id,
  shortcut,
  run: () => {},
});
const press = (
  key: string,
  held: Partial<Record<"ctrlKey" | "metaKey" | "shiftKey" | "altKey", boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe("the registry of actions", () => {
  it("found the files of the features", () => {
    expect([...actions.keys()]).toEqual(
      expect.arrayContaining(["undo", "redo", "delete", "arrange", "walk_up"]),
    );
  });

  it("refuses two actions of one name, and two on one key", () => {
    expect(() =>
      collect([
        ["a.ts", made("a")],
        ["b.ts", made("a")],
      ]),
    ).toThrow(/Two actions/);
    expect(() =>
      collect([
        ["a.ts", made("a", "mod+k")],
        ["b.ts", made("b", ["x", "mod+k"])],
      ]),
    ).toThrow(/taken/);
  });

  it("has a text for every action", () => {
    const missing = [...actions.values()]
      .map(({ label }) => label)
      .filter((label) => !label.includes(":") && !(label in actionsEn));
    expect(missing).toEqual([]);
  });

  it("gives a menu in groups, in order", () => {
    for (const { actions: members } of actionsIn("menu")) {
      const orders = members.map((action) => action.menu?.order ?? 0);
      expect(orders).toEqual([...orders].sort((a, b) => a - b));
    }
    expect(actionsIn("nodeMenu").flatMap((group) => group.actions.map(({ id }) => id))).toContain(
      "duplicate",
    );
  });
});

describe("shortcuts", () => {
  it.each([
    ["mod+z", press("z", { ctrlKey: true }), true],
    ["mod+z", press("Z", { ctrlKey: true, shiftKey: true }), false],
    ["mod+shift+z", press("Z", { ctrlKey: true, shiftKey: true }), true],
    ["mod+z", press("z"), false],
    ["l", press("l"), true],
    ["l", press("L", { shiftKey: true }), false],
    ["l", press("l", { ctrlKey: true }), false],
    ["?", press("?", { shiftKey: true }), true],
    ["+", press("+", { shiftKey: true }), true],
    ["mod++", press("+", { ctrlKey: true, shiftKey: true }), true],
    ["shift+arrowup", press("ArrowUp", { shiftKey: true }), true],
    ["arrowup", press("ArrowUp", { shiftKey: true }), false],
    ["delete", press("Delete"), true],
  ])("%s, when %j is pressed: %s", (shortcut, event, expected) => {
    expect(matches(shortcut, event, false)).toBe(expected);
  });

  it("use Command on a Mac", () => {
    expect(matches("mod+z", press("z", { metaKey: true }), true)).toBe(true);
    expect(matches("mod+z", press("z", { ctrlKey: true }), true)).toBe(false);
  });

  it("are spelt as keys are labelled", () => {
    expect(keyLabels("mod+shift+z", false)).toEqual(["Ctrl", "Shift", "Z"]);
    expect(keyLabels("mod+z", true)).toEqual(["⌘", "Z"]);
    expect(keyLabels("mod++", false)).toEqual(["Ctrl", "+"]);
    expect(keyLabels("shift+arrowup", false)).toEqual(["Shift", "↑"]);
  });
});
