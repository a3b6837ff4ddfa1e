/** Notices, fetched with the first: most visits have none. */
import type { ApiError } from "../wire/client";
import type { Diagnostic } from "../wire/types";

const notices = () => import("./notices");

export const succeed = (message: string, undo?: () => void): void =>
  void notices().then(({ succeed }) => succeed(message, undo));

export const caution = (title: string, diagnostics: readonly Diagnostic[]): void =>
  void notices().then(({ caution }) => caution(title, diagnostics));

export const fail = (title: string, error: ApiError): void =>
  void notices().then(({ fail }) => fail(title, error));
