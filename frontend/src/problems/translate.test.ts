import { beforeAll, describe, expect, it } from "vitest";
import { loadExtraTexts } from "../i18n/extra";
import type { Diagnostic, Edit, Fix, GraphNode, Params } from "../wire/types";
import { fixLabel, fixReach, problemText } from "./translate";

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

describe("what a fix does", () => {
  const t = ((key: string, values: object) => `${key} ${Object.values(values).join()}`) as never;
  const node = (type: string, params: Params): GraphNode => ({
    id: "n",
    type,
    name: "n",
    params,
    position: [0, 0],
    phase: "both",
    shares: null,
    note: "",
  });
  const fix = (...edits: Edit[]): Fix => ({ label: "the server's", edits });

  it.each<[string, Fix]>([
    [
      "problems:fix.insert Reshape 28×28×1",
      fix({ op: "add_node", node: node("Reshape", { target_shape: [28, 28, 1] }) }),
    ],
    [
      "problems:fix.insert Reshape ?×84",
      fix({ op: "add_node", node: node("Reshape", { target_shape: [-1, 84] }) }),
    ],
    ["problems:fix.insert Flatten", fix({ op: "add_node", node: node("Flatten", {}) })],
    [
      "problems:fix.switch Conv2D",
      fix({ op: "edit_block", name: "b", edits: [{ op: "set_type", id: "n", type: "Conv2D", params: {} }] }),
    ],
    ["the server's", fix({ op: "remove_node", id: "n" }, { op: "remove_node", id: "m" })],
  ])("is said as %s", (label, given) => expect(fixLabel(t, given)).toBe(label));

  it("reaches as far as the block it is made in", () => {
    expect(fixReach(t, fix({ op: "edit_block", name: "b", edits: [] }))).toBe("problems:fix.inBlock b");
    expect(fixReach(t, fix({ op: "remove_node", id: "n" }))).toBeUndefined();
  });
});
