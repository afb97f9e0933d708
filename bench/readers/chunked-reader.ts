/**
 * Reads one response that has no end, as it comes in chunks. Modes: head → length of a chunk → its bytes → line end behind
 * it → next length. The bytes of chunks are handed on in place.
 */

const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
const LINE_END_BYTES = 2;

export class ChunkedReader {
  readonly #onBytes: (bytes: Buffer) => void;
  #mode: "head" | "length" | "bytes" | "line end" = "head";
  #kept: Buffer | null = null;
  #left = 0;

  /** @param onBytes gets the bytes of the body; they are gone after the call */
  constructor(onBytes: (bytes: Buffer) => void) {
    this.#onBytes = onBytes;
  }

  /** Takes bytes off the socket. @returns false when the response is at its end @throws when it is no answer with chunks */
  feed(arrived: Buffer): boolean {
    let bytes = arrived;
    if (this.#kept !== null) {
      bytes = Buffer.concat([this.#kept, arrived]);
      this.#kept = null;
    }
    let position = 0;
    while (position < bytes.length) {
      if (this.#mode === "bytes") {
        const end = Math.min(position + this.#left, bytes.length);
        this.#left -= end - position;
        this.#onBytes(bytes.subarray(position, end));
        position = end;
        if (this.#left === 0) this.#mode = "line end";
        continue;
      }
      const mark = this.#mode === "head" ? HEAD_END : LINE_END;
      const end = bytes.indexOf(mark, position);
      if (end < 0) {
        this.#kept = Buffer.from(bytes.subarray(position));
        return true;
      }
      if (this.#mode === "head") {
        const head = bytes.toString("latin1", position, end);
        if (!head.startsWith("HTTP/1.1 200"))
          throw new Error(`the stream was refused: ${bytes.toString("latin1").slice(0, 400)}`);
        if (!/transfer-encoding: chunked/i.test(head)) throw new Error("the stream does not come in chunks");
        this.#mode = "length";
      } else if (this.#mode === "length") {
        this.#left = Number.parseInt(bytes.toString("latin1", position, end), 16);
        if (this.#left === 0) return false;
        this.#mode = "bytes";
      } else this.#mode = "length";
      position = end + (mark === HEAD_END ? HEAD_END.length : LINE_END_BYTES);
    }
    return true;
  }
}
