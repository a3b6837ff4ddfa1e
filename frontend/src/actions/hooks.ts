/** Running actions from React: context, buttons' enabled state, keyboard. */
import { useCallback, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { useLocation } from "wouter";
import { DocumentContext } from "../document/DocumentProvider";
import { useCanvas } from "../state/canvas";
import { useCatalogStore } from "../state/catalog";
import { useView } from "../state/view";
import type { Action, ActionContext } from "./action";
import { isTyping, matches } from "./keyboard";
import { actions, shortcutsOf } from "./registry";

/** Makes the context an action runs in, from the state of this moment. */
export function useActionContext(): () => ActionContext {
  const document = useContext(DocumentContext);
  const [, navigate] = useLocation();
  return useCallback(
    () => ({
      document,
      catalog: useCatalogStore.getState().catalog,
      canvas: useCanvas.getState().controls,
      view: useView.getState(),
      navigate,
    }),
    [document, navigate],
  );
}

export interface BoundAction {
  action: Action;
  enabled: boolean;
  run(): void;
}

/** An action bound to this place: renders again when its enabled state may have changed. */
export function useAction(action: Action): BoundAction {
  const context = useActionContext();
  const document = useContext(DocumentContext);
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = [useView, useCatalogStore, useCanvas].map((store) => store.subscribe(listener));
      if (document) stops.push(document.subscribeGraph(listener), document.subscribeState(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [document],
  );
  const enabled = useSyncExternalStore(subscribe, () => isEnabled(action, context()));
  return useMemo(
    () => ({ action, enabled, run: () => perform(action, context()) }),
    [action, enabled, context],
  );
}

export function isEnabled(action: Action, context: ActionContext): boolean {
  return action.enabled?.(context) ?? true;
}

/** Runs an action if it is enabled now. */
export function perform(action: Action, context: ActionContext): void {
  if (isEnabled(action, context)) void action.run(context);
}

/** Listens for every action's shortcut while the calling component is shown. */
export function useShortcuts(): void {
  const context = useActionContext();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      for (const action of actions.values()) {
        if (action.native || !shortcutsOf(action).some((shortcut) => matches(shortcut, event))) continue;
        const now = context();
        if (!isEnabled(action, now)) return;
        event.preventDefault();
        void action.run(now);
        return;
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [context]);
}
