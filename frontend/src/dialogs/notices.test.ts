// @vitest-environment jsdom
import { notificationsStore } from "@mantine/notifications";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError } from "../wire/client";
import { caution, fail, forgetOthers, succeed } from "./notices";

const standing = () => {
  const { notifications, queue } = notificationsStore.getState();
  return [...notifications, ...queue].map(({ title, message, autoClose }) =>
    String(title ?? (typeof message === "string" ? message : autoClose)),
  );
};
const error = new ApiError(400, "some.thing", "no");

describe("notices", () => {
  afterEach(() => {
    window.history.replaceState(null, "", "/");
    notificationsStore.setState({ ...notificationsStore.getState(), notifications: [], queue: [] });
  });

  it("stand once for each kind, the latest", () => {
    for (const number of [1, 2, 3, 4]) succeed(`saved ${number}`);
    for (const number of [1, 2]) caution(`inexact ${number}`, []);
    for (const number of [1, 2]) fail(`failed ${number}`, error);
    expect(standing()).toEqual(["saved 4", "inexact 2", "failed 2"]);
  });

  it("go with the page they were said on, but for the way back", () => {
    window.history.replaceState(null, "", "/networks/a");
    caution("of a", []);
    for (const name of ["a", "b"]) succeed(`deleted ${name}`, () => undefined);
    succeed("saved");
    window.history.replaceState(null, "", "/networks/b");
    fail("of b", error);
    forgetOthers("/networks/b");
    expect(standing()).toEqual(["10000", "10000", "of b"]);
  });
});
