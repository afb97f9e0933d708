import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  locationCommand,
  locationDocument,
  locationFields,
  productCommand,
  productDocument,
  productFields,
} from "./catalogue-commands.ts";
import type { RequestContext } from "./request-context.ts";

const context: RequestContext = {
  principal: { keyId: "key_1", name: "one", role: "writer" },
  idempotencyKey: "k",
  requestId: "req_1",
  traceparent: null,
  source: null,
};
const product = { sku: "S", name: "n" };
const location = { name: "n", type: "store" };

describe("money", () => {
  const textOf = (price: number): string | null => productDocument({ ...product, price }, "EUR").price;

  test.each([
    [49.99, "49.99"],
    [0.1, "0.1"],
    [0, "0"],
    [5, "5"],
    [999_999_999_999, "999999999999"],
    [1e-7, "0.0000001"],
    [12345678901.25, "12345678901.25"],
  ])("%p is kept as %p", (price, text) => expect(textOf(price)).toBe(text));

  test("every amount of up to 15 digits comes back as it was sent", () => {
    fc.assert(
      fc.property(fc.nat(999_999_999_999), fc.nat(3), (digits, places) => {
        const price = Number(`${digits}e-${places}`);
        expect(Number(textOf(price))).toBe(price);
        expect(textOf(price)).toMatch(/^\d+(\.\d+)?$/);
      }),
    );
  });
});

describe("documents", () => {
  test("what is absent takes its default", () => {
    expect(productDocument(product, "SEK")).toEqual({
      ...product,
      description: null,
      price: null,
      currency: "SEK",
      prices: {},
      attributes: {},
    });
    expect(locationDocument(location)).toEqual({
      ...location,
      region: null,
      timezone: null,
      currency: null,
      groups: [],
    });
  });

  test("a patch holds what it names, null included", () => {
    expect(productFields({})).toEqual({});
    expect(productFields({ price: null, description: null, prices: { EUR: 1.5 } })).toEqual({
      price: null,
      description: null,
      prices: { EUR: "1.5" },
    });
    expect(locationFields({ region: null, groups: [] })).toEqual({ region: null, groups: [] });
    expect(locationFields({})).toEqual({});
  });
});

describe("what makes two requests the same", () => {
  const create = { kind: "create", document: productDocument(product, "EUR") } as const;

  test("a made id makes no difference, a named one does", () => {
    const hashOf = (id: string, named: string | null) => productCommand(context, id, named, create, null).requestHash;
    expect(hashOf("prod_1", null)).toBe(hashOf("prod_2", null));
    expect(hashOf("a", "a")).not.toBe(hashOf("b", "b"));
    expect(hashOf("a", "a")).not.toBe(hashOf("a", null));
  });

  test("what is asked and the version that must be there make a difference", () => {
    const hashes = [
      productCommand(context, "a", "a", create, null),
      productCommand(context, "a", "a", { kind: "delete" }, null),
      productCommand(context, "a", "a", { kind: "delete" }, 1),
      productCommand(context, "a", "a", { kind: "patch", fields: {}, life: "archived" }, null),
      productCommand(context, "a", "a", { kind: "patch", fields: { price: null } }, null),
      locationCommand(context, "a", "a", { kind: "delete" }, null),
    ].map(({ requestHash }) => requestHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
