import type { Socket } from "bun";
import { ResponseParser } from "../load/response-parser.ts";
import { wallMs } from "../load/wall-clock.ts";
import type { Place } from "./place.ts";
import { addressOf, type FeedReader, getRequest, type ReaderContext } from "./reader.ts";

const WAIT_SECONDS = 20;
const EVENTS_MAX = 1000;
const LIST_START = '{"data":['.length;
const LIST_END = Buffer.from('],"nextCursor":"');
const EVENT_END = Buffer.from(",\n");
const BETWEEN = ',{"specversion":';
const SPLIT = `,\n${BETWEEN.slice(1)}`;
const OK = 200;

/** Polls the feed: as soon as it has an answer it asks for what comes behind it, and waits. */
export class PollReader implements FeedReader {
  readonly #context: ReaderContext;
  readonly #place: Place;
  readonly #parser = new ResponseParser(true);
  #cursor: string;
  #socket: Socket | null = null;

  /** @param cursor where it begins */
  constructor(context: ReaderContext, place: Place, cursor: string) {
    this.#context = context;
    this.#place = place;
    this.#cursor = cursor;
  }

  async open(): Promise<void> {
    const { hostname, port } = addressOf(this.#context.job);
    this.#socket = await Bun.connect({
      hostname,
      port,
      socket: {
        data: (_socket, bytes) => this.#receive(bytes),
        close: () => this.#lose("the connection was closed"),
        error: (_socket, error) => this.#lose(error.message),
      },
    });
    this.#ask();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.end();
  }

  #ask(): void {
    const { job } = this.#context;
    const filter = job.filter === "" ? "" : `&${job.filter}`;
    const query = `since=${this.#cursor}&wait=${WAIT_SECONDS}&limit=${EVENTS_MAX}${filter}`;
    this.#socket?.write(getRequest(job, `/v1/inventory/updates?${query}`));
  }

  #receive(bytes: Buffer): void {
    if (this.#socket === null) return;
    this.#context.onBytes(bytes.length);
    try {
      if (!this.#parser.feed(bytes)) return;
      this.#take(this.#parser.body, this.#parser.status);
    } catch (error) {
      this.#context.onFailure(error as Error);
      return;
    }
    this.#ask();
  }

  #take(body: Buffer, status: number): void {
    const end = body.lastIndexOf(LIST_END);
    if (status !== OK || end < 0) throw new Error(`a poll was answered ${status}: ${body.toString().slice(0, 400)}`);
    this.#cursor = body.toString("latin1", end + LIST_END.length, body.indexOf(34, end + LIST_END.length));
    if (end === LIST_START) return;
    // One event is handed on in place; several are set apart in a way that no event's own text can be taken for.
    const list = body.subarray(LIST_START, end);
    const isSingle = list.indexOf(BETWEEN) < 0;
    const events = isSingle ? list : Buffer.from(list.toString("latin1").replaceAll(BETWEEN, SPLIT), "latin1");
    const nowMs = wallMs();
    this.#place.feed(Buffer.concat([events, EVENT_END]), nowMs);
  }

  #lose(cause: string): void {
    if (this.#socket === null) return;
    this.close();
    this.#context.onFailure(new Error(`a poll was lost: ${cause}`));
  }
}
