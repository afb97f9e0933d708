/** Reads the feed as server-sent events. */
import { HttpStream } from "./http-stream.ts";
import { bearer, type Closing, type Link, type LinkHandlers, type Problem } from "./links.ts";
import { ParsedOnce } from "./parsed-once.ts";
import { type SeenEvent, seenEvent } from "./seen-events.ts";

/** What some whole frames say, taken together. */
interface Frames {
  readonly events: readonly SeenEvent[];
  readonly cursor: string | null;
  readonly closing: Closing | null;
}

function parseFrames(bytes: Buffer): Frames {
  const events: SeenEvent[] = [];
  let [cursor, closing]: [string | null, Closing | null] = [null, null];
  for (const block of bytes.toString("utf8").split("\n\n")) {
    const fields = new Map(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line]));
    const value = (name: string): string | null => fields.get(name)?.slice(name.length + 2) ?? null;
    const data = value("data");
    if (data === null) continue;
    cursor = value("id");
    if (value("event") === "closing") closing = JSON.parse(data) as Closing;
    else if (value("event") === null) events.push(seenEvent(JSON.parse(data)));
    const said = closing?.cursor ?? (value("event") === null ? events.at(-1)!.cursor : cursor);
    if (said !== cursor) throw new Error(`a frame names two cursors: ${block}`);
  }
  return { events, cursor, closing };
}

const parsed = new ParsedOnce(parseFrames);
const frameEnd = Buffer.from("\n\n");

export class SseLink implements Link {
  readonly #stream: HttpStream;
  readonly #handlers: LinkHandlers;
  #status = 0;
  #pending: Buffer = Buffer.alloc(0);
  #closing: Closing | null = null;

  constructor(url: string, cursor: string, handlers: LinkHandlers, query = "") {
    this.#handlers = handlers;
    const address = `${url}/v1/inventory/stream${query}`;
    this.#stream = new HttpStream(
      address,
      { ...bearer, "last-event-id": cursor },
      {
        head: (status) => {
          this.#status = status;
          if (status === 200) handlers.opened();
        },
        body: (bytes) => this.#take(bytes),
        ended: () => this.#ended(),
      },
    );
  }

  cut(): void {
    this.#stream.cut();
  }

  stopReading(): void {
    this.#stream.stopReading();
  }

  readOn(): void {
    this.#stream.readOn();
  }

  #take(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    if (this.#status !== 200) return;
    const end = this.#pending.lastIndexOf(frameEnd);
    if (end < 0) return;
    const { events, cursor, closing } = parsed.of(this.#pending.subarray(0, end + frameEnd.length));
    this.#pending = this.#pending.subarray(end + frameEnd.length);
    if (events.length > 0) this.#handlers.events(events);
    if (cursor !== null) this.#handlers.place(cursor);
    if (closing !== null) this.#closing = closing;
  }

  #ended(): void {
    const isProblem = this.#status >= 400 && this.#pending.length > 0;
    const problem = isProblem ? (JSON.parse(this.#pending.toString("utf8")) as Problem) : null;
    this.#handlers.ended({ closing: this.#closing, problem, code: null });
  }
}
