import { expect, test } from "vitest";
import { drawableSide, litBox } from "./drawing";

test.each([
  ["image", [28, 28], 28],
  ["image", [28, 28, 1], 28],
  ["image", [8, 8, 1], 8],
  ["vector", [64], 8],
  ["vector", [784], 28],
  ["image", [32, 32, 3], null],
  ["image", [28, 20, 1], null],
  ["image", [224, 224, 1], null],
  ["vector", [13], null],
  ["vector", [9], null],
  ["tokens", [64], null],
  ["image", [null, null, 1], null],
] as const)("%s samples of %j are drawn with a side of %j", (kind, input_shape, side) => {
  expect(drawableSide({ kind, input_shape: [...input_shape] })).toBe(side);
});

/** RGBA pixels, white where lit. */
function picture(width: number, height: number, lit: [x: number, y: number][]): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (const [x, y] of lit) pixels.fill(255, (y * width + x) * 4, (y * width + x) * 4 + 4);
  return pixels;
}

test("the box holds every lit pixel and no more", () => {
  const pixels = picture(6, 5, [
    [2, 1],
    [4, 3],
  ]);
  expect(litBox(pixels, 6)).toEqual({ left: 2, top: 1, width: 3, height: 3 });
  expect(litBox(picture(4, 4, []), 4)).toBeNull();
});
