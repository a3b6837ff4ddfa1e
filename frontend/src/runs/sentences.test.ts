import { expect, test } from "vitest";
import { translateSentence } from "./sentences";

test.each([
  ["Each image of 28 × 28 is flattened to 784 values.", "每个 28 × 28 的图像展平为 784 个数值。"],
  ["Each sample of 784 values is folded to 28 × 28.", "每个含 784 个数值的样本变形为 28 × 28。"],
  ["Fetched on first use (170 MB).", "首次使用时下载（170 MB）。"],
  ["Training failed: ValueError: a\nb", "训练失败：ValueError: a\nb"],
  ["The memory ran out in dense_1 at a batch size of 512.", "批大小为 512 时，在 dense_1 层内存不足。"],
  ["The memory ran out at a batch size of 512.", "批大小为 512 时内存不足。"],
])("%s reads %s", (english, chinese) => {
  expect(translateSentence(english, "zh-Hans")).toBe(chinese);
  expect(translateSentence(english, "en")).toBe(english);
});

test("a sentence that is not known stays", () => {
  expect(translateSentence("Something new.", "zh-Hans")).toBe("Something new.");
});

const files = import.meta.glob<{ sentences: { [template: string]: string } }>("./sentences/*.json", {
  eager: true,
  import: "default",
});
const placeholders = (text: string) => [...text.matchAll(/{(\w+)}/g)].map(([, name]) => name).sort();

test.each(Object.entries(files))(
  "every translation in %s uses the values of its template",
  (_, { sentences }) => {
    for (const [template, translated] of Object.entries(sentences)) {
      expect([translated, placeholders(translated)]).toEqual([translated, placeholders(template)]);
    }
  },
);
