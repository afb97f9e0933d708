/** Sends rows in bulk over a connection of its own, bit by bit, and reads verdicts as they come. */
import { connect, type Socket } from "node:net";
import type { ImportSummary, RowResult } from "@onhand/protocol/bulk";
import type { TestServer } from "./support.ts";

export interface ImportAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly results: RowResult[];
  readonly end: ImportSummary;
  readonly text: string;
}

/** Sends a file at once and gives all that is answered. */
export async function importFile(
  server: TestServer,
  key: string,
  path: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<ImportAnswer> {
  const response = await fetch(`http://127.0.0.1:${server.port()}/v1/imports/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson", ...headers },
    body,
  });
  const text = await response.text();
  const lines =
    text.startsWith("{") && response.status === 200
      ? text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [];
  return { status: response.status, headers: response.headers, results: lines.slice(0, -1), end: lines.at(-1), text };
}

/** A request whose body is sent piece by piece. */
export class SlowUpload {
  readonly #socket: Socket;
  #text = "";
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(port: number, key: string, path: string, headers: Readonly<Record<string, string>> = {}) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (bytes) => {
      this.#text += bytes.toString();
      this.#wake();
    });
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
    this.#socket.on("error", () => {});
    const all = { "content-type": "application/x-ndjson", ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(
      `POST /v1/imports/${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n${lines.join("")}\r\n`,
    );
  }

  send(text: string): void {
    this.#socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  }

  end(): void {
    this.#socket.write("0\r\n\r\n");
  }

  /** Breaks the connection. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Waits until what has been answered so far is what is asked for. */
  async until(holds: (text: string) => boolean): Promise<string> {
    while (!holds(this.#text)) {
      if (this.#isClosed) throw new Error(`the answer ended: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#text;
  }
}
