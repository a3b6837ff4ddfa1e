/** The HTTP side of the wire: JSON in, JSON out, and every failure as one kind of error. */
import type { Diagnostic, ErrorBody } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string = "",
    readonly diagnostics: Diagnostic[] = [],
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Anything thrown as an error that can be shown. */
export const toApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, "page.unexpected", String(error));

interface RequestOptions {
  signal?: AbortSignal;
}

function isErrorBody(body: unknown): body is ErrorBody {
  const error = (body as ErrorBody | null)?.error;
  return typeof error === "object" && error !== null && typeof error.message === "string";
}

/** Reads the server's one error shape; `code` is "http.<status>" where the answer has another. */
export async function readError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  if (isErrorBody(body)) {
    const { code, message, hint, diagnostics } = body.error;
    return new ApiError(response.status, code, message, hint ?? "", diagnostics ?? []);
  }
  return new ApiError(response.status, `http.${response.status}`, response.statusText);
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "network.unreachable", "The server does not answer.", "Check that it is running.");
  }
  if (!response.ok) throw await readError(response);
  return response;
}

async function request<T>(method: string, path: string, body: unknown, options: RequestOptions): Promise<T> {
  const response = await send(path, {
    method,
    signal: options.signal,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const get = <T>(path: string, options: RequestOptions = {}) =>
  request<T>("GET", path, undefined, options);
/** An answer that is text, such as an exported file. */
export async function getText(path: string, options: RequestOptions = {}): Promise<string> {
  return (await send(path, { method: "GET", signal: options.signal })).text();
}
export const post = <T>(path: string, body: unknown = {}, options: RequestOptions = {}) =>
  request<T>("POST", path, body, options);
export const patch = <T>(path: string, body: unknown, options: RequestOptions = {}) =>
  request<T>("PATCH", path, body, options);
export const del = <T = void>(path: string, options: RequestOptions = {}) =>
  request<T>("DELETE", path, undefined, options);

/** Sends files as multipart; the names are the server's field names. */
export async function upload<T>(
  path: string,
  fields: { [name: string]: Blob | string },
  options: RequestOptions = {},
): Promise<T> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const response = await send(path, { method: "POST", body: form, signal: options.signal });
  return (await response.json()) as T;
}

/** Fetches a file and hands it to the browser's download, under the name the server gives. */
export async function download(path: string): Promise<string> {
  const response = await send(path, { method: "GET" });
  const disposition = response.headers.get("Content-Disposition") ?? "";
  const encoded = /filename\*=(?:UTF-8|utf-8)''([^;]+)/.exec(disposition)?.[1];
  const plain = /filename="?([^";]+)"?/.exec(disposition)?.[1];
  const name = encoded ? decodeURIComponent(encoded) : (plain ?? path.split("/").at(-1) ?? "download");
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
  return name;
}

/** The websocket address of a path on this server. */
export function socketAddress(path: string): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${path}`;
}
