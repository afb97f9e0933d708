/**
 * Thousands of readers in one process get the same bytes. What was parsed once is not parsed again when the same bytes
 * come to another reader: they are compared, every one of them. At most `bytesMax` are remembered.
 */
const bytesMax = 96 * 1024 * 1024;
/** Of the beginning, which holds the cursor of the first event. */
const keyBytes = 256;

export class ParsedOnce<Parsed> {
  readonly #parse: (bytes: Buffer) => Parsed;
  readonly #known = new Map<string, { readonly bytes: Buffer; readonly parsed: Parsed }>();
  #bytes = 0;

  constructor(parse: (bytes: Buffer) => Parsed) {
    this.#parse = parse;
  }

  of(bytes: Buffer): Parsed {
    const key = `${bytes.length} ${bytes.toString("latin1", 0, Math.min(bytes.length, keyBytes))}`;
    const known = this.#known.get(key);
    if (known?.bytes.equals(bytes)) return known.parsed;
    const parsed = this.#parse(bytes);
    if (known === undefined) this.#remember(key, Buffer.from(bytes), parsed);
    return parsed;
  }

  #remember(key: string, bytes: Buffer, parsed: Parsed): void {
    this.#known.set(key, { bytes, parsed });
    this.#bytes += bytes.length;
    for (const [oldest, { bytes: old }] of this.#known) {
      if (this.#bytes <= bytesMax) return;
      this.#known.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}
