import { describe, expect, it } from "vitest";
import type { WeightsSource } from "../wire/runs";
import { usualWeights } from "./exports";

const source = (id: string): WeightsSource => ({
  id,
  label: id,
  date: "2026-01-01",
  count: 1,
  complete: true,
  lacking: [],
});

describe("usualWeights", () => {
  it.each([
    ["none where there are none", [], ""],
    ["those that came with the network", ["imported"], "imported"],
    ["those learnt last", ["latest", "earlier"], "latest"],
    ["what was learnt rather than what it was learnt from", ["imported", "latest", "earlier"], "latest"],
  ])("takes %s", (_, ids, taken) => {
    expect(usualWeights(ids.map(source))).toBe(taken);
  });
});
