/**
 * A position in every partition at once, as bytes: what cursors are made of. It names the epoch, so that after a restore
 * an old position is refused, and carries a check derived from the hashes at the positions, so that a position of
 * another history is recognised even in the same epoch.
 *
 * Layout: version (1), epoch, number of partitions, each position (variable-length integers), check (8 bytes).
 */
const formatVersion = 2;
const checkBytes = 8;

export interface PositionVector {
  readonly epoch: number;
  /** Index is the partition, value the sequence of the last entry seen. */
  readonly positions: readonly number[];
  /** The hashes at the positions, first 8 bytes of each, added up without carry: it moves with one partition at a time. */
  readonly check: Uint8Array;
}

/** @param hashes hash of the entry at each position, in any order: no two partitions have an entry in common */
export function checkOf(hashes: readonly Uint8Array[]): Uint8Array {
  const check = new Uint8Array(checkBytes);
  for (const hash of hashes) for (let index = 0; index < checkBytes; index++) check[index]! ^= hash[index]!;
  return check;
}

/** @returns the check after one partition has moved from one entry to another */
export const movedCheck = (check: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array =>
  checkOf([check, from, to]);

/** @returns whether two vectors are the same place of the same history */
export const isSamePlace = (a: PositionVector, b: PositionVector): boolean =>
  a.epoch === b.epoch &&
  a.positions.length === b.positions.length &&
  a.positions.every((position, partition) => position === b.positions[partition]) &&
  a.check.every((byte, index) => byte === b.check[index]);

/** @returns whether `a` has nothing that lies behind `b` in any partition */
export const isWithin = (a: PositionVector, b: PositionVector): boolean =>
  a.positions.every((position, partition) => position <= (b.positions[partition] ?? 0));

/** Bytes that a number up to 2^53 − 1 takes at most. */
const numberBytesMax = 8;

/** @returns the bytes of a vector, as laid out above */
export function encodeVector(vector: PositionVector): Uint8Array {
  const { epoch, positions, check } = vector;
  const bytes = new Uint8Array(1 + (2 + positions.length) * numberBytesMax + checkBytes);
  bytes[0] = formatVersion;
  let offset = putNumber(bytes, putNumber(bytes, 1, epoch), positions.length);
  for (const position of positions) offset = putNumber(bytes, offset, position);
  bytes.set(check, offset);
  return bytes.slice(0, offset + checkBytes);
}

function putNumber(bytes: Uint8Array, start: number, value: number): number {
  let offset = start;
  let rest = value;
  while (rest >= 128) {
    bytes[offset++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  bytes[offset++] = rest;
  return offset;
}

/** @returns null when the bytes are no vector */
export function decodeVector(bytes: Uint8Array): PositionVector | null {
  if (bytes[0] !== formatVersion) return null;
  let offset = 1;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; offset < bytes.length && scale < 2 ** 53; scale *= 128) {
      const byte = bytes[offset++]!;
      value += (byte % 128) * scale;
      if (byte < 128) return Number.isSafeInteger(value) ? value : Number.NaN;
    }
    return Number.NaN;
  };
  const epoch = next();
  const count = next();
  if (Number.isNaN(epoch) || Number.isNaN(count) || count > bytes.length) return null;
  const positions = Array.from({ length: count }, next);
  const check = bytes.subarray(offset);
  return positions.some(Number.isNaN) || check.length !== checkBytes ? null : { epoch, positions, check };
}
