/** The network as a figure, as it will be exported: live, zoomed by buttons, its boxes selecting layers. */
import { ActionIcon, SegmentedControl, Tooltip, useComputedColorScheme } from "@mantine/core";
import { IconMaximize, IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDocument } from "../document";
import { useView } from "../state/view";
import { getText } from "../wire/client";
import classes from "./dock.module.css";
import { useLive } from "./live";
import { Obstacles } from "./Obstacles";
import { pick } from "./pick";

const STYLES = ["diagram", "volumes"] as const;
const STEP = 1.25;

export function FigurePane() {
  const { t } = useTranslation("dock");
  const { id } = useDocument();
  const theme = useComputedColorScheme("light");
  const [style, setStyle] = useState<(typeof STYLES)[number]>("diagram");
  /** null: as large as fits the width. */
  const [zoom, setZoom] = useState<number | null>(null);
  const load = useCallback(
    (signal: AbortSignal) => getText(`/api/networks/${id}/figure?style=${style}&theme=${theme}`, { signal }),
    [id, style, theme],
  );
  const { data, error, waiting } = useLive(load);
  const selection = useView((view) => view.selection);
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const element = holder.current;
    if (!element || data === null) return;
    const { documentElement: figure } = new DOMParser().parseFromString(data, "image/svg+xml");
    for (const script of figure.querySelectorAll("script, foreignObject")) script.remove();
    setWidth(Number.parseFloat(figure.getAttribute("width") ?? "0"));
    element.replaceChildren(document.importNode(figure, true));
  }, [data]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new figure has nothing marked.
  useEffect(() => {
    for (const part of holder.current?.querySelectorAll<SVGElement>("[data-node]") ?? [])
      part.toggleAttribute("data-selected", selection.has(part.dataset.node ?? ""));
  }, [selection, data]);

  const scale = zoom ?? 1;
  const buttons = [
    { name: "zoomOut", Icon: IconZoomOut, run: () => setZoom(scale / STEP) },
    { name: "zoomIn", Icon: IconZoomIn, run: () => setZoom(scale * STEP) },
    { name: "fit", Icon: IconMaximize, run: () => setZoom(null) },
  ];
  return (
    <div className={classes.pane} data-waiting={waiting || undefined} data-testid="figure-pane">
      <div className={classes.figureBar}>
        <SegmentedControl
          size="xs"
          value={style}
          onChange={(value) => setStyle(value as (typeof STYLES)[number])}
          data={STYLES.map((value) => ({ value, label: t(`style.${value}`) }))}
          aria-label={t("figure")}
        />
        <span className={classes.spacer} />
        {buttons.map(({ name, Icon, run }) => (
          <Tooltip key={name} label={t(name)}>
            <ActionIcon variant="subtle" color="gray" size={26} aria-label={t(name)} onClick={run}>
              <Icon size={15} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        ))}
      </div>
      {error ? <Obstacles error={error} /> : null}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the canvas is what the keyboard selects on. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a picture, a click is a short cut. */}
      <div
        ref={holder}
        className={classes.figure}
        hidden={error !== null}
        style={{ "--figure-width": zoom === null ? "auto" : `${width * scale}px` }}
        onClick={(event) => {
          const node = (event.target as Element).closest<SVGElement>("[data-node]")?.dataset.node;
          if (node) pick(node);
        }}
      />
    </div>
  );
}
