import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { columnsOf, headerLine, rowLine } from "./csv-writer.ts";
import { wholeListForm } from "./media-type.ts";
import { type ShapeOptions, shapeOf, strangeColumns } from "./row-shape.ts";
import { type RowFormat, RowsUnreadable, rowsOf, type SentRow } from "./row-source.ts";
import { RowsAhead } from "./rows-ahead.ts";

const csv: RowFormat = { type: "csv", delimiter: "," };
const ndjson: RowFormat = { type: "ndjson" };

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (let turn = 0; from < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length);
    yield bytes.slice(from, from + size);
    from += size;
  }
}

async function read(format: RowFormat, text: string | Uint8Array, sizes: readonly number[] = [7], isPacked = false) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const rows: SentRow[] = [];
  for await (const batch of rowsOf(pieces(bytes, sizes), format, isPacked)) rows.push(...batch);
  return rows;
}

describe("NDJSON", () => {
  test("is read whatever pieces it comes in, and lines are counted", async () => {
    const rows = fc.array(fc.record({ sku: fc.string(), n: fc.integer() }), { minLength: 1, maxLength: 20 });
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rows, sizes, fc.boolean(), fc.boolean(), async (sent, cut, isPacked, hasEnd) => {
        const text =
          sent.map((row) => JSON.stringify(row).replaceAll("\\u0000", "x")).join("\n") + (hasEnd ? "\n" : "");
        const came = await read(ndjson, isPacked ? gzipSync(text) : text, cut, isPacked);
        expect(came.map(({ row, line }) => [row, line])).toEqual(sent.map((_, index) => [index + 1, index + 1]));
      }),
      { numRuns: 60 },
    );
  });

  test("names the row that is no JSON, repeats a field, or is no UTF-8", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":1}\n\n{"a"\n{"a":1,"a":2}\n'),
      Buffer.from([0x22, 0xff, 0x22]),
      Buffer.from("\r\n{}"),
    ]);
    const rows = await read(ndjson, bytes, [bytes.length]);
    expect(rows.map(({ row, line }) => [row, line])).toEqual([
      [1, 1],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
    ]);
    expect(rows[1]!.fault).toContain("The row is no JSON");
    expect(rows[2]!.fault).toContain("Duplicate key");
    expect(rows[3]!.fault).toContain("UTF-8");
    expect(rows[4]!.fields).toEqual({});
  });

  test("whose line never ends is not gathered without end", async () => {
    await expect(read(ndjson, "x".repeat(300_000), [50_000])).rejects.toThrow(RowsUnreadable);
  });
});

describe("CSV", () => {
  test("that was written here is read again as it was, whatever is in it", async () => {
    const cell = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "").toWellFormed());
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ a: cell, b: cell }), { maxLength: 12 }), sizes, async (rows, cut) => {
        const text = headerLine(["a", "b"]) + rows.map((row) => rowLine(["a", "b"], row)).join("");
        const came = await read(csv, text, cut);
        const withText = ({ a, b }: { a: string; b: string }) => ({
          ...(a === "" ? {} : { a }),
          ...(b === "" ? {} : { b }),
        });
        expect(came.map(({ fields }) => ({ ...(fields as object) }))).toEqual(rows.map(withText));
      }),
      { numRuns: 80 },
    );
  });

  test("says on which line a row begins, and which row has too few fields", async () => {
    const rows = await read(csv, 'a,b\n1,"x\ny"\n2\n\n3,4');
    expect(rows).toMatchObject([
      { row: 1, line: 2, fields: { a: "1", b: "x\ny" } },
      { row: 2, line: 4, fault: "The row has 1 fields, the header has 2." },
      { row: 3, line: 6, fields: { a: "3", b: "4" } },
    ]);
  });

  test.each([
    ["a,a\n1,2", "twice"],
    ['a,b\n1,"2', "never closed"],
    ["", "is empty"],
  ])("%j cannot be read: %s", async (text, why) => {
    await expect(read(csv, text)).rejects.toThrow(why);
  });

  test("that is no UTF-8 is refused, not mended", async () => {
    await expect(read(csv, Buffer.from([0x61, 0x0a, 0xe9, 0x0a]))).rejects.toThrow("UTF-8");
  });
});

describe("a shape", () => {
  const base: ShapeOptions = { list: "products", map: {}, defaults: {}, others: "refuse", isText: true };

  test("reads text as its field is, and leaves what it cannot read to the check", () => {
    const shape = shapeOf({ ...base, list: "inventory" });
    const sent = {
      sku: "007",
      adjustment: "-3",
      allowNegative: "true",
      expectedStockLevel: "null",
      expectedVersion: "x",
    };
    expect(shape(sent)).toEqual({
      sku: "007",
      adjustment: -3,
      allowNegative: true,
      expectedStockLevel: null,
      expectedVersion: "x",
    });
    expect(shape({ adjustment: "99999999999999999999" })).toEqual({ adjustment: "99999999999999999999" });
    expect(shapeOf(base)({ price: "1.50", "prices.EUR": "2", attributes: '{"a":[1]}', "attributes.b": "c" })).toEqual({
      price: 1.5,
      prices: { EUR: 2 },
      attributes: { a: [1], b: "c" },
    });
  });

  test("renames, fills in, and does with other columns what was asked", () => {
    const options = { ...base, map: { sku: "code" }, defaults: { currency: "CHF" } };
    expect(shapeOf(options)({ code: "1", hue: "red" })).toEqual({ sku: "1", hue: "red", currency: "CHF" });
    expect(shapeOf({ ...options, others: "ignore" })({ code: "1", hue: "red" })).toEqual({ sku: "1", currency: "CHF" });
    expect(shapeOf({ ...options, others: "attributes" })({ hue: "red" })).toEqual({
      attributes: { hue: "red" },
      currency: "CHF",
    });
    expect(strangeColumns(options, ["code", "hue", "prices.EUR"])).toEqual(["hue"]);
    expect(strangeColumns({ ...options, others: "ignore" }, ["hue"])).toEqual([]);
  });

  test("takes names that every object has for what they are", () => {
    const shape = shapeOf({ ...base, others: "attributes" });
    const fields = shape(JSON.parse('{"__proto__":"x","constructor":"y"}'));
    expect(Object.keys(fields.attributes as object).sort()).toEqual(["__proto__", "constructor"]);
  });
});

describe("reading ahead", () => {
  test("stops where so much has gathered, and goes on when it is taken", async () => {
    let made = 0;
    async function* source(): AsyncGenerator<SentRow[]> {
      for (;;) {
        made += 1_000;
        yield Array.from({ length: 1_000 }, (_, index) => ({ row: made - 999 + index, line: 1, fields: {} }));
      }
    }
    const ahead = new RowsAhead(source());
    let last = 0;
    for (let turn = 0; turn < 40; turn++) {
      const rows = (await ahead.take())!;
      expect(rows[0]!.row).toBe(last + 1);
      last = rows.at(-1)!.row;
      expect(made - last).toBeLessThanOrEqual(6_000);
    }
    ahead.stop();
  });

  test("hands over what came before a failure", async () => {
    async function* source(): AsyncGenerator<SentRow[]> {
      yield [{ row: 1, line: 1, fields: {} }];
      throw new RowsUnreadable("broken");
    }
    const ahead = new RowsAhead(source());
    expect(await ahead.take()).toHaveLength(1);
    await expect(ahead.take()).rejects.toThrow("broken");
  });
});

test("the columns of a list are those of its rows' form", () => {
  const forms = {
    anyOf: [
      { properties: { a: {}, b: {} }, required: ["a"] },
      { properties: { c: {} }, required: ["c"] },
    ],
  };
  expect(columnsOf(forms, { c: 1 })).toEqual(["c"]);
  expect(columnsOf(forms, undefined)).toEqual(["a", "b"]);
});

test.each([
  [null, null],
  ["*/*", null],
  ["application/json, text/csv;q=0.5", null],
  ["text/csv", "csv"],
  ["text/html, application/x-ndjson;q=0.9, text/csv;q=0.8", "ndjson"],
  ["text/csv;q=0", null],
])("Accept: %p means %p", (accept, form) => expect(wholeListForm(accept)).toBe(form as "csv" | null));
