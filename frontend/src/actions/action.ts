/** What an action is: one record that buttons, menus, keys and their enabled state all read. */
import type { ComponentType } from "react";
import type { NetworkDocument } from "../document/NetworkDocument";
import type { CanvasControls } from "../state/canvas";
import type { useView } from "../state/view";
import type { Catalog } from "../wire/types";

export interface ActionContext {
  /** null outside the editor. */
  document: NetworkDocument | null;
  catalog: Catalog | null;
  canvas: CanvasControls | null;
  view: ReturnType<typeof useView.getState>;
  navigate(path: string): void;
}

export interface Placement {
  group: string;
  order: number;
}

export interface Action {
  /** Unique; the file's name. */
  id: string;
  /** i18n key, in namespace "actions" unless it names another ("shell:export"). */
  label: string;
  icon?: ComponentType<{ size?: number | string; stroke?: number | string }>;
  /** "mod+z": mod is Ctrl, or Command on a Mac. Several where several keys do. */
  shortcut?: string | readonly string[];
  /** The browser has an event of its own for the shortcut; it is shown, not listened for. */
  native?: boolean;
  /** Where it stands in the application menu. */
  menu?: Placement;
  /** Where it stands in the toolbar. */
  toolbar?: Placement;
  /** Where it stands in the menu of a right click on nodes. */
  nodeMenu?: Placement;
  /** Where it stands in the menu of a right click on empty canvas. */
  canvasMenu?: Placement;
  /** Absent: always. Cheap, called while rendering. */
  enabled?(context: ActionContext): boolean;
  run(context: ActionContext): void | Promise<void>;
}
