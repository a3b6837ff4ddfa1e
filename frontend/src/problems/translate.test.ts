import { beforeAll, describe, expect, it } from "vitest";
import { loadExtraTexts } from "../i18n/extra";
import type { Diagnostic } from "../wire/types";
import { problemText } from "./translate";

const diagnostic = (extra: Partial<Diagnostic>): Diagnostic => ({
  code: "param.type",
  message: "units must be a whole number; got 1.5.",
  hint: "Enter a whole number.",
  severity: "error",
  node: "n1",
  param: "units",
  values: { param: "units", expected: "a whole number", value: "1.5" },
  fix: null,
  inside: [],
  ...extra,
});

describe("the sentences of a problem", () => {
  beforeAll(() => loadExtraTexts("zh-Hans"));

  it("are the server's in English", () => {
    const { message, hint } = diagnostic({});
    expect(problemText(diagnostic({}), "en")).toEqual({ message, hint });
  });
  it("are translated with their values, words included", () => {
    const { message, hint } = problemText(diagnostic({}), "zh-Hans");
    expect(message).toContain("units");
    expect(message).toContain("1.5");
    expect(message + hint).toMatch(/^\P{Script=Latin}*units\P{Script=Latin}*$/u);
  });
  it("stay the server's where a code has no translation", () => {
    const given = diagnostic({ code: "some.thing_new" });
    expect(problemText(given, "zh-Hans").message).toBe(given.message);
  });
  it("stay the server's where a value is missing", () => {
    const given = diagnostic({ values: {} });
    expect(problemText(given, "zh-Hans")).toEqual({ message: given.message, hint: given.hint });
  });
  it("have no hint where the server gives none", () => {
    expect(problemText(diagnostic({ hint: "" }), "zh-Hans").hint).toBe("");
  });
});
