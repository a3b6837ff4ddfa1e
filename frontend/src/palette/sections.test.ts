/** What a newcomer sees of the palette first. */
import { expect, it } from "vitest";
import type { Catalog, CatalogEntry, LayerSchema } from "../wire/types";
import { sectionsOf } from "./sections";

const KERAS = "https://keras.io/api/layers/";
const CAFFE = "https://caffe.example/tutorial/layers/";

function catalogOf(entries: [id: string, category: string, source: string][]): Catalog {
  const ids = [...new Set(entries.map(([, category]) => category))];
  return {
    version: "1",
    categories: [...ids, "empty"].map((id) => ({ id, label: { en: id, zh: id } })),
    entries: entries.map(
      ([id, category]): CatalogEntry => ({
        id,
        category,
        label: { en: id, zh: id },
        layer: id,
        params: {},
        keywords: [],
        family: null,
        description: "",
      }),
    ),
    layers: Object.fromEntries(entries.map(([id, , source]) => [id, { name: id, source } as LayerSchema])),
    families: {},
  };
}

it("shows what Keras has, keeps what only Caffe has for those who ask, and closes what is special", () => {
  const sections = sectionsOf(
    catalogOf([
      ["Silence", "utility", CAFFE],
      ["Flatten", "utility", KERAS],
      ["HingeLoss", "loss", CAFFE],
      ["Attention", "attention", KERAS],
    ]),
  );
  const brief = sections.map(({ id, entries, more, open }) => [
    id,
    entries.map((entry) => entry.id),
    more.map((entry) => entry.id),
    open,
  ]);
  expect(brief).toEqual([
    ["utility", ["Flatten"], ["Silence"], true],
    ["loss", ["HingeLoss"], [], false],
    ["attention", ["Attention"], [], false],
  ]);
});
