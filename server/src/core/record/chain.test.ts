/** The hash chain of a partition. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { entry, goldenEntry } from "../../../test/model/entries.ts";
import { cases } from "../../../test/model/property-settings.ts";
import { chainInput } from "./canonical.ts";
import { commitmentOf, genesisHash, hashEntries, linkHash } from "./chain.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("the hash of a known entry is what it was in the first release", () => {
  expect(hex(genesisHash)).toBe("00".repeat(32));
  expect(hex(linkHash(genesisHash, goldenEntry))).toBe(
    "18bba0d464e8d036c9ed15609c9faf45de128bef525438ba109f77fbea22cd7a",
  );
  expect(hex(linkHash(linkHash(genesisHash, goldenEntry), goldenEntry))).toBe(
    "b4b340ede39af6cbaff2178c2f658cd2fbb504998be814802e5ec471ee5a2ce2",
  );
});

test("a hash is SHA-256 of the canonical bytes", () => {
  const property = fc.property(entry, (of) => {
    const expected = createHash("sha256").update(chainInput(genesisHash, of)).digest("hex");
    expect(hex(linkHash(genesisHash, of))).toBe(expected);
  });
  fc.assert(property, cases(100));
});

test("entries of mixed partitions are chained each behind the last of its own", () => {
  const property = fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
    const mixed = entries.map((of) => ({ ...of, partition: of.partition % 3 }));
    const first = (partition: number) => new Uint8Array(32).fill(partition + 1);
    const hashes = hashEntries(mixed, first);
    const sealed = mixed.map((of, index) => ({ ...of, hash: hashes[index]! }));
    for (const partition of [0, 1, 2]) {
      let last: Uint8Array = first(partition);
      for (const link of sealed.filter((of) => of.partition === partition)) {
        last = linkHash(last, link);
        expect(hex(link.hash)).toBe(hex(last));
      }
    }
  });
  fc.assert(property, cases(100));
});

test("sealing in two goes gives the same hashes as in one", () => {
  const property = fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), fc.nat(), (entries, at) => {
    const all = entries.map((of) => ({ ...of, partition: 1 }));
    const cut = at % all.length;
    const whole = hashEntries(all, () => genesisHash);
    const start = hashEntries(all.slice(0, cut), () => genesisHash);
    const end = hashEntries(all.slice(cut), () => start.at(-1) ?? genesisHash);
    expect([...start, ...end].map(hex)).toEqual(whole.map(hex));
  });
  fc.assert(property, cases(100));
});

test("a hash stays what it is when more entries are hashed after it", () => {
  const first = linkHash(genesisHash, goldenEntry);
  const before = hex(first);
  linkHash(first, { ...goldenEntry, actor: "another" });
  expect(hex(first)).toBe(before);
});

test("a commitment depends on the salt and on each text for itself", () => {
  const salt = new Uint8Array(16);
  const other = new Uint8Array(16).fill(1);
  const commitments = [
    commitmentOf(salt, "ab", "c"),
    commitmentOf(salt, "a", "bc"),
    commitmentOf(salt, "abc", null),
    commitmentOf(salt, null, "abc"),
    commitmentOf(salt, "abc", ""),
    commitmentOf(salt, null, null),
    commitmentOf(other, "ab", "c"),
  ].map(hex);
  expect(new Set(commitments).size).toBe(commitments.length);
  expect(commitments[0]).toBe("a36fbf31a76b76e541ef110659af70cf4ff14d9c45c3f9e08eeb1df4d87c1900");
  expect(hex(commitmentOf(salt, "ab", "c"))).toBe(commitments[0]!);
});
