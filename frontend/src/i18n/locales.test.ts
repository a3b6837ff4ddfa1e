import { describe, expect, it } from "vitest";

const files = import.meta.glob<Record<string, string>>("./locales/*/*.json", {
  eager: true,
  import: "default",
});
const texts = (language: string, namespace: string) => files[`./locales/${language}/${namespace}.json`];
const namespaces = [
  ...new Set(Object.keys(files).map((path) => path.split("/").at(-1)?.replace(".json", "") ?? "")),
];
const placeholders = (text: string) => [...text.matchAll(/{{\s*(\w+)/g)].map((match) => match[1]).sort();
/** Plural forms differ between languages: "layers_one", "layers_other" are the key "layers". */
const stem = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, "");
const stems = (file: Record<string, string>) => [...new Set(Object.keys(file).map(stem))].sort();

describe.each(namespaces)("namespace %s", (namespace) => {
  const en = texts("en", namespace) ?? {};
  const zh = texts("zh-Hans", namespace) ?? {};

  it("has the same keys in both languages", () => {
    expect(stems(zh)).toEqual(stems(en));
  });

  it("has no empty text", () => {
    expect(Object.entries({ ...en, ...zh }).filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("has the same placeholders in both languages", () => {
    for (const [key, text] of Object.entries(zh)) {
      const english = en[key] ?? en[`${stem(key)}_other`] ?? "";
      expect([key, placeholders(text)]).toEqual([key, placeholders(english)]);
    }
  });
});
