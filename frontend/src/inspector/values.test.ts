import { describe, expect, it } from "vitest";
import type { ParamSchema } from "../wire/types";
import {
  parseInteger,
  parseIntegers,
  parseNumber,
  parseNumbers,
  parseShape,
  sameValue,
  step,
  textOf,
} from "./values";

const schema = (extra: Partial<ParamSchema>): ParamSchema => ({
  name: "p",
  kind: "int",
  required: false,
  nullable: false,
  help: "",
  ...extra,
});

describe("numbers", () => {
  it.each([
    ["512", 512],
    [" 1_024 ", 1024],
    ["−3", -3],
    ["５１２", 512],
  ])("reads the whole number %j", (text, value) => {
    expect(parseInteger(text)).toEqual({ ok: true, value });
  });
  it.each(["1.5", "3x3", "abc", "1e400", "99999999999999999999"])("refuses %j as a whole number", (text) => {
    expect(parseInteger(text)).toEqual({ ok: false, reason: "integer" });
  });
  it.each([
    ["0.2", 0.2],
    [".2", 0.2],
    ["0,2", 0.2],
    ["1e-7", 1e-7],
  ])("reads the number %j", (text, value) => {
    expect(parseNumber(text)).toEqual({ ok: true, value });
  });
  it("says that a value is missing", () => {
    expect(parseNumber("  ")).toEqual({ ok: false, reason: "required" });
  });
});

describe("one number for each axis", () => {
  it.each([
    ["3", [3, 3]],
    ["3,5", [3, 5]],
    ["3x5", [3, 5]],
    ["3 × 5", [3, 5]],
    ["(3, 5)", [3, 5]],
    ["3，5", [3, 5]],
  ])("reads %j", (text, value) => {
    expect(parseIntegers(text, 2)).toEqual({ ok: true, value });
  });
  it("refuses a wrong count", () => {
    expect(parseIntegers("3,3,3", 2).ok).toBe(false);
  });
});

describe("lists of numbers", () => {
  it.each([
    ["-0.2, 0.3", false, [-0.2, 0.3]],
    ["0.5", false, [0.5]],
    ["0.5", true, 0.5],
    ["[1, 2, 3]", true, [1, 2, 3]],
  ])("reads %j (alone: %s)", (text, single, value) => {
    expect(parseNumbers(text, schema({ kind: "numbers", single }))).toEqual({ ok: true, value });
  });
  it("refuses what is no number, and fractions where whole ones are wanted", () => {
    expect(parseNumbers("1, a", schema({ kind: "numbers" })).ok).toBe(false);
    expect(parseNumbers("1.5", schema({ kind: "numbers", whole: true })).ok).toBe(false);
  });
});

describe("shapes", () => {
  it.each([
    ["28, 28, 1", [28, 28, 1]],
    ["(?, 64)", [null, 64]],
    ["None, 64", [null, 64]],
    ["784", [784]],
    ["784,", [784]],
    ["", []],
    ["7*7*-1", [7, 7, -1]],
  ])("reads %j", (text, value) => {
    expect(parseShape(text)).toEqual({ ok: true, value });
  });
  it("refuses words", () => {
    expect(parseShape("28, wide").ok).toBe(false);
  });
  it("reads back what it writes", () => {
    const shape = [null, 28, 28, 1];
    expect(parseShape(textOf(shape))).toEqual({ ok: true, value: shape });
  });
});

describe("stepping", () => {
  it.each([
    [0.2, 1, 1, 0.3],
    [0.3, 1, -1, 0.2],
    [0.001, 1, 1, 0.002],
    [0, 1, 1, 0.1],
  ])("moves %j by the size of the value", (value, factor, direction, expected) => {
    expect(step(value, direction as 1 | -1, factor, schema({ kind: "float" }))).toBe(expected);
  });
  it("stays within the limits", () => {
    expect(step(1, -1, 10, schema({ minimum: 1 }))).toBe(1);
    expect(step(0.95, 1, 1, schema({ kind: "float", maximum: 1 }))).toBe(1);
  });
});

describe("equality of values", () => {
  it("looks into lists and objects", () => {
    expect(sameValue({ type: "L2", l2: 0.01 }, { l2: 0.01, type: "L2" })).toBe(true);
    expect(sameValue([1, null], [1, null])).toBe(true);
    expect(sameValue({ type: "L2" }, { type: "L2", l2: 0.01 })).toBe(false);
    expect(sameValue([1], { 0: 1 })).toBe(false);
  });
});
