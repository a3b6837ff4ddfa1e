/** The line to the server, against a socket that speaks the protocol: what the user is told, and when. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";
import { connectTo, type Status } from "./connection";
import { NetworkDocument } from "./NetworkDocument";

/** The other end: a Y.Doc behind a websocket that lives in memory. */
class Server {
  readonly doc = new Y.Doc();
  readonly sockets = new Set<Socket>();
  /** null: accepts; a code: accepts and closes with it; "down": does not answer. */
  refusal: number | "down" | null = null;
  opened = 0;

  receive(socket: Socket, data: Uint8Array): void {
    const decoder = decoding.createDecoder(data);
    if (decoding.readVarUint(decoder) !== 0) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    readSyncMessage(decoder, encoder, this.doc, socket);
    if (encoding.length(encoder) > 1) socket.deliver(encoding.toUint8Array(encoder));
  }
  greet(socket: Socket): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    writeSyncStep1(encoder, this.doc);
    socket.deliver(encoding.toUint8Array(encoder));
  }
  tell(message: object): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 4);
    encoding.writeVarString(encoder, JSON.stringify(message));
    for (const socket of this.sockets) socket.deliver(encoding.toUint8Array(encoder));
  }
  push(change: (doc: Y.Doc) => void): void {
    const before = Y.encodeStateVector(this.doc);
    change(this.doc);
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    writeUpdate(encoder, Y.encodeStateAsUpdate(this.doc, before));
    for (const socket of this.sockets) socket.deliver(encoding.toUint8Array(encoder));
  }
  cut(): void {
    for (const socket of [...this.sockets]) socket.end(1006);
  }
}

let server = new Server();

class Socket {
  static readonly OPEN = 1;
  readonly OPEN = 1;
  readyState = 0;
  binaryType = "";
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;

  constructor(readonly url: string) {
    server.opened++;
    const at = server;
    queueMicrotask(() => {
      if (at.refusal === "down") {
        this.onerror?.({});
        this.end(1006);
        return;
      }
      this.readyState = 1;
      at.sockets.add(this);
      this.onopen?.();
      if (at.refusal !== null) this.end(at.refusal);
      else at.greet(this);
    });
  }
  send(data: Uint8Array): void {
    server.receive(this, data);
  }
  close(): void {
    this.end(1000);
  }
  deliver(data: Uint8Array): void {
    this.onmessage?.({ data: data.slice().buffer });
  }
  end(code: number): void {
    this.readyState = 3;
    server.sockets.delete(this);
    this.onclose?.({ code, reason: "" });
  }
}

let document: NetworkDocument;
const statuses: Status[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("window", { location: { protocol: "http:", host: "here" } });
  document = new NetworkDocument("n");
  statuses.length = 0;
  document.subscribeState(() => statuses.push(document.state.status));
});
afterEach(() => {
  document.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(10);
const rename = (name: string) => document.apply([{ op: "set_meta", name }], "x");

describe("a connection", () => {
  it("loads what the server has, and says so", async () => {
    server.doc.getMap("meta").set("name", "theirs");
    document.connect(connectTo("n"));
    expect(document.state).toMatchObject({ status: "connecting", loaded: false });
    await settle();
    expect(document.state).toMatchObject({ status: "saved", loaded: true });
    expect(document.graph.name).toBe("theirs");
  });

  it("sends edits, and is saving until the server says that it has saved", async () => {
    document.connect(connectTo("n"));
    await settle();
    rename("mine");
    expect(document.state.status).toBe("saving");
    expect(server.doc.getMap("meta").get("name")).toBe("mine");
    server.tell({ kind: "saved", revision: 1 });
    expect(document.state.status).toBe("saved");
  });

  it("does not take the server's edits for its own", async () => {
    document.connect(connectTo("n"));
    await settle();
    server.push((doc) => doc.getMap("meta").set("name", "theirs"));
    expect(document.graph.name).toBe("theirs");
    expect(document.state).toMatchObject({ status: "saved", history: { undo: null } });
  });

  it("passes the server's messages on", async () => {
    document.connect(connectTo("n"));
    await settle();
    const heard = vi.fn();
    document.onMessage(heard);
    const message = { kind: "analysis", full: true, revision: 3, nodes: {}, totals: null, diagnostics: {} };
    server.tell(message);
    expect(heard).toHaveBeenCalledWith(message);
  });

  it("keeps edits while the line is down and sends them when it is back", async () => {
    document.connect(connectTo("n"));
    await settle();
    server.refusal = "down";
    server.cut();
    expect(document.state.status).toBe("offline");
    rename("offline");
    expect(document.unsaved).toBe(true);
    expect(document.state.status).toBe("offline");
    server.refusal = null;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.doc.getMap("meta").get("name")).toBe("offline");
    server.tell({ kind: "saved", revision: 2 });
    expect(document.state.status).toBe("saved");
  });

  it("learns on its return that an edit had arrived before the line went down", async () => {
    document.connect(connectTo("n"));
    await settle();
    rename("arrived");
    server.cut();
    expect(document.state.status).toBe("offline");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(document.state.status).toBe("saved");
  });

  it("says that the server does not answer, and goes on trying", async () => {
    server.refusal = "down";
    document.connect(connectTo("n"));
    await settle();
    expect(document.state).toMatchObject({ status: "offline", loaded: false });
    server.refusal = null;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(document.state).toMatchObject({ status: "saved", loaded: true });
  });

  it.each([
    [4400, "malformed"],
    [4401, "login"],
    [4403, "refused"],
    [4404, "missing"],
    [4413, "tooLarge"],
    [4499, "malformed"],
  ])("closed with %d is %s, for good, and takes no edits", async (code, status) => {
    server.refusal = code;
    document.connect(connectTo("n"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(document.state.status).toBe(status);
    expect(server.opened).toBe(1);
    expect(rename("mine")).toBe(false);
  });

  it("waits where it was too fast, keeps the edits and sends them then", async () => {
    document.connect(connectTo("n"));
    await settle();
    for (const socket of [...server.sockets]) socket.end(4429);
    expect(document.state.status).toBe("tooFast");
    expect(rename("kept")).toBe(true);
    expect(document.state.status).toBe("tooFast");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.doc.getMap("meta").get("name")).toBe("kept");
    expect(document.state.status).toBe("saving");
  });
});
