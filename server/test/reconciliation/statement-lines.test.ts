import { describe, expect, test } from "bun:test";
import { piecesOf } from "../../src/cli/remote/statement-file.ts";
import { readStatement, StatementUnreadable } from "../../src/reconciliation/statement-lines.ts";

const nowMs = Date.parse("2026-11-21T20:00:00.000Z");
const read = (csv: string, fields: object = {}) => readStatement({ csv, ...fields }, nowMs);

describe("a statement as CSV", () => {
  test("names its columns as other systems do, with commas or semicolons", () => {
    const line = { line: 1, product: { sku: "A-1" }, location: { locationId: "shop" }, stockLevel: 7, asOfMs: nowMs };
    expect(read("SKU,Location ID,Stock Level\nA-1,shop,7\n")).toEqual([line]);
    expect(read("\uFEFFsku;location;on hand\nA-1;shop;7.0")).toEqual([line]);
    expect(read("sku,quantity\nA-1,7", { locationId: "shop" })).toEqual([line]);
  });

  test("takes its moment from the line, from the statement, or is of now", () => {
    const [line, other] = read("sku,stockLevel,asOf\nA,1,2026-11-21T20:00:00+02:00\nB,1,\n", {
      locationId: "shop",
      asOf: "2026-11-20T00:00:00Z",
    });
    expect(line).toMatchObject({ asOfMs: nowMs - 2 * 3_600_000 });
    expect(other).toMatchObject({ asOfMs: Date.parse("2026-11-20T00:00:00Z") });
  });

  test("a bad line is refused with its reason, and no other", () => {
    const lines = read(
      "sku,productId,location,stockLevel,asOf\nA,,s,1,\nA,b,s,1,\nA,,,1,\nA,,s,1.5,\nA,,s,,\nA,,s,99999999999999999999,\nA,,s,1,yesterday\nA,,s,1,2027-01-01T00:00:00Z\nB,,s,-2,\n",
    );
    expect(lines.map((line) => ("refused" in line ? line.line : "read"))).toEqual([
      "read",
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      "read",
    ]);
  });

  test("that cannot be read as a whole says what its heading has to be", () => {
    for (const csv of ["a,b\n1,2", "sku\nA", "stockLevel\n1", "sku,stockLevel\n", 'sku,stockLevel\n"A,1', ""])
      expect(() => read(csv)).toThrow(StatementUnreadable);
    expect(() => readStatement({}, nowMs)).toThrow(StatementUnreadable);
  });

  test("codes are those of a source", () => {
    expect(read("code,location,stock\nX,s,1")).toMatchObject([{ refused: expect.any(String) }]);
    expect(read("code,location code,stock\nX,5,1", { sourceId: "erp" })).toMatchObject([
      { product: { code: "X" }, location: { code: "5" } },
    ]);
  });
});

describe("a statement in a file", () => {
  test("is sent in pieces that know their first line, whatever stands in its fields", () => {
    const rows = Array.from({ length: 10_001 }, (_, index) => `"A ""${index}""; x",shop,${index}`);
    const pieces = piecesOf(`sku,location,stock\n${rows.join("\n")}\n`, "file");
    expect(pieces.map(({ firstLine }) => firstLine)).toEqual([1, 10_001]);
    expect(read(pieces[1]!.statement.csv!)).toMatchObject([{ product: { sku: 'A "10000"; x' }, stockLevel: 10_000 }]);
  });

  test("may be JSON, as a list, as lines or as a whole", () => {
    const line = { sku: "A", locationId: "shop", stockLevel: 1 };
    for (const text of [JSON.stringify([line]), JSON.stringify({ lines: [line] }), JSON.stringify(line)])
      expect(piecesOf(text, "file")).toEqual([{ firstLine: 1, statement: { lines: [line] } }]);
    expect(piecesOf(`${JSON.stringify(line)}\n${JSON.stringify(line)}\n`, "file")[0]!.statement.lines).toHaveLength(2);
    expect(() => piecesOf("{", "file")).toThrow();
    expect(() => piecesOf("  ", "file")).toThrow();
  });
});
