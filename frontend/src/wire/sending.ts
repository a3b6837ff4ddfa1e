/** Sends files with progress, which fetch cannot tell. */
import { ApiError, readError } from "./client";

export interface SendOptions {
  /** Told the share that has been sent, 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** Posts files under the field `file`; resolves once the server has read and accepted them. */
export function sendFiles<T>(
  path: string,
  files: readonly File[],
  { onProgress, signal }: SendOptions = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    for (const file of files) form.append("file", file);
    request.open("POST", path);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.upload.onload = () => onProgress?.(1);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        try {
          resolve(JSON.parse(request.responseText) as T);
        } catch {
          reject(new ApiError(request.status, "http.unreadable", request.statusText));
        }
      } else {
        const { status, statusText, responseText } = request;
        void readError(new Response(responseText, { status, statusText })).then(reject);
      }
    };
    request.onerror = () => reject(new ApiError(0, "network.unreachable", "The server does not answer."));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
