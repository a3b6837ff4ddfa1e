/**
 * Every action, found by being a module in a feature's `actions` folder with a default export: an action, or a few that
 * differ in one word (up, down, left, right).
 *
 * An action's module must not lead back here by its imports: the list is made when this module is first read.
 */
import type { Action, Placement } from "./action";

const modules = import.meta.glob<{ default?: Action | Action[] }>(
  ["../*/actions/*.{ts,tsx}", "!**/*.test.*"],
  {
    eager: true,
  },
);

/** Throws where two actions share an id or a shortcut: the second would never be heard. */
export function collect(found: Iterable<[path: string, action: Action | undefined]>): Map<string, Action> {
  const actions = new Map<string, Action>();
  const keys = new Map<string, string>();
  for (const [path, action] of found) {
    if (!action) continue;
    if (actions.has(action.id)) throw new Error(`Two actions are called "${action.id}"; one is in ${path}.`);
    for (const key of shortcutsOf(action)) {
      const other = keys.get(key);
      if (other) throw new Error(`"${key}" is taken by "${other}"; "${action.id}" in ${path} needs another.`);
      keys.set(key, action.id);
    }
    actions.set(action.id, action);
  }
  return actions;
}

export function shortcutsOf(action: Action): readonly string[] {
  if (action.shortcut === undefined) return [];
  return typeof action.shortcut === "string" ? [action.shortcut] : action.shortcut;
}

export const actions: ReadonlyMap<string, Action> = collect(
  Object.entries(modules).flatMap(([path, { default: found }]) =>
    [found].flat().map((action): [string, Action | undefined] => [path, action]),
  ),
);

export function actionNamed(id: string): Action {
  const action = actions.get(id);
  if (!action) throw new Error(`There is no action "${id}".`);
  return action;
}

type Place = "menu" | "toolbar" | "nodeMenu" | "canvasMenu";

/** The actions of one menu or bar: groups in order of their first member, members in order. */
export function actionsIn(place: Place): { group: string; actions: Action[] }[] {
  const groups = new Map<string, [Placement, Action][]>();
  for (const action of actions.values()) {
    const placement = action[place];
    if (!placement) continue;
    groups.set(placement.group, [...(groups.get(placement.group) ?? []), [placement, action]]);
  }
  const first = (members: [Placement, Action][]) =>
    Math.min(...members.map(([placement]) => placement.order));
  return [...groups]
    .sort(([, a], [, b]) => first(a) - first(b))
    .map(([group, members]) => ({
      group,
      actions: members.sort(([a], [b]) => a.order - b.order).map(([, action]) => action),
    }));
}
