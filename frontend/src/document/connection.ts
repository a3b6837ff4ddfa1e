/**
 * The line to the server: y-websocket, our own messages beside it, and what the user should know of its state.
 */
import { type Decoder, readVarString, readVarUint, readVarUint8Array } from "lib0/decoding";
import type { Awareness } from "y-protocols/awareness";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { socketAddress } from "../wire/client";
import type { DocumentMessage } from "../wire/types";

/** Type numbers of y-websocket's messages; 4 is ours: JSON from server to browser. */
const MESSAGE_SYNC = 0;
const MESSAGE_AUTH = 2;
const MESSAGE_JSON = 4;

/** Why the server ended the line for good, by its close code. */
const ENDINGS = {
  4400: "malformed",
  4401: "login",
  4403: "refused",
  4404: "missing",
  4413: "tooLarge",
} as const;
/** More messages than the server takes: what is kept here goes as one when the line is back. */
const CLOSE_TOO_FAST = 4429;

/** malformed: not understood · login: nobody is logged in · refused: not this user's · missing: no such network. */
export type Ending = (typeof ENDINGS)[keyof typeof ENDINGS];

/**
 * connecting: nothing received yet · saved · saving: changes on their way to the database ·
 * offline: the line is down, edits are kept and merge later · tooFast: the same, since the server took a breath.
 */
export type Status = "connecting" | "saved" | "saving" | "offline" | "tooFast" | Ending;

export function isEnding(status: Status): status is Ending {
  return Object.values<Status>(ENDINGS).includes(status);
}

const isFinal = (code: number) => code >= 4400 && code < 4500 && code !== CLOSE_TOO_FAST;

export interface ConnectionEvents {
  status(status: Status): void;
  message(message: DocumentMessage): void;
  readOnly(): void;
  synced(): void;
}

export interface Connection {
  close(): void;
  /** Whether edits exist that the server has not confirmed. */
  readonly unsaved: boolean;
}

export type Connect = (doc: Y.Doc, awareness: Awareness, events: ConnectionEvents) => Connection;

/** Connects a document to its network's socket. */
export function connectTo(networkId: string): Connect {
  return (doc, awareness, events) => {
    let unsaved = false;
    let known = false;
    let ended: Ending | null = null;
    let tooFast = false;

    const provider = new WebsocketProvider(socketAddress("/ws/networks"), networkId, doc, {
      awareness,
      connect: false,
      // The server is the one door: without it, tabs of one browser would agree on edits it refused.
      disableBc: true,
      shouldReconnect: ({ code }) => !isFinal(code),
    });
    const tell = () => {
      if (ended) events.status(ended);
      else if (provider.synced) events.status(unsaved ? "saving" : "saved");
      else if (tooFast) events.status("tooFast");
      else events.status(known ? "offline" : "connecting");
    };
    const onUpdate = (_update: Uint8Array, origin: unknown) => {
      if (origin === provider) return;
      unsaved = true;
      tell();
    };
    doc.on("update", onUpdate);

    provider.messageHandlers[MESSAGE_JSON] = (_encoder, decoder) => {
      const message = JSON.parse(readVarString(decoder)) as DocumentMessage;
      if (message.kind === "saved") {
        unsaved = false;
        tell();
      }
      events.message(message);
    };
    // The line may have gone down between our edit and the word that it is saved. What the server says it has when it
    // is back answers that; else nobody would, and the page would say "saving" for ever.
    const sync = provider.messageHandlers[MESSAGE_SYNC];
    provider.messageHandlers[MESSAGE_SYNC] = (encoder, decoder, ...rest) => {
      if (offersAll(decoder, doc)) unsaved = false;
      sync?.(encoder, decoder, ...rest);
      tell();
    };
    provider.messageHandlers[MESSAGE_AUTH] = () => events.readOnly();
    provider.on("sync", (synced: boolean) => {
      if (synced && !known) {
        known = true;
        events.synced();
      }
      if (synced) tooFast = false;
      tell();
    });
    provider.on("status", tell);
    provider.on("connection-error", () => {
      // A first connection that fails is "offline" too; a page that says "connecting" for ever says nothing.
      tooFast = false;
      if (!known && !ended) events.status("offline");
    });
    provider.on("connection-close", (event) => {
      if (event?.code === CLOSE_TOO_FAST) tooFast = true;
    });
    provider.on("closed", ({ code }: { code: number }) => {
      ended = code in ENDINGS ? ENDINGS[code as keyof typeof ENDINGS] : "malformed";
      tell();
    });
    provider.connect();

    return {
      close() {
        doc.off("update", onUpdate);
        provider.destroy();
      },
      get unsaved() {
        return unsaved;
      },
    };
  };
}

const SYNC_STEP_1 = 0;

/** Whether a sync message is the server's list of what it has, with everything that was written here on it. */
function offersAll(decoder: Decoder, doc: Y.Doc): boolean {
  const start = decoder.pos;
  try {
    if (readVarUint(decoder) !== SYNC_STEP_1) return false;
    const theirs = Y.decodeStateVector(readVarUint8Array(decoder));
    return (theirs.get(doc.clientID) ?? 0) >= Y.getState(doc.store, doc.clientID);
  } finally {
    decoder.pos = start;
  }
}
