/**
 * Ids that carry their position: `inv_` and `mov_` ids are a partition and a sequence number in Crockford's base 32,
 * fixed width, so that they sort by partition and age and can be resolved with one key look-up.
 */
import type { OrderKind } from "@onhand/protocol/vocabulary";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const partitionDigits = 2;
const sequenceDigits = 11;

export interface Position {
  readonly partition: number;
  readonly sequence: number;
}

function encode(value: number, digits: number): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < digits; index++) {
    const digit = rest % 32;
    text = alphabet[digit] + text;
    rest = (rest - digit) / 32;
  }
  return text;
}

function decode(text: string): number | null {
  let value = 0;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) return null;
    value = value * 32 + digit;
  }
  return Number.isSafeInteger(value) ? value : null;
}

function format(prefix: string, partition: number, sequence: number): string {
  return prefix + encode(partition, partitionDigits) + encode(sequence, sequenceDigits);
}

function parse(prefix: string, id: string): Position | null {
  if (id.length !== prefix.length + partitionDigits + sequenceDigits || !id.startsWith(prefix)) return null;
  const partition = decode(id.slice(prefix.length, prefix.length + partitionDigits));
  const sequence = decode(id.slice(prefix.length + partitionDigits));
  return partition === null || sequence === null ? null : { partition, sequence };
}

/** Id of the item whose first entry has this position. */
export const formatInventoryId = (partition: number, sequence: number): string => format("inv_", partition, sequence);
/** @returns the position of the item's first entry, or null when the text is no inventory id. */
export const parseInventoryId = (id: string): Position | null => parse("inv_", id);
/** Id of the movement recorded by the entry at this position. */
export const formatMovementId = (partition: number, sequence: number): string => format("mov_", partition, sequence);
/** @returns the position of the entry, or null when the text is no movement id. */
export const parseMovementId = (id: string): Position | null => parse("mov_", id);

/** Prefix of the ids of orders on stock, by kind. */
const orderPrefixes = { reservation: "res_", transfer: "trf_", supply: "sup_" } as const;
/** Id of the order whose first entry has this position. */
export const formatOrderId = (kind: OrderKind, partition: number, sequence: number): string =>
  format(orderPrefixes[kind], partition, sequence);
/** @returns the position of the order's first entry, or null when the text is no id of that kind. */
export const parseOrderId = (kind: OrderKind, id: string): Position | null => parse(orderPrefixes[kind], id);
