/**
 * Requests as bytes that are built once and patched in place.
 *
 * Every field that varies has a fixed width, so `Content-Length` never changes and sending a request costs a few byte
 * writes and no allocation. The generator shares its cores with what it measures: what it saves is measured better.
 */

const HEX_DIGITS = Buffer.from("0123456789abcdef");

/** Collects text and remembers where the fields of fixed width begin. */
export class TemplateBuilder {
  #text = "";

  /** Appends text that stays as it is; ASCII only, so that characters and bytes agree. */
  text(text: string): this {
    this.#text += text;
    return this;
  }

  /** Appends a field of `width` zeros and returns the offset of its first byte. */
  field(width: number): number {
    const offset = this.#text.length;
    this.#text += "0".repeat(width);
    return offset;
  }

  get byteLength(): number {
    return this.#text.length;
  }

  toString(): string {
    return this.#text;
  }
}

/** Writes `value` in decimal, padded with zeros to `width`. */
export function writeDigits(bytes: Uint8Array, offset: number, width: number, value: number): void {
  let rest = value;
  for (let position = offset + width - 1; position >= offset; position--) {
    const quotient = Math.floor(rest / 10);
    bytes[position] = 48 + rest - quotient * 10;
    rest = quotient;
  }
}

/** Writes eight hexadecimal digits of a 32-bit number. */
export function writeHex(bytes: Uint8Array, offset: number, value: number): void {
  for (let index = 0; index < 8; index++) bytes[offset + index] = HEX_DIGITS[(value >>> (28 - index * 4)) & 15]!;
}

/** What every request of a run has in common. */
export interface RequestOrigin {
  readonly host: string;
  readonly bearer: string;
  readonly extraHeaders: Readonly<Record<string, string>>;
}

/** A request ready to be patched: its bytes, where the body begins and where the idempotency key is. */
export interface RequestTemplate {
  readonly bytes: Buffer;
  readonly bodyOffset: number;
  /** Offset of a key of 32 characters; −1 for a request without one. */
  readonly keyOffset: number;
}

/** Characters of an idempotency key: 16 random, 5 of the connection, 11 of the request. */
const KEY_WIDTH = 32;

/** Puts a head with authorization and idempotency key in front of a JSON body. */
export function postTemplate(origin: RequestOrigin, path: string, body: TemplateBuilder): RequestTemplate {
  const head = new TemplateBuilder();
  head.text(`POST ${path} HTTP/1.1\r\n${commonHeaders(origin)}`);
  head.text(`Content-Type: application/json\r\nContent-Length: ${body.byteLength}\r\nIdempotency-Key: `);
  const keyOffset = head.field(KEY_WIDTH);
  head.text("\r\n\r\n");
  return { bytes: Buffer.from(`${head}${body}`, "latin1"), bodyOffset: head.byteLength, keyOffset };
}

/** The head of a GET whose path is given as a builder, so that it may hold fields. */
export function getTemplate(origin: RequestOrigin, path: TemplateBuilder): RequestTemplate {
  const bytes = Buffer.from(`GET ${path} HTTP/1.1\r\n${commonHeaders(origin)}\r\n`, "latin1");
  return { bytes, bodyOffset: bytes.length, keyOffset: -1 };
}

function commonHeaders(origin: RequestOrigin): string {
  const extra = Object.entries(origin.extraHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  return `Host: ${origin.host}\r\nAuthorization: Bearer ${origin.bearer}\r\n${extra.join("")}`;
}
