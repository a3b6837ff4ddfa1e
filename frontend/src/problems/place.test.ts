import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../wire/types";
import { isAt, pathOf, problemBehind, wayText } from "./place";

const problem = (path: string, message = path): Diagnostic => {
  const [node = null, ...steps] = path.split("/").filter(Boolean);
  const inside = steps.map((step) => {
    const [id = "", copy] = step.split("#");
    return { node: id, name: `the ${id}`, copy: copy ? Number(copy) : null };
  });
  return {
    code: "some.problem",
    message,
    hint: "",
    severity: "error",
    node,
    param: null,
    values: {},
    fix: null,
    inside,
  };
};
const t = ((_: string, { copy }: { copy: number }) => `copy ${copy}`) as never;

describe("the place of a problem", () => {
  it("is the way through the blocks it is in", () => {
    expect(pathOf(problem("body/deep#2/conv"))).toEqual(["body", "deep", "conv"]);
    expect(pathOf(problem(""))).toEqual([]);
  });
  it("is said with names, and with the copy where there are several", () => {
    expect(wayText(t, problem("body/deep#2/conv"))).toBe("copy 2 › the deep › the conv");
    expect(wayText(t, problem("body"))).toBe("");
  });
  it("is where one is when its blocks are open and its node is selected", () => {
    const found = problem("body/deep/conv");
    expect(isAt(found, ["body", "deep"], new Set(["conv"]))).toBe(true);
    expect(isAt(found, ["body"], new Set(["deep"]))).toBe(false);
    expect(isAt(found, [], new Set(["conv"]))).toBe(false);
    expect(isAt(problem(""), [], new Set())).toBe(false);
  });
});

describe("going to the next problem", () => {
  const list = [problem(""), problem("a", "one"), problem("a/x"), problem("b"), problem("a", "two")];

  it("stops once at each place, and starts again at the end", () => {
    const seen: string[] = [];
    let [inside, selection] = [[] as string[], new Set<string>()];
    for (let step = 0; step < 5; step++) {
      const next = problemBehind(list, inside, selection);
      const path = next ? pathOf(next) : [];
      seen.push(path.join("/"));
      selection = new Set(path.slice(-1));
      inside = path.slice(0, -1);
    }
    expect(seen).toEqual(["a", "a/x", "b", "a", "a/x"]);
  });
  it("has nowhere to go where no problem has a place", () => {
    expect(problemBehind([problem("")], [], new Set())).toBeUndefined();
  });
});
