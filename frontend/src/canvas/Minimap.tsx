/** The whole network, small: drawn on one <canvas> from the document. Press or drag to look elsewhere. */

import { useMantineColorScheme } from "@mantine/core";
import { useReactFlow, useViewport } from "@xyflow/react";
import { type PointerEvent, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useGraph } from "../document";
import { type Box, boundsOf, NODE_HEIGHT, NODE_WIDTH } from "../editing/geometry";
import { useAnalysis } from "../state/analysis";
import { useCatalogStore } from "../state/catalog";
import { useView } from "../state/view";
import { categoryColor } from "../theme/category";
import classes from "./Minimap.module.css";
import { useMotion } from "./motion";

const WIDTH = 168;
const HEIGHT = 120;
const PADDING = 8;

interface Scale {
  zoom: number;
  x: number;
  y: number;
}

export function Minimap() {
  const { t } = useTranslation("canvas");
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = useRef<Scale>({ zoom: 1, x: 0, y: 0 });
  const flow = useReactFlow();
  const viewport = useViewport();
  const graph = useGraph();
  const catalog = useCatalogStore((state) => state.catalog);
  const diagnostics = useAnalysis((state) => (state.inside ?? state).diagnostics);
  const selection = useView((view) => view.selection);
  const moved = useMotion((state) => state.moved);
  const { colorScheme } = useMantineColorScheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes what the CSS variables say.
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    const pane = element?.parentElement;
    if (!element || !pen || !pane) return;
    const frame = requestAnimationFrame(() => {
      const density = window.devicePixelRatio || 1;
      element.width = WIDTH * density;
      element.height = HEIGHT * density;
      const style = getComputedStyle(element);
      const color = colorReader(style);
      const view: Box = {
        x: -viewport.x / viewport.zoom,
        y: -viewport.y / viewport.zoom,
        width: pane.clientWidth / viewport.zoom,
        height: pane.clientHeight / viewport.zoom,
      };
      const now = scaleFor(union(boundsOf(graph.nodes.values()) ?? view, view));
      scale.current = now;
      pen.setTransform(density * now.zoom, 0, 0, density * now.zoom, density * now.x, density * now.y);
      const radius = Math.min(NODE_HEIGHT / 4, 2 / now.zoom);
      for (const node of graph.nodes.values()) {
        const [x, y] = moved.get(node.id) ?? node.position;
        const wrong = diagnostics.get(node.id)?.some(({ severity }) => severity === "error");
        const category = categoryColor(catalog?.layers[node.type]?.category ?? "");
        pen.fillStyle = color(
          wrong ? "var(--vn-error)" : selection.has(node.id) ? "var(--vn-accent)" : category,
        );
        pen.globalAlpha = wrong || selection.has(node.id) ? 1 : 0.7;
        pen.beginPath();
        pen.roundRect(x, y, NODE_WIDTH, NODE_HEIGHT, radius);
        pen.fill();
      }
      pen.globalAlpha = 1;
      pen.lineWidth = 1.5 / now.zoom;
      pen.strokeStyle = color("var(--vn-accent)");
      pen.strokeRect(view.x, view.y, view.width, view.height);
    });
    return () => cancelAnimationFrame(frame);
  }, [graph, catalog, diagnostics, selection, moved, viewport, colorScheme]);

  const look = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.type === "pointerdown") event.currentTarget.setPointerCapture(event.pointerId);
    else if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    const { zoom, x, y } = scale.current;
    const at = [(event.clientX - box.left - x) / zoom, (event.clientY - box.top - y) / zoom] as const;
    void flow.setCenter(at[0], at[1], { zoom: viewport.zoom });
  };

  if (graph.nodes.size === 0) return null;
  return (
    <canvas
      ref={canvas}
      className={classes.minimap}
      style={{ width: WIDTH, height: HEIGHT }}
      role="img"
      aria-label={t("minimap")}
      data-testid="minimap"
      onPointerDown={look}
      onPointerMove={look}
    />
  );
}

function union(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

function scaleFor(box: Box): Scale {
  const zoom = Math.min((WIDTH - 2 * PADDING) / box.width, (HEIGHT - 2 * PADDING) / box.height, 0.12);
  return {
    zoom,
    x: WIDTH / 2 - (box.x + box.width / 2) * zoom,
    y: HEIGHT / 2 - (box.y + box.height / 2) * zoom,
  };
}

/** A <canvas> knows no CSS variables: resolves "var(--a, var(--b))" by hand, once for each. */
function colorReader(style: CSSStyleDeclaration): (value: string) => string {
  const known = new Map<string, string>();
  return (value) => {
    const found = known.get(value);
    if (found) return found;
    let color = "";
    for (const [, name] of value.matchAll(/(--[\w-]+)/g)) color ||= style.getPropertyValue(name ?? "").trim();
    known.set(value, color);
    return color;
  };
}
