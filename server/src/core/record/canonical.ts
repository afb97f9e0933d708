/**
 * The canonical bytes of a journal entry: the only definition, used when sealing and when verifying.
 *
 * A domain tag, then every column in a fixed order. Numbers are 64-bit big-endian two's complement; text is UTF-8 with
 * a 32-bit length before it; an absent value is the length 0xFFFFFFFF, for numbers a presence byte goes before. So no
 * two different entries share bytes. Changing this file changes every hash: add a new domain tag instead.
 */
import type { Entry } from "./entry.ts";

const domain = new TextEncoder().encode("onhand/entry/1\0");
const absentLength = 0xffffffff;
const encoder = new TextEncoder();

let bytes = new Uint8Array(4096);
let view = new DataView(bytes.buffer);
let length = 0;

function reserve(count: number): void {
  if (length + count <= bytes.length) return;
  const grown = new Uint8Array(Math.max(bytes.length * 2, length + count));
  grown.set(bytes);
  bytes = grown;
  view = new DataView(bytes.buffer);
}

function putInteger(value: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${value} is no integer`);
  reserve(8);
  const low = value >>> 0;
  view.setInt32(length, (value - low) / 0x1_0000_0000);
  view.setUint32(length + 4, low);
  length += 8;
}

function putOptionalInteger(value: number | null): void {
  reserve(1);
  bytes[length++] = value === null ? 0 : 1;
  putInteger(value ?? 0);
}

function putText(value: string | null): void {
  if (value === null) {
    reserve(4);
    view.setUint32(length, absentLength);
    length += 4;
    return;
  }
  reserve(4 + value.length * 3);
  const { written } = encoder.encodeInto(value, bytes.subarray(length + 4));
  view.setUint32(length, written);
  length += 4 + written;
}

function putBytes(value: Uint8Array | null): void {
  reserve(4 + (value?.length ?? 0));
  view.setUint32(length, value === null ? absentLength : value.length);
  length += 4;
  if (value === null) return;
  bytes.set(value, length);
  length += value.length;
}

/**
 * Canonical bytes of an entry with the previous hash in front, ready to be hashed.
 * @param previousHash 32 bytes
 * @returns a view that is valid only until the next call
 */
export function chainInput(previousHash: Uint8Array, entry: Entry): Uint8Array {
  length = 0;
  reserve(domain.length + previousHash.length);
  bytes.set(domain, 0);
  bytes.set(previousHash, domain.length);
  length = domain.length + previousHash.length;
  putInteger(entry.partition);
  putInteger(entry.sequence);
  putInteger(entry.kind);
  putText(entry.productId);
  putText(entry.locationId);
  putOptionalInteger(entry.itemNumber);
  putOptionalInteger(entry.previousSequence);
  putInteger(entry.version);
  for (const levels of [entry.delta, entry.after]) {
    putInteger(levels.onHand);
    putInteger(levels.reserved);
    putInteger(levels.unavailable);
    putInteger(levels.incoming);
  }
  putInteger(entry.safetyStock);
  putOptionalInteger(entry.reorderPoint);
  putInteger(entry.movementType);
  putInteger(entry.allowsNegative ? 1 : 0);
  putInteger(entry.occurredAtMs);
  putInteger(entry.recordedAtMs);
  putText(entry.actor);
  putText(entry.source);
  putText(entry.requestId);
  putText(entry.traceparent);
  putText(entry.parts);
  putBytes(entry.textCommitment);
  putText(entry.detail);
  return bytes.subarray(0, length);
}

/**
 * Commitment to free text: SHA-256 input of a domain tag, the salt and both texts, each with its length.
 * @returns a view that is valid only until the next call
 */
export function commitmentInput(salt: Uint8Array, reason: string | null, reference: string | null): Uint8Array {
  length = 0;
  putText("onhand/text/1");
  putBytes(salt);
  putText(reason);
  putText(reference);
  return bytes.subarray(0, length);
}
