import { expect, test } from "bun:test";
import fc from "fast-check";
import { addDecimals, valuationOf } from "./valuation.ts";

test("decimal numbers are added without a trace of binary fractions", () => {
  expect(addDecimals(["0.1", "0.2"])).toBe("0.3");
  expect(addDecimals(["-1.5", "0.75"])).toBe("-0.75");
  expect(addDecimals(["99999999999999999999.01", "0.99"])).toBe("100000000000000000000");
  expect(addDecimals([])).toBe("0");
});

test("a sum is the sum of the scaled integers, whatever the digits", () => {
  const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 12 }));
  const textOf = ([scaled, digits]: readonly [bigint, number]): string => {
    const text = String(scaled < 0n ? -scaled : scaled).padStart(digits + 1, "0");
    const cut = text.length - digits;
    return `${scaled < 0n ? "-" : ""}${text.slice(0, cut)}${digits > 0 ? `.${text.slice(cut)}` : ""}`;
  };
  fc.assert(
    fc.property(fc.array(decimal), (decimals) => {
      const sum = decimals.reduce((total, [scaled, digits]) => total + scaled * 10n ** BigInt(12 - digits), 0n);
      const [whole = "0", fraction = ""] = addDecimals(decimals.map(textOf)).split(".");
      expect(BigInt(whole + fraction.padEnd(12, "0"))).toBe(sum);
    }),
  );
});

test("what has no rate or no price is told, and not counted as worth nothing", () => {
  const row = { products: 2, amount: "10", value: "10", rate: "1" };
  const valuation = valuationOf([
    { ...row, currency: "EUR", units: 5 },
    { ...row, currency: "USD", units: 7, rate: null, value: null },
    { ...row, currency: null, units: 3, rate: null, amount: null, value: null },
  ]);
  expect(valuation).toMatchObject({
    value: "10",
    units: 5,
    products: 2,
    unvalued: { units: 10, products: 4, currencies: ["USD"], withoutPrice: 2 },
  });
});
