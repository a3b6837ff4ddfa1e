import { type ComponentType, Suspense } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { fetchAhead, later } from "./later";

const Menu: ComponentType<{ label: string }> = ({ label }) => <b>{label}</b>;
let asked = 0;
const Later = later(async () => {
  asked += 1;
  return { default: Menu };
});
const Missing = later<object>(() => Promise.reject(new Error("offline")));
const draw = () => renderToStaticMarkup(<Suspense fallback="…">{<Later label="File" />}</Suspense>);

it("is drawn at once when it is here, and what cannot be fetched keeps nothing from coming", async () => {
  expect(asked).toBe(0);
  expect(draw()).not.toContain("File");
  await fetchAhead();
  expect(draw()).toBe("<b>File</b>");
  expect(Missing).toBeDefined();
  const known = asked;
  await fetchAhead();
  expect(asked).toBe(known);
});
