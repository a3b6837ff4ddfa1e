import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { ShortName } from "./ShortName";

/** What stands however little room there is, behind what is cut. */
const parts = (name: string) =>
  [...renderToStaticMarkup(<ShortName name={name} />).matchAll(/>([^<]*)<\/span>/g)].map((found) => found[1]);

it.each([
  ["max_pooling2d_1", "max_pooling2d", "_1"],
  ["batch_normalization_12", "batch_normalization", "_12"],
  ["conv4_block3/relu", "conv4_block3", "/relu"],
  ["batch_normalization", "batch_normaliza", "tion"],
  ["dense", "d", "ense"],
  ["x", "", "x"],
])("of %s keeps the end", (name, start, end) => {
  expect(parts(name).slice(0, 2)).toEqual([start, end]);
});
