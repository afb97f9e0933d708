import type { LoadJob } from "../load/job.ts";
import type { Random } from "../load/random.ts";
import { type RequestOrigin, writeDigits, writeHex } from "../load/request-template.ts";

/** Makes the requests of one connection. */
export interface RequestSource {
  /** The bytes of the next request; they stay untouched until the next call. */
  next(): Buffer;
  /** Units of work that a successful response stands for. `body` is empty unless `readsBody`. */
  unitsIn(body: Buffer): number;
  /** Whether `unitsIn` needs the response's body. */
  readonly readsBody: boolean;
}

/** What a source needs to know. */
export interface SourceContext {
  readonly job: LoadJob;
  readonly origin: RequestOrigin;
  readonly connectionIndex: number;
  /** Decides products and quantities; seeded. */
  readonly random: Random;
  /** Decides keys; seeded by the clock, so that no two runs repeat a key. */
  readonly keyRandom: Random;
}

/**
 * Writes a fresh idempotency key. It begins with random digits, as the UUIDs of real callers do, so that the
 * database's index is hit all over and not at its end; connection and number make it unique within the run.
 */
export function writeKey(bytes: Buffer, offset: number, context: SourceContext, requestNumber: number): void {
  writeHex(bytes, offset, context.keyRandom.nextUint32());
  writeHex(bytes, offset + 8, context.keyRandom.nextUint32());
  writeDigits(bytes, offset + 16, 5, context.connectionIndex);
  writeDigits(bytes, offset + 21, 11, requestNumber);
}
