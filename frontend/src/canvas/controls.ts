/** Lets the rest of the page steer the canvas, and keeps the level of detail with the zoom. */
import { type ReactFlowInstance, useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import { type NetworkDocument, useDocument } from "../document";
import { type Box, boundsOf, NODE_HEIGHT, NODE_WIDTH } from "../editing/geometry";
import { type CanvasControls, type Detail, useCanvas } from "../state/canvas";
import type { GraphNode, Position } from "../wire/types";
import { glide } from "./motion";

export const MIN_ZOOM = 0.05;
export const MAX_ZOOM = 2.5;
/** Below this, text is a blur: only names stay, larger. */
const FAR = 0.45;
const TINY = 0.2;
/** A network is not blown up to fill the canvas. */
const FIT_MAX_ZOOM = 1.1;
/** On opening, a long network starts at its top rather than as a thread. */
const OPEN_MIN_ZOOM = 0.75;
const STEP_MS = 140;
const MARGIN = 48;

type Flow = Pick<ReactFlowInstance, "zoomIn" | "zoomOut" | "zoomTo" | "getViewport" | "setViewport">;

function motion(): { duration: number } {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return { duration: still ? 0 : STEP_MS };
}

/** Provides `useCanvas().controls` while the canvas is shown. */
export function useControls(container: RefObject<HTMLDivElement | null>): void {
  const document = useDocument();
  const flow = useReactFlow();
  const pointer = useRef<[number, number] | null>(null);

  useEffect(() => {
    const element = container.current;
    if (!element) return;
    const onMove = (event: PointerEvent) => {
      pointer.current = [event.clientX, event.clientY];
    };
    const onLeave = () => {
      pointer.current = null;
    };
    element.addEventListener("pointermove", onMove);
    element.addEventListener("pointerleave", onLeave);
    const toCanvas = ([x, y]: [number, number]): Position => {
      const place = flow.screenToFlowPosition({ x, y });
      return [place.x, place.y];
    };
    const controls: CanvasControls = {
      fit: (ids) => void flow.setViewport(fitting(document, element, ids), motion()),
      zoomIn: () => void flow.zoomIn(motion()),
      zoomOut: () => void flow.zoomOut(motion()),
      zoomTo: (zoom) => void flow.zoomTo(zoom, motion()),
      reveal: (ids) => reveal(flow, document, element, ids),
      glideFrom: (places) => glide(places, (id) => document.graph.nodes.get(id)?.position),
      centre: () => {
        const { left, top, width, height } = element.getBoundingClientRect();
        return toCanvas([left + width / 2, top + height / 2]);
      },
      pointer: () => (pointer.current ? toCanvas(pointer.current) : null),
      focus: () => element.focus({ preventScroll: true }),
    };
    useCanvas.setState({ controls });
    // A panel that opens beside the canvas must not cover what is looked at: the middle stays the middle.
    let width = element.clientWidth;
    const observer = new ResizeObserver(() => {
      const change = element.clientWidth - width;
      width += change;
      const { x, y, zoom } = flow.getViewport();
      if (change !== 0) void flow.setViewport({ x: x + change / 2, y, zoom });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      element.removeEventListener("pointermove", onMove);
      element.removeEventListener("pointerleave", onLeave);
      useCanvas.setState({ controls: null });
    };
  }, [container, document, flow]);
}

/** Shows the whole network when its content arrives; a long one from its top. */
export function openingViewport(document: NetworkDocument, element: HTMLElement) {
  const whole = fitting(document, element);
  const nodes = [...document.graph.nodes.values()];
  const bounds = boundsOf(nodes);
  if (!bounds || whole.zoom >= OPEN_MIN_ZOOM) return whole;
  const zoom = OPEN_MIN_ZOOM;
  // What stands at the top may stand beside the middle of the whole, or far apart.
  const above = (height: number) => nodes.filter(({ position }) => position[1] <= bounds.y + height);
  const middle = bounds.x + (bounds.width - NODE_WIDTH) / 2;
  const away = ({ position }: GraphNode) => Math.abs(position[0] - middle);
  const first = above(NODE_HEIGHT).sort((one, other) => away(one) - away(other));
  const rows = [above(element.clientHeight / zoom), first, first.slice(0, 1)].map(boundsOf);
  const room = (element.clientWidth - 2 * MARGIN) / zoom;
  const top = rows.find((row) => row && row.width <= room) ?? bounds;
  const x = element.clientWidth / 2 - (top.x + top.width / 2) * zoom;
  return { x, y: MARGIN - bounds.y * zoom, zoom };
}

function boxOf(document: NetworkDocument, ids?: Iterable<string>): Box | null {
  const { nodes } = document.graph;
  return boundsOf(ids ? [...ids].flatMap((id) => nodes.get(id) ?? []) : nodes.values());
}

function fitting(document: NetworkDocument, element: HTMLElement, ids?: Iterable<string>) {
  const { clientWidth: width, clientHeight: height } = element;
  const box = boxOf(document, ids);
  if (!box) return { x: width / 2, y: height / 3, zoom: 1 };
  const room = Math.min((width - 2 * MARGIN) / box.width, (height - 2 * MARGIN) / box.height);
  const zoom = Math.max(MIN_ZOOM, Math.min(FIT_MAX_ZOOM, room));
  return {
    x: width / 2 - (box.x + box.width / 2) * zoom,
    y: height / 2 - (box.y + box.height / 2) * zoom,
    zoom,
  };
}

/** Moves no more than is needed to see the nodes, with some room around. */
function reveal(flow: Flow, document: NetworkDocument, element: HTMLElement, ids: Iterable<string>): void {
  const box = boxOf(document, ids);
  if (!box) return;
  const { x, y, zoom } = flow.getViewport();
  const { clientWidth: width, clientHeight: height } = element;
  const room = Math.min(NODE_HEIGHT, height / 6);
  const shift = (start: number, size: number, offset: number, visible: number) => {
    const [low, high] = [start * zoom + offset, (start + size) * zoom + offset];
    if (low < room || high - low > visible - 2 * room) return room - low;
    return high > visible - room ? visible - room - high : 0;
  };
  const dx = shift(box.x, Math.max(box.width, NODE_WIDTH), x, width);
  const dy = shift(box.y, box.height, y, height);
  if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, motion());
}

/** Tells nodes, edges and styles what can be read at this zoom, so that the rest is not drawn. */
export function showDetail(element: HTMLElement | null, zoom: number): void {
  const detail: Detail = zoom < TINY ? "tiny" : zoom < FAR ? "far" : "near";
  if (element) element.dataset.detail = detail;
  const known = useCanvas.getState();
  if (known.zoom !== zoom) useCanvas.setState({ zoom, detail });
}
