/** A pad to draw a digit on; what is drawn is sent a breath after the pen was lifted. */
import { Button } from "@mantine/core";
import { IconEraser } from "@tabler/icons-react";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { centred, penWidth } from "./drawing";
import classes from "./test.module.css";

/** Pixels of the drawing. The server brings it to the size that the network takes. */
const SIZE = 224;
/** A digit may have several strokes. */
const PAUSE_MS = 500;

interface DrawPadProps {
  /** Pixels of a side of the images that the network was taught with. */
  side: number;
  onDrawn: (image: Blob) => void;
  onCleared: () => void;
}

export function DrawPad({ side, onDrawn, onCleared }: DrawPadProps) {
  const { t } = useTranslation("runs");
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<[number, number] | null>(null);
  const timer = useRef<number | undefined>(undefined);
  const [empty, setEmpty] = useState(true);

  const pen = () => canvas.current?.getContext("2d") ?? null;
  const clear = () => {
    window.clearTimeout(timer.current);
    const context = pen();
    if (!context) return;
    // White on black, as the digits that networks are taught with.
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIZE, SIZE);
    setEmpty(true);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pad is cleared once, when it appears
  useEffect(() => {
    clear();
    return () => window.clearTimeout(timer.current);
  }, []);

  const at = (event: PointerEvent<HTMLCanvasElement>): [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
  };
  const draw = (event: PointerEvent<HTMLCanvasElement>) => {
    const context = pen();
    if (!context || !last.current) return;
    const [x, y] = at(event);
    context.strokeStyle = "#fff";
    context.lineWidth = penWidth(SIZE, side);
    context.lineCap = "round";
    context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...last.current);
    context.lineTo(x, y);
    context.stroke();
    last.current = [x, y];
  };
  const onDown = (event: PointerEvent<HTMLCanvasElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    window.clearTimeout(timer.current);
    last.current = at(event);
    setEmpty(false);
    draw(event);
  };
  const onUp = () => {
    if (!last.current) return;
    last.current = null;
    timer.current = window.setTimeout(() => {
      if (canvas.current) centred(canvas.current, side).toBlob((image) => image && onDrawn(image));
    }, PAUSE_MS);
  };
  return (
    <div className={classes.pad}>
      <div className={classes.padFrame}>
        <canvas
          ref={canvas}
          width={SIZE}
          height={SIZE}
          className={classes.padCanvas}
          role="img"
          aria-label={t("draw.label")}
          onPointerDown={onDown}
          onPointerMove={draw}
          onPointerUp={onUp}
          onPointerCancel={onUp}
          data-testid="draw-pad"
        />
        {empty ? <div className={classes.padHint}>{t("draw.hint")}</div> : null}
      </div>
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        leftSection={<IconEraser size={13} />}
        onClick={() => {
          clear();
          onCleared();
        }}
        disabled={empty}
      >
        {t("draw.clear")}
      </Button>
    </div>
  );
}
