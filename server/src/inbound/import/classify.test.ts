import { expect, test } from "bun:test";
import { Classifier, type Movement, type Verdict } from "./classify.ts";
import { loadMapping } from "./load-mapping.ts";
import { checkMapping, MappingProblem } from "./mapping.ts";

const columns = [
  "InvoiceNo",
  "StockCode",
  "Description",
  "Quantity",
  "InvoiceDate",
  "UnitPrice",
  "CustomerID",
  "Country",
];
const mapping = await loadMapping("online-retail");

/** A row of the data set with some of its fields changed. */
function row(changes: Readonly<Record<string, string>> = {}): string[] {
  const usual: Record<string, string> = {
    InvoiceNo: "536365",
    StockCode: "71053",
    Description: "WHITE METAL LANTERN",
    Quantity: "6",
    InvoiceDate: "2010-12-01 08:26:00",
    UnitPrice: "3.39",
    CustomerID: "17850",
    Country: "United Kingdom",
  };
  return columns.map((column) => changes[column] ?? usual[column]!);
}

const classify = (...rows: string[][]): Verdict[] => {
  const classifier = new Classifier(mapping, columns);
  return rows.map((fields, index) => classifier.classify({ line: index + 2, fields }));
};

function movementOf(changes: Readonly<Record<string, string>>): Movement {
  const [verdict] = classify(row(changes));
  if (verdict?.kind !== "movement") throw new Error(`is ${verdict?.kind}, not a movement`);
  return verdict.movement;
}

const kindOf = (changes: Readonly<Record<string, string>>): string => classify(row(changes))[0]!.kind;

test("a positive quantity is a sale that takes stock", () => {
  expect(movementOf({})).toMatchObject({
    class: "applied",
    movementType: "sale",
    adjustment: -6,
    sku: "71053",
    name: "WHITE METAL LANTERN",
    reference: "536365",
    price: "3.39",
    currency: "GBP",
    market: "United Kingdom",
    occurredAtMs: Date.UTC(2010, 11, 1, 8, 26),
  });
});

test("a cancellation brings the goods back and counts as cancelled", () => {
  expect(movementOf({ InvoiceNo: "C541433", Quantity: "-74215" })).toMatchObject({
    class: "cancelled",
    movementType: "return",
    adjustment: 74_215,
  });
});

test("a negative quantity without a cancellation is a write-off, and its description says why", () => {
  expect(movementOf({ Quantity: "-12", Description: "damages" })).toMatchObject({
    class: "applied",
    movementType: "loss",
    adjustment: -12,
    reason: "damages",
    name: null,
  });
});

test.each(["POST", "DOT", "M", "m", "C2", "D", "S", "AMAZONFEE", "BANK CHARGES", "CRUK", "B", "PADS", "gift_0001_20"])(
  "the code %s is not goods",
  (code) => expect(kindOf({ StockCode: code })).toBe("notGoods"),
);

test("an adjustment of bad debt is not goods, whatever its price", () => {
  expect(kindOf({ InvoiceNo: "A563185", StockCode: "B", UnitPrice: "-11062.06" })).toBe("notGoods");
});

test("a cancelled postage is not goods either", () => {
  expect(kindOf({ InvoiceNo: "C536379", StockCode: "D", Quantity: "-1" })).toBe("notGoods");
});

test.each(["DCGSSBOY", "DCGS0066P"])("the code %s is goods", (code) => {
  expect(movementOf({ StockCode: code }).sku).toBe(code);
});

test("codes that differ only by letter case are one product", () => {
  expect(movementOf({ StockCode: "85123a" }).sku).toBe("85123A");
});

test("a row without description, price or customer is a sale like any other", () => {
  expect(movementOf({ Description: "", UnitPrice: "0", CustomerID: "" })).toMatchObject({
    movementType: "sale",
    name: null,
    price: null,
  });
});

test("an exact copy of an earlier row is a duplicate; a row that differs in the customer is not", () => {
  const kinds = classify(row(), row(), row({ CustomerID: "1" }), row()).map(({ kind }) => kind);
  expect(kinds).toEqual(["movement", "duplicate", "movement", "duplicate"]);
});

test("copies that are kept have keys of their own, the same in every run", () => {
  const keep = checkMapping({ ...mapping, repeatedRows: "keep" }, "keep");
  const keysOf = (): string[] => {
    const classifier = new Classifier(keep, columns);
    return [row(), row()].map((fields, index) => {
      const verdict = classifier.classify({ line: index + 2, fields });
      return verdict.kind === "movement" ? verdict.movement.rowKey : "";
    });
  };
  const [first, second] = keysOf();
  expect(second).toBe(`${first}/2`);
  expect(keysOf()).toEqual([first!, second!]);
});

test("the key of a row does not depend on the order of the columns", () => {
  const turned = new Classifier(mapping, columns.toReversed());
  const verdict = turned.classify({ line: 2, fields: row().toReversed() });
  expect(verdict).toMatchObject({ kind: "movement", movement: { rowKey: movementOf({}).rowKey } });
});

test("with row ids, they alone tell rows apart", () => {
  const byInvoice = checkMapping({ ...mapping, rowId: ["InvoiceNo", "StockCode"] }, "ids");
  const classifier = new Classifier(byInvoice, columns);
  const kinds = [row(), row({ Quantity: "7" }), row({ StockCode: "22752" })].map(
    (fields, index) => classifier.classify({ line: index + 2, fields }).kind,
  );
  expect(kinds).toEqual(["movement", "duplicate", "movement"]);
});

test.each([
  [{ Quantity: "0" }, "quantity 0"],
  [{ Quantity: "six" }, "no whole number"],
  [{ Quantity: "1.5" }, "no whole number"],
  [{ Quantity: "9007199254740993" }, "beyond"],
  [{ StockCode: " " }, "no stock code"],
  [{ StockCode: ".." }, "cannot be a SKU"],
  [{ InvoiceDate: "2010-02-30 08:00:00" }, "time"],
  [{ InvoiceDate: "1.12.2010" }, "time"],
  [{ Country: "" }, "no market"],
])("%j is malformed: %s", (changes, problem) => {
  expect(classify(row(changes as Record<string, string>))[0]).toEqual({
    kind: "malformed",
    problem: expect.stringContaining(problem),
  });
});

test("a row with too few fields is malformed", () => {
  expect(classify(["536365", "71053"])[0]).toMatchObject({
    kind: "malformed",
    problem: "has 2 fields, the header has 8",
  });
});

test("a row that fits no rule is malformed", () => {
  const strict = checkMapping({ ...mapping, rules: mapping.rules.slice(0, 1) }, "strict");
  const verdict = new Classifier(strict, columns).classify({ line: 2, fields: row() });
  expect(verdict).toMatchObject({ kind: "malformed", problem: "fits no rule of the mapping" });
});

test("text that the database cannot hold is cleaned", () => {
  expect(movementOf({ Description: "LAN\0TERN \ud800" }).name).toBe("LANTERN \ufffd");
});

test("a file without a column of the mapping is refused, and the message says which", () => {
  expect(() => new Classifier(mapping, ["InvoiceNo", "Code"])).toThrow(MappingProblem);
  expect(() => new Classifier(mapping, ["InvoiceNo", "Code"])).toThrow('no column "StockCode"');
});
