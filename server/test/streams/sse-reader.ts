/** Reads server-sent events as a browser would, one at a time. */

export interface SseEvent {
  readonly id: string | null;
  /** `message` for events of the feed. */
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events field by field and check what they find
  readonly data: any;
}

export interface SseReader {
  readonly response: Response;
  /** Milliseconds of the last `retry:` line. */
  readonly retryMs: number | null;
  /** Comment lines so far. */
  readonly comments: readonly string[];
  /** @returns null when the stream has ended */
  next(): Promise<SseEvent | null>;
  /** Skips to the next event of a kind. @returns null when the stream ended before */
  nextOf(event: string): Promise<SseEvent | null>;
  /** Reads events of the feed. */
  take(count: number): Promise<SseEvent[]>;
  close(): void;
}

/** Opens a stream. @param url whole address @param apiKey null sends none */
export async function openSse(
  url: string,
  apiKey: string | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<SseReader> {
  const abort = new AbortController();
  const response = await fetch(url, {
    headers: { ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }), ...headers },
    signal: abort.signal,
  });
  return new Reader(response, abort);
}

class Reader implements SseReader {
  readonly response: Response;
  readonly comments: string[] = [];
  retryMs: number | null = null;
  readonly #abort: AbortController;
  readonly #decoder = new TextDecoder();
  readonly #chunks: AsyncIterator<Uint8Array>;
  #text = "";

  constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.#chunks = (response.body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  async next(): Promise<SseEvent | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const event = this.#parse(block);
        if (event !== null) return event;
        continue;
      }
      const { value, done } = await this.#chunks.next();
      if (done) return null;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  #parse(block: string): SseEvent | null {
    let [id, event, data]: [string | null, string, string | null] = [null, "message", null];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      const value = line.slice(colon + 1).replace(/^ /, "");
      if (colon === 0) this.comments.push(value);
      else if (line.startsWith("id:")) id = value;
      else if (line.startsWith("event:")) event = value;
      else if (line.startsWith("data:")) data = value;
      else if (line.startsWith("retry:")) this.retryMs = Number(value);
    }
    return data === null ? null : { id, event, data: JSON.parse(data) };
  }

  async nextOf(event: string): Promise<SseEvent | null> {
    for (;;) {
      const found = await this.next();
      if (found === null || found.event === event) return found;
    }
  }

  async take(count: number): Promise<SseEvent[]> {
    const events: SseEvent[] = [];
    while (events.length < count) {
      const event = await this.nextOf("message");
      if (event === null) throw new Error(`the stream ended after ${events.length} of ${count} events`);
      events.push(event);
    }
    return events;
  }

  close(): void {
    this.#abort.abort();
  }
}
