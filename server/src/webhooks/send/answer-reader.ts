/**
 * Reads one HTTP/1.1 answer from bytes as they come. Only what a delivery needs is kept: status, `Retry-After` and the
 * start of the body. Modes: head → body (of known length, in chunks, or until the end) → whole.
 */
export const answerLimits = {
  headBytesMax: 16_384,
  /** Beyond this the rest is not read, and the connection is closed. */
  bodyBytesMax: 65_536,
  excerptBytesMax: 1_024,
  chunkLineBytesMax: 256,
} as const;

/** What came is no answer that HTTP/1.1 knows. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
}

type Framing =
  | { readonly kind: "length"; left: number }
  | { readonly kind: "chunks"; left: number; isTrailer: boolean }
  | { readonly kind: "until end" };

export class AnswerReader {
  status: number | null = null;
  retryAfter: string | null = null;
  isWhole = false;
  /** The connection may carry another exchange. */
  isReusable = true;
  #pending: Buffer = Buffer.alloc(0);
  #framing: Framing | null = null;
  #bodyBytes = 0;
  readonly #excerpt: Buffer[] = [];
  #excerptBytes = 0;

  /** Whether anything has come at all. */
  get hasBegun(): boolean {
    return this.status !== null || this.#pending.length > 0;
  }

  /** The start of the body as text, at most 1 KiB of UTF-8; null when there is none. */
  get excerpt(): string | null {
    if (this.#excerptBytes === 0) return null;
    let text = Buffer.concat(this.#excerpt).toString("utf8").replaceAll("\0", "\uFFFD");
    while (Buffer.byteLength(text) > answerLimits.excerptBytesMax) text = text.slice(0, -1);
    return text.isWellFormed() ? text : text.toWellFormed();
  }

  /** @throws BadAnswer */
  push(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (!this.isWhole && (this.#framing === null ? this.#readHead() : this.#readBody(this.#framing)));
    if (this.isWhole && this.#pending.length > 0) this.isReusable = false;
  }

  /** The other side has ended. @throws BadAnswer when the answer was cut off before its status */
  end(): void {
    this.isReusable = false;
    if (this.#framing === null) throw new BadAnswer("the connection was closed before an answer came");
    this.isWhole = true;
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf("\r\n\r\n");
    if (end > answerLimits.headBytesMax || (end < 0 && this.#pending.length > answerLimits.headBytesMax))
      throw new BadAnswer(`the head of the answer is larger than ${answerLimits.headBytesMax} bytes`);
    if (end < 0) return false;
    const [statusLine = "", ...lines] = this.#pending.toString("latin1", 0, end).split("\r\n");
    this.#pending = this.#pending.subarray(end + 4);
    const match = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(statusLine);
    if (match === null) throw new BadAnswer("what came is no HTTP/1.1 answer");
    const status = Number(match[2]);
    if (status === 101) throw new BadAnswer("the endpoint wants to change the protocol");
    // What is informational has another answer behind it.
    if (status < 200) return true;
    this.status = status;
    if (match[1] === "0") this.isReusable = false;
    this.#framing = this.#framingOf(status, headersOf(lines));
    return true;
  }

  #framingOf(status: number, headers: ReadonlyMap<string, string>): Framing {
    this.retryAfter = headers.get("retry-after") ?? null;
    if (/\bclose\b/i.test(headers.get("connection") ?? "")) this.isReusable = false;
    const length = headers.get("content-length");
    const coding = headers.get("transfer-encoding");
    if (status === 204 || status === 304) return this.#ended();
    if (coding !== undefined) {
      if (length !== undefined || !/^chunked$/i.test(coding)) this.isReusable = false;
      return /^chunked$/i.test(coding) ? { kind: "chunks", left: 0, isTrailer: false } : { kind: "until end" };
    }
    if (length === undefined) {
      this.isReusable = false;
      return { kind: "until end" };
    }
    if (!/^\d{1,15}$/.test(length)) throw new BadAnswer("the answer has a length that is no number");
    return length === "0" ? this.#ended() : { kind: "length", left: Number(length) };
  }

  #ended(): Framing {
    this.isWhole = true;
    return { kind: "length", left: 0 };
  }

  /** @returns whether there is more to read at once */
  #readBody(framing: Framing): boolean {
    if (framing.kind === "chunks" && framing.left === 0) return this.#readChunkLine(framing);
    if (this.#pending.length === 0) return false;
    const count = framing.kind === "until end" ? this.#pending.length : Math.min(framing.left, this.#pending.length);
    this.#keep(this.#pending.subarray(0, count));
    this.#pending = this.#pending.subarray(count);
    if (framing.kind !== "until end") framing.left -= count;
    if (framing.kind === "length" && framing.left === 0) this.isWhole = true;
    if (this.#bodyBytes > answerLimits.bodyBytesMax) {
      this.isReusable = false;
      this.isWhole = true;
    }
    return !this.isWhole;
  }

  /** The size before a chunk, the empty line behind one, or the end of all. */
  #readChunkLine(framing: Extract<Framing, { kind: "chunks" }>): boolean {
    const end = this.#pending.indexOf("\r\n");
    if (end > answerLimits.chunkLineBytesMax || (end < 0 && this.#pending.length > answerLimits.chunkLineBytesMax))
      throw new BadAnswer("the answer has a chunk that cannot be read");
    if (end < 0) return false;
    const line = this.#pending.toString("latin1", 0, end);
    this.#pending = this.#pending.subarray(end + 2);
    if (framing.isTrailer) {
      if (line === "") this.isWhole = true;
      return true;
    }
    if (line === "") return true;
    const size = /^([0-9a-fA-F]{1,8})\s*(?:;|$)/.exec(line)?.[1];
    if (size === undefined) throw new BadAnswer("the answer has a chunk that cannot be read");
    framing.left = Number.parseInt(size, 16);
    framing.isTrailer = framing.left === 0;
    return true;
  }

  #keep(bytes: Buffer): void {
    this.#bodyBytes += bytes.length;
    const room = answerLimits.excerptBytesMax - this.#excerptBytes;
    if (room <= 0) return;
    const kept = Buffer.from(bytes.subarray(0, room));
    this.#excerpt.push(kept);
    this.#excerptBytes += kept.length;
  }
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}
