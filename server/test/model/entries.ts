/** Random journal entries for the tests of bytes and hashes, and a reader of canonical bytes written from their description. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import type { Entry } from "../../src/core/record/entry.ts";

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 32 - 1, -(2 ** 31) - 1, -(2 ** 32), -(2 ** 32) - 1, 2 ** 53 - 1, 1 - 2 ** 53),
);
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("", "\0", "ÿÿÿÿ", "💄".repeat(40)),
);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { freq: 2 });
const levels = fc.record({ onHand: integer, reserved: integer, unavailable: integer, incoming: integer });

/** Arbitrary content of every field. */
export const entryFields = {
  partition: fc.integer({ min: 0, max: 1023 }),
  sequence: fc.maxSafeNat(),
  kind: fc.constantFrom(...Object.values(entryKinds)),
  productId: optional(text),
  locationId: optional(text),
  itemNumber: optional(integer),
  previousSequence: optional(integer),
  version: integer,
  delta: levels,
  after: levels,
  safetyStock: integer,
  reorderPoint: optional(integer),
  movementType: fc.nat({ max: 4 }),
  allowsNegative: fc.boolean(),
  occurredAtMs: integer,
  recordedAtMs: integer,
  actor: text,
  source: optional(text),
  requestId: text,
  traceparent: optional(text),
  parts: optional(text),
  textCommitment: optional(fc.uint8Array({ maxLength: 40 })),
  detail: optional(text),
} satisfies { [Field in keyof Entry]: fc.Arbitrary<Entry[Field]> };

export const entry: fc.Arbitrary<Entry> = fc.record(entryFields);

/** Reads canonical bytes back: if that works for every entry, no two entries share their bytes. */
export function readChainInput(bytes: Uint8Array): { domain: string; previousHash: Uint8Array; entry: Entry } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let place = 0;
  const take = (count: number): Uint8Array => {
    place += count;
    return bytes.slice(place - count, place);
  };
  const readInteger = (): number => {
    place += 8;
    return Number(view.getBigInt64(place - 8));
  };
  const readOptional = (): number | null => {
    const present = view.getUint8(place++);
    const value = readInteger();
    if (present === 0 && value !== 0) throw new Error("an absent number is written as zero");
    return present === 1 ? value : null;
  };
  const readBytes = (): Uint8Array | null => {
    place += 4;
    const length = view.getUint32(place - 4);
    return length === 0xffffffff ? null : take(length);
  };
  const readText = (): string | null => {
    const raw = readBytes();
    return raw === null ? null : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  };
  const readLevels = () => ({
    onHand: readInteger(),
    reserved: readInteger(),
    unavailable: readInteger(),
    incoming: readInteger(),
  });
  const domain = new TextDecoder().decode(take(15));
  const previousHash = take(32);
  const read: Entry = {
    partition: readInteger(),
    sequence: readInteger(),
    kind: readInteger() as Entry["kind"],
    productId: readText(),
    locationId: readText(),
    itemNumber: readOptional(),
    previousSequence: readOptional(),
    version: readInteger(),
    delta: readLevels(),
    after: readLevels(),
    safetyStock: readInteger(),
    reorderPoint: readOptional(),
    movementType: readInteger(),
    allowsNegative: readInteger() === 1,
    occurredAtMs: readInteger(),
    recordedAtMs: readInteger(),
    actor: readText()!,
    source: readText(),
    requestId: readText()!,
    traceparent: readText(),
    parts: readText(),
    textCommitment: readBytes(),
    detail: readText(),
  };
  if (place !== bytes.length) throw new Error(`${bytes.length - place} bytes are left over`);
  return { domain, previousHash, entry: read };
}

/** An entry with something different in every field, for golden vectors. */
export const goldenEntry: Entry = {
  partition: 3,
  sequence: 4_294_967_297,
  kind: entryKinds.inventoryAdjusted,
  productId: "prod123",
  locationId: "loc1",
  itemNumber: 5,
  previousSequence: null,
  version: 2,
  delta: { onHand: -3, reserved: 0, unavailable: 1, incoming: -4_294_967_296 },
  after: { onHand: 9_007_199_254_740_991, reserved: 10, unavailable: 1, incoming: 0 },
  safetyStock: 7,
  reorderPoint: 0,
  movementType: 1,
  allowsNegative: true,
  occurredAtMs: 1_700_000_000_000,
  recordedAtMs: 1_700_000_000_123,
  actor: "key_é",
  source: "",
  requestId: "req_1",
  traceparent: null,
  parts: "3:7-8",
  textCommitment: new Uint8Array([1, 2, 255]),
  detail: null,
};
