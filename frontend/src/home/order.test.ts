import { describe, expect, it } from "vitest";
import type { NetworkSummary } from "../wire/types";
import { arrangeNetworks } from "./order";

const network = (name: string, weights: number, updated: string): NetworkSummary => ({
  id: name,
  name,
  created_at: updated,
  updated_at: updated,
  layers: 1,
  weights,
});
const networks = [
  network("net 10", 5, "2026-01-02T00:00:00Z"),
  network("net 9", 7, "2026-01-03T00:00:00Z"),
  network("LSTM", 6, "2026-01-01T00:00:00Z"),
];
const names = (query: string, by: "name" | "weights" | "updated", descending = false) =>
  arrangeNetworks(networks, query, { by, descending }).map(({ name }) => name);

describe("the list of networks", () => {
  it("counts as people do", () => {
    expect(names("", "name")).toEqual(["LSTM", "net 9", "net 10"]);
  });
  it("shows what was edited last first", () => {
    expect(names("", "updated", true)).toEqual(["net 9", "net 10", "LSTM"]);
  });
  it("finds by a part of the name, whatever its case", () => {
    expect(names(" lst", "weights")).toEqual(["LSTM"]);
  });
});
