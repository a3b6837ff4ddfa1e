import { beforeAll, expect, test } from "vitest";
import { loadExtraTexts } from "../i18n/extra";
import { inLanguage } from "./formats";

beforeAll(() => loadExtraTexts("zh-Hans"));

const named = (name: string) => ({ name, label: "Its label", description: "What it is for.", order: 7 });

test.each([
  ["a format with a name of its own", "notebook", "zh-Hans", "Jupyter 笔记本", /笔记本/],
  ["a format that is called the same everywhere", "onnx", "zh-Hans", "Its label", /权重/],
  ["a format without a translation", "brand_new", "zh-Hans", "Its label", /^What it is for\.$/],
  ["any format in English", "notebook", "en", "Its label", /^What it is for\.$/],
])("%s is told in the page's language, else as the server says", (_, name, language, label, description) => {
  const told = inLanguage(named(name), language);
  expect(told).toMatchObject({ name, label, order: 7 });
  expect(told.description).toMatch(description);
});
