import type { Socket } from "bun";
import { wallMs } from "../load/wall-clock.ts";
import { ChunkedReader } from "./chunked-reader.ts";
import type { Place } from "./place.ts";
import { addressOf, type FeedReader, getRequest, type ReaderContext } from "./reader.ts";

const CURSOR = /^id: (\S+)\n/m;

/** Reads server-sent events. Comes back with the cursor of the last event when its connection is lost. */
export class StreamReader implements FeedReader {
  readonly #context: ReaderContext;
  readonly #place: Place;
  readonly #opened = Promise.withResolvers<void>();
  #socket: Socket | null = null;
  /** Where it began, for as long as no event has come. */
  #firstCursor: string | null = null;
  #opening = "";

  constructor(context: ReaderContext, place: Place) {
    this.#context = context;
    this.#place = place;
  }

  async open(): Promise<void> {
    await this.#connect();
    await this.#opened.promise;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.end();
  }

  async #connect(): Promise<void> {
    const { job } = this.#context;
    const { hostname, port } = addressOf(job);
    const chunks = new ChunkedReader((bytes) => this.#take(bytes));
    this.#socket = await Bun.connect({
      hostname,
      port,
      socket: {
        data: (socket, bytes) => {
          if (this.#socket !== socket) return;
          this.#context.onBytes(bytes.length);
          try {
            if (!chunks.feed(bytes)) this.#lose("the server ended the stream");
          } catch (error) {
            this.#context.onFailure(error as Error);
          }
        },
        close: (socket) => {
          if (this.#socket === socket) this.#lose("the connection was closed");
        },
        error: (_socket, error) => this.#lose(error.message),
      },
    });
    const cursor = this.#lastCursor();
    const query = job.filter === "" ? "" : `?${job.filter}`;
    const place = cursor === null ? "" : `Last-Event-ID: ${cursor}\r\n`;
    this.#socket.write(getRequest(job, `/v1/inventory/stream${query}`, place));
  }

  #take(bytes: Buffer): void {
    if (this.#firstCursor === null) {
      this.#opening += bytes.toString("latin1");
      this.#firstCursor = CURSOR.exec(this.#opening)?.[1] ?? null;
      if (this.#firstCursor === null) return;
      this.#opened.resolve();
    }
    this.#place.feed(bytes, wallMs());
  }

  #lastCursor(): string | null {
    const frame = this.#place.lastFrame();
    return frame === null ? this.#firstCursor : (CURSOR.exec(frame.toString("latin1"))?.[1] ?? null);
  }

  #lose(cause: string): void {
    if (this.#socket === null) return;
    this.close();
    this.#place.cutOff();
    if (this.#context.onLost(cause)) this.#connect().catch(this.#context.onFailure);
  }
}
