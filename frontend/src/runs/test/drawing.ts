/** Drawings by hand made like the images of a data set: as thick, as large, and in the middle. */
import type { Dataset } from "../../wire/runs";

const SMALLEST = 8;
const LARGEST = 64;

/** Pixels of a side where samples are small square grey images (or such an image as a row); null where they are not. */
export function drawableSide({ kind, input_shape }: Pick<Dataset, "kind" | "input_shape">): number | null {
  if (kind === "tokens") return null;
  const [first, second, channels = 1] = input_shape;
  if (typeof first !== "number") return null;
  const side =
    input_shape.length === 1 ? Math.sqrt(first) : second === first && channels === 1 ? first : Number.NaN;
  return Number.isInteger(side) && side >= SMALLEST && side <= LARGEST ? side : null;
}

/** Very small images spend all their pixels on the figure; larger ones leave it a margin, as MNIST's 20 of 28 do. */
const isTiny = (side: number) => side < 16;
const figureShare = (side: number) => (isTiny(side) ? 1 : 20 / 28);

/** The pen's width on a pad of `size` pixels, so that a line becomes as thick as those of the data. */
export const penWidth = (size: number, side: number): number => (size / side) * (isTiny(side) ? 1.3 : 2.2);

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The smallest box around what is lit in RGBA pixels; null where nothing is. */
export function litBox(pixels: Uint8ClampedArray, width: number): Box | null {
  let [left, top, right, bottom] = [width, Number.POSITIVE_INFINITY, -1, -1];
  for (let i = 0; i < pixels.length; i += 4) {
    if ((pixels[i] ?? 0) < 32) continue;
    const x = (i / 4) % width;
    const y = Math.floor(i / 4 / width);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** A copy of a drawing with its figure in the middle, as large as the figures of the data. */
export function centred(drawing: HTMLCanvasElement, side: number): HTMLCanvasElement {
  const size = drawing.width;
  const box = litBox(
    drawing.getContext("2d")?.getImageData(0, 0, size, size).data ?? new Uint8ClampedArray(),
    size,
  );
  const copy = document.createElement("canvas");
  copy.width = size;
  copy.height = size;
  const pen = copy.getContext("2d");
  if (!pen || !box) return drawing;
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, size, size);
  const scale = (size * figureShare(side)) / Math.max(box.width, box.height);
  const [width, height] = [box.width * scale, box.height * scale];
  pen.drawImage(
    drawing,
    box.left,
    box.top,
    box.width,
    box.height,
    (size - width) / 2,
    (size - height) / 2,
    width,
    height,
  );
  return copy;
}
