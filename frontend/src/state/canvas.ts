/** The canvas as the rest of the page may steer it; null while none is shown. */
import { create } from "zustand";
import type { Position } from "../wire/types";

export interface CanvasControls {
  fit(nodes?: Iterable<string>): void;
  zoomIn(): void;
  zoomOut(): void;
  zoomTo(zoom: number): void;
  /** Brings nodes into view with as little movement as needed. */
  reveal(nodes: Iterable<string>): void;
  /** Moves nodes, for the eye, from these places to where the document now has them. */
  glideFrom(places: ReadonlyMap<string, Position>): void;
  /** The middle of what is visible, in canvas pixels. */
  centre(): Position;
  /** The pointer, in canvas pixels; null while it is elsewhere. */
  pointer(): Position | null;
  focus(): void;
}

/** What can be read at this zoom: everything, names only, nothing. */
export type Detail = "near" | "far" | "tiny";

interface CanvasState {
  controls: CanvasControls | null;
  /** 1 is one canvas pixel per CSS pixel. */
  zoom: number;
  detail: Detail;
}

export const useCanvas = create<CanvasState>()(() => ({ controls: null, zoom: 1, detail: "near" }));
