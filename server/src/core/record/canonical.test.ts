/** The canonical bytes of an entry: fixed for ever, and different for different entries. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { entry, entryFields, goldenEntry, readChainInput } from "../../../test/model/entries.ts";
import { cases } from "../../../test/model/property-settings.ts";
import { chainInput, commitmentInput } from "./canonical.ts";
import { genesisHash } from "./chain.ts";
import type { Entry } from "./entry.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (of: Entry, previousHash: Uint8Array = genesisHash): string => hex(chainInput(previousHash, of));

/** The golden entry's bytes, field by field. */
const goldenBytes = [
  "6f6e68616e642f656e7472792f3100", // domain "onhand/entry/1" and a zero
  "00".repeat(32), // previous hash
  "0000000000000003", // partition
  "0000000100000001", // sequence, above 32 bits
  "0000000000000001", // kind
  "0000000770726f64313233", // productId "prod123"
  "000000046c6f6331", // locationId "loc1"
  "010000000000000005", // itemNumber, present
  "000000000000000000", // previousSequence, absent
  "0000000000000002", // version
  "fffffffffffffffd", // delta on hand −3
  "0000000000000000", // delta reserved
  "0000000000000001", // delta unavailable
  "ffffffff00000000", // delta incoming −2^32
  "001fffffffffffff", // on hand 2^53 − 1
  "000000000000000a", // reserved
  "0000000000000001", // unavailable
  "0000000000000000", // incoming
  "0000000000000007", // safetyStock
  "010000000000000000", // reorderPoint 0, present
  "0000000000000001", // movementType
  "0000000000000001", // allowsNegative
  "0000018bcfe56800", // occurredAtMs
  "0000018bcfe5687b", // recordedAtMs
  "000000066b65795fc3a9", // actor "key_é" in UTF-8
  "00000000", // source, empty
  "000000057265715f31", // requestId "req_1"
  "ffffffff", // traceparent, absent
  "00000005333a372d38", // parts "3:7-8"
  "000000030102ff", // textCommitment
  "ffffffff", // detail, absent
].join("");

test("the bytes of a known entry are what they were in the first release", () => {
  expect(bytesOf(goldenEntry)).toBe(goldenBytes);
});

test("the bytes of known texts are what they were in the first release", () => {
  const salt = Uint8Array.from({ length: 16 }, (_, index) => index);
  const domain = "0000000d6f6e68616e642f746578742f31";
  const salted = "00000010000102030405060708090a0b0c0d0e0f";
  expect(hex(commitmentInput(salt, "broken", null))).toBe(`${domain}${salted}0000000662726f6b656effffffff`);
  expect(hex(commitmentInput(salt, null, ""))).toBe(`${domain}${salted}ffffffff00000000`);
});

test("every entry can be read back from its bytes, so no two entries share them", () => {
  const property = fc.property(entry, fc.uint8Array({ minLength: 32, maxLength: 32 }), (written, previousHash) => {
    const read = readChainInput(chainInput(previousHash, written));
    expect(read).toEqual({ domain: "onhand/entry/1\0", previousHash, entry: written });
  });
  fc.assert(property, cases(1_000));
});

test("changing any single field changes the bytes", () => {
  for (const [name, arbitrary] of Object.entries(entryFields)) {
    const field = name as keyof Entry;
    const property = fc.property(entry, arbitrary as fc.Arbitrary<unknown>, (original, value) => {
      const changed = { ...original, [field]: value } as Entry;
      expect(bytesOf(changed) === bytesOf(original)).toBe(Bun.deepEquals(changed, original, true));
    });
    fc.assert(property, cases(60));
  }
});

test("every entry field is part of the bytes", () => {
  for (const name of Object.keys(goldenEntry)) expect(Object.keys(entryFields)).toContain(name);
  expect(Object.keys(readChainInput(chainInput(genesisHash, goldenEntry)).entry)).toEqual(Object.keys(goldenEntry));
});

test("text cannot move between neighbouring fields", () => {
  const neighbours = [
    ["productId", "locationId"],
    ["actor", "source"],
    ["source", "requestId"],
    ["requestId", "traceparent"],
    ["traceparent", "parts"],
  ] as const;
  for (const [left, right] of neighbours) {
    const all = ["", "a", "ab", "b", "abb"].flatMap((first) =>
      ["bb", "b", "", "abb"].map((second) => bytesOf({ ...goldenEntry, [left]: first, [right]: second })),
    );
    expect(new Set(all).size).toBe(all.length);
  }
});

test("absent, empty and zero differ", () => {
  const variants: Partial<Entry>[] = [
    { detail: null },
    { detail: "" },
    { textCommitment: null, detail: null },
    { textCommitment: new Uint8Array(), detail: null },
    { itemNumber: null },
    { itemNumber: 0 },
    { previousSequence: 0 },
    { reorderPoint: null },
  ];
  const all = variants.map((variant) => bytesOf({ ...goldenEntry, ...variant }));
  expect(new Set(all).size).toBe(variants.length);
});

test("the previous hash is part of the bytes", () => {
  const property = fc.property(fc.nat({ max: 31 }), fc.integer({ min: 1, max: 255 }), (index, value) => {
    const other = genesisHash.slice();
    other[index] = value;
    expect(bytesOf(goldenEntry, other)).not.toBe(bytesOf(goldenEntry));
  });
  fc.assert(property, cases(50));
});

test("an entry larger than the buffer is written whole, and the next one is not touched by it", () => {
  const detail = "ü💄".repeat(50_000);
  const read = readChainInput(chainInput(genesisHash, { ...goldenEntry, detail }));
  expect(read.entry.detail).toBe(detail);
  expect(bytesOf(goldenEntry)).toBe(goldenBytes);
  const commitment = new Uint8Array(1_000_000).fill(9);
  const large = readChainInput(chainInput(genesisHash, { ...goldenEntry, textCommitment: commitment }));
  expect(large.entry.textCommitment).toEqual(commitment);
});
