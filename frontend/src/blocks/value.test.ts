import { describe, expect, it } from "vitest";
import { parseParamName } from "./value";

describe("the name of a parameter", () => {
  it.each<[string, ReturnType<typeof parseParamName>]>([
    ["width", { ok: true, value: "width" }],
    [" own ", { ok: true, value: "own" }],
    ["If", { ok: true, value: "If" }],
    ["2n", { ok: false, reason: "nameShape" }],
    ["", { ok: false, reason: "nameShape" }],
    ["n", { ok: false, reason: "nameTaken" }],
    ["if", { ok: false, reason: "nameReserved" }],
    ["and", { ok: false, reason: "nameReserved" }],
    ["lambda", { ok: false, reason: "nameReserved" }],
    ["True", { ok: false, reason: "nameReserved" }],
  ])("can be said in expressions: %j", (text, parsed) => {
    expect(parseParamName(text, "own", ["own", "n"])).toEqual(parsed);
  });
});
