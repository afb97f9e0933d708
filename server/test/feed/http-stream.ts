/**
 * One GET over a connection of its own, read as it comes. Not `fetch`: that opens a few hundred connections at most, and
 * cannot be told to read nothing or to break off in the middle of a byte.
 */

export interface StreamHandlers {
  head(status: number): void;
  /** One chunk as the server wrote it, or what came of a body of known length. */
  body(bytes: Buffer): void;
  /** Nothing comes any more; not called after `cut`. @param isWhole the answer came to its end */
  ended(isWhole: boolean): void;
}

const headEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");

/** Modes: connecting → head → body (chunks, or a known length) → over. */
export class HttpStream {
  readonly #handlers: StreamHandlers;
  #socket: Bun.Socket | null = null;
  #pending: Buffer = Buffer.alloc(0);
  #mode: "head" | "chunks" | "length" | "over" = "head";
  #left = 0;
  #isPaused = false;

  constructor(url: string, headers: Readonly<Record<string, string>>, handlers: StreamHandlers) {
    this.#handlers = handlers;
    const { hostname, port, pathname, search, host } = new URL(url);
    const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}`);
    const request = `GET ${pathname}${search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
    Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        open: (socket) => {
          this.#socket = socket;
          if (this.#mode === "over") return void socket.terminate();
          socket.write(request);
          if (this.#isPaused) socket.pause();
        },
        data: (_socket, bytes) => this.#take(bytes as Buffer),
        close: () => this.#over(false),
        error: () => this.#over(false),
        connectError: () => this.#over(false),
      },
    }).catch(() => this.#over(false));
  }

  /** Breaks off at once, wherever it is. */
  cut(): void {
    this.#mode = "over";
    this.#socket?.terminate();
  }

  /** Reads nothing from now on: what the system and the server can hold is held there. */
  stopReading(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  readOn(): void {
    this.#isPaused = false;
    this.#socket?.resume();
  }

  #over(isWhole: boolean): void {
    if (this.#mode === "over") return;
    this.#mode = "over";
    this.#socket?.terminate();
    this.#handlers.ended(isWhole);
  }

  #take(bytes: Buffer): void {
    if (this.#mode === "over") return;
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#step());
  }

  /** @returns whether there may be more to take */
  #step(): boolean {
    if (this.#mode === "head") return this.#takeHead();
    if (this.#mode === "chunks") return this.#takeChunk();
    if (this.#mode === "length") return this.#takePart();
    return false;
  }

  #takeHead(): boolean {
    const end = this.#pending.indexOf(headEnd);
    if (end < 0) return false;
    const head = this.#pending.toString("latin1", 0, end);
    this.#pending = this.#pending.subarray(end + headEnd.length);
    const length = /^content-length: *(\d+)/im.exec(head);
    this.#mode = length === null ? "chunks" : "length";
    this.#left = Number(length?.[1] ?? 0);
    this.#handlers.head(Number(head.slice(9, 12)));
    return true;
  }

  #takeChunk(): boolean {
    const lineAt = this.#pending.indexOf(lineEnd);
    if (lineAt < 0) return false;
    const size = Number.parseInt(this.#pending.toString("latin1", 0, lineAt), 16);
    const from = lineAt + lineEnd.length;
    if (this.#pending.length < from + size + lineEnd.length) return false;
    const chunk = this.#pending.subarray(from, from + size);
    this.#pending = this.#pending.subarray(from + size + lineEnd.length);
    if (size === 0) this.#over(true);
    else this.#handlers.body(chunk);
    return true;
  }

  #takePart(): boolean {
    if (this.#pending.length > 0) this.#handlers.body(this.#pending);
    this.#left -= this.#pending.length;
    this.#pending = Buffer.alloc(0);
    if (this.#left <= 0) this.#over(true);
    return false;
  }
}
