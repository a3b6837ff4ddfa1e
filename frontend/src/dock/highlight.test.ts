import { describe, expect, it } from "vitest";
import { highlight, readLines } from "./highlight";

describe("highlighting", () => {
  it("keeps every sign of the text, in its lines", async () => {
    const text = 'import keras\n"""a < b &\n"c" """\nx = f(1)  # \'d\'\n';
    const lines = await highlight(text, ".py");
    expect(lines?.map((line) => line.map((token) => token.text).join("")).join("\n")).toBe(text);
    expect(lines?.[0]?.[0]).toEqual({ text: "import", kind: "keyword" });
    expect(lines?.[2]?.[0]?.kind).toBe("string");
  });
  it("leaves what it does not know alone", async () => {
    expect(await highlight("graph", ".mmd")).toBeNull();
    expect(readLines("")).toEqual([[]]);
  });
});
