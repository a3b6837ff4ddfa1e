/** Sends a data set with progress, which fetch cannot tell. */
import { ApiError, readError } from "../wire/client";
import type { Dataset } from "../wire/runs";

/** Resolves once the server has read and accepted the file. `onProgress` is told the share sent, 0 to 1. */
export function uploadDataset(
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Dataset> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file);
    request.open("POST", "/api/datasets");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.upload.onload = () => onProgress(1);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        try {
          resolve(JSON.parse(request.responseText) as Dataset);
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
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
