/**
 * One-dimensional arrays in PostgreSQL's binary format, for `unnest($1::…[])`. `pg` sends a Buffer as a binary parameter.
 *
 * Layout: dimensions, has-null flag, element type, length, lower bound, then each element with its length in front, all
 * big-endian 32-bit. Text arrays cost client and server a parse of every element; a yardstick should not be slowed by that.
 */

const OID_BYTEA = 17;
const OID_INT8 = 20;
const OID_TEXT = 25;
const OID_UUID = 2950;
const HEADER_BYTES = 20;

/** Whole numbers as `bigint[]`. */
export function int8Array(values: ArrayLike<number>): Buffer {
  const bytes = startArray(OID_INT8, values.length, values.length * 12);
  for (let index = 0, offset = HEADER_BYTES; index < values.length; index++, offset += 12) {
    const value = values[index]!;
    bytes.writeInt32BE(8, offset);
    const high = Math.floor(value / 0x1_0000_0000);
    bytes.writeInt32BE(high, offset + 4);
    bytes.writeUInt32BE(value - high * 0x1_0000_0000, offset + 8);
  }
  return bytes;
}

/** Strings as `text[]`. */
export function textArray(values: readonly string[]): Buffer {
  let elementBytes = 0;
  for (const value of values) elementBytes += 4 + Buffer.byteLength(value);
  const bytes = startArray(OID_TEXT, values.length, elementBytes);
  let offset = HEADER_BYTES;
  for (const value of values) {
    const length = bytes.write(value, offset + 4);
    bytes.writeInt32BE(length, offset);
    offset += 4 + length;
  }
  return bytes;
}

/** Byte strings as `bytea[]`. */
export function byteaArray(values: readonly Uint8Array[]): Buffer {
  return bytesArray(OID_BYTEA, values);
}

/** Sixteen bytes each as `uuid[]`. */
export function uuidArray(values: readonly Uint8Array[]): Buffer {
  return bytesArray(OID_UUID, values);
}

function bytesArray(elementType: number, values: readonly Uint8Array[]): Buffer {
  let elementBytes = 0;
  for (const value of values) elementBytes += 4 + value.length;
  const bytes = startArray(elementType, values.length, elementBytes);
  let offset = HEADER_BYTES;
  for (const value of values) {
    bytes.writeInt32BE(value.length, offset);
    bytes.set(value, offset + 4);
    offset += 4 + value.length;
  }
  return bytes;
}

function startArray(elementType: number, length: number, elementBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + elementBytes);
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(0, 4);
  bytes.writeInt32BE(elementType, 8);
  bytes.writeInt32BE(length, 12);
  bytes.writeInt32BE(1, 16);
  return bytes;
}
