/** Reads an event stream (text/event-stream) from chunks of text, as the WHATWG standard says. */

/** An event, or what stands between events. */
export type SseItem =
  | { readonly kind: "event"; readonly type: string; readonly data: string; readonly id: string | null }
  | { readonly kind: "retry"; readonly ms: number }
  | { readonly kind: "comment" };

/** Characters of one event; a longer one is a fault of the sender. */
const eventCharactersMax = 8 * 1024 * 1024;

export class SseParser {
  #rest = "";
  #isFirst = true;
  #endedWithCr = false;
  #data: string[] = [];
  #characters = 0;
  #type = "";
  /** Of the event that is being read; the standard keeps it for the events after it, here each has its own. */
  #id: string | null = null;

  /** @returns what has become whole with this chunk @throws when an event is longer than allowed */
  push(chunk: string): SseItem[] {
    let text = chunk;
    if (this.#isFirst && text !== "") {
      this.#isFirst = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    // A line end of two characters may be torn between chunks.
    if (this.#endedWithCr && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") this.#endedWithCr = text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop()!;
    const items = lines.flatMap((line) => this.#line(line) ?? []);
    if (this.#rest.length + this.#characters > eventCharactersMax)
      throw new Error(`an event of more than ${eventCharactersMax} characters`);
    return items;
  }

  #line(line: string): SseItem | null {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) return { kind: "comment" };
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      this.#data.push(value);
      this.#characters += value.length;
    } else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d{1,9}$/.test(value)) return { kind: "retry", ms: Number(value) };
    return null;
  }

  #dispatch(): SseItem | null {
    const item: SseItem | null =
      this.#data.length === 0
        ? null
        : { kind: "event", type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    this.#data = [];
    this.#characters = 0;
    this.#type = "";
    this.#id = null;
    return item;
  }
}
