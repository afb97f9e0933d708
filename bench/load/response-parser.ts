/**
 * The smallest reader of HTTP/1.1 responses that a closed-loop load generator can do with: status and length.
 *
 * Modes: reading the head (possibly in pieces), then skipping or keeping the body. One request is outstanding at a time, so
 * bytes after a complete response are an error, as is a response without `Content-Length`: a server that
 * starts to send chunks should be noticed, not measured wrongly.
 */

const HEAD_END = Buffer.from("\r\n\r\n");
const CONTENT_LENGTH = "content-length:";
const HEAD_BYTES_MAX = 65_536;
const LINE_FEED = 10;
const EMPTY = Buffer.alloc(0);

/** A response this parser does not accept. */
export class ResponseFormatError extends Error {
  override readonly name = "ResponseFormatError";
}

/** Reads responses off one connection. */
export class ResponseParser {
  /** Status of the last complete response. */
  status = 0;
  /** Body of the last complete response when bodies are kept, else empty. */
  body: Buffer = EMPTY;

  readonly #keepsBody: boolean;
  #head: Buffer | null = null;
  #bodyParts: Buffer[] = [];
  #bodyBytesLeft = 0;
  #inBody = false;

  constructor(keepsBody: boolean) {
    this.#keepsBody = keepsBody;
  }

  /** Takes bytes from the socket; true when they complete the response. The bytes are not retained unless they must be. */
  feed(chunk: Buffer): boolean {
    if (this.#inBody) return this.#takeBody(chunk);
    const bytes = this.#head === null ? chunk : Buffer.concat([this.#head, chunk]);
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd < 0) {
      if (bytes.length > HEAD_BYTES_MAX) throw new ResponseFormatError("response head is too long");
      this.#head = Buffer.from(bytes);
      return false;
    }
    this.#head = null;
    this.status = readStatus(bytes);
    this.#bodyBytesLeft = this.status === 204 || this.status === 304 ? 0 : readContentLength(bytes, headEnd);
    this.#bodyParts = [];
    this.#inBody = true;
    return this.#takeBody(bytes.subarray(headEnd + HEAD_END.length));
  }

  #takeBody(chunk: Buffer): boolean {
    if (chunk.length > this.#bodyBytesLeft) throw new ResponseFormatError("bytes beyond the end of the response");
    this.#bodyBytesLeft -= chunk.length;
    const complete = this.#bodyBytesLeft === 0;
    if (this.#keepsBody) {
      // The socket reuses its buffer after the callback, so a part that has to wait is copied.
      this.#bodyParts.push(complete ? chunk : Buffer.from(chunk));
      if (complete) this.body = this.#bodyParts.length === 1 ? chunk : Buffer.concat(this.#bodyParts);
    }
    if (complete) this.#inBody = false;
    return complete;
  }
}

/** The three digits after `HTTP/1.1 `. */
function readStatus(bytes: Buffer): number {
  const status = (bytes[9]! - 48) * 100 + (bytes[10]! - 48) * 10 + (bytes[11]! - 48);
  if (bytes[0] !== 72 || !(status >= 100 && status <= 999)) throw new ResponseFormatError("not an HTTP/1.1 response");
  return status;
}

/** The number in the `Content-Length` header, whatever its case. */
function readContentLength(bytes: Buffer, headEnd: number): number {
  let lineStart = bytes.indexOf(LINE_FEED) + 1;
  while (lineStart > 0 && lineStart < headEnd) {
    if (isContentLength(bytes, lineStart)) return readNumber(bytes, lineStart + CONTENT_LENGTH.length);
    lineStart = bytes.indexOf(LINE_FEED, lineStart) + 1;
  }
  throw new ResponseFormatError("a response without Content-Length");
}

function isContentLength(bytes: Buffer, lineStart: number): boolean {
  for (let index = 0; index < CONTENT_LENGTH.length; index++) {
    const byte = bytes[lineStart + index]!;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== CONTENT_LENGTH.charCodeAt(index)) return false;
  }
  return true;
}

function readNumber(bytes: Buffer, start: number): number {
  let position = start;
  while (bytes[position] === 32) position++;
  let value = 0;
  let digitCount = 0;
  for (let digit = bytes[position]! - 48; digit >= 0 && digit <= 9; digit = bytes[++position]! - 48) {
    value = value * 10 + digit;
    digitCount++;
  }
  if (digitCount === 0) throw new ResponseFormatError("Content-Length without a number");
  return value;
}
