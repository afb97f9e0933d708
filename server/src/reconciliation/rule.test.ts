import { describe, expect, test } from "bun:test";
import { type Finding, subjectOf } from "./difference.ts";
import { correctedBy, type Rule, toleratedBy } from "./rule.ts";

const finding = (units: number, fields: Partial<Finding> = {}): Finding => ({
  subject: subjectOf("statement", { partition: 1, productId: "soap", locationId: "shop", sourceId: "erp" }),
  expected: { onHand: 200 },
  found: { onHand: 200 + units },
  units,
  firstSequence: null,
  explanation: "",
  drift: { kind: units > 0 ? "surplus" : "shortage", movements: [] },
  ...fields,
});
const rule = (fields: Partial<Rule>): Rule => ({
  ruleId: "r",
  name: "a rule",
  sourceId: null,
  locationId: null,
  productId: null,
  tolerance: { units: 0, percent: 0 },
  correct: null,
  ...fields,
});

describe("a tolerance", () => {
  test("is in units or in percent of what the journal says, whichever is wider", () => {
    const rules = [rule({ tolerance: { units: 2, percent: 2 } })];
    expect(toleratedBy(rules, finding(4))).not.toBeNull();
    expect(toleratedBy(rules, finding(-5))).toBeNull();
    expect(toleratedBy(rules, finding(2, { expected: { onHand: 0 } }))).not.toBeNull();
  });

  test("holds only where its rule does, and never for what the journal itself gets wrong", () => {
    const wide = { tolerance: { units: 100, percent: 100 } };
    expect(toleratedBy([rule({ ...wide, sourceId: "till" })], finding(1))).toBeNull();
    expect(toleratedBy([rule({ ...wide, locationId: "shop" })], finding(1))).not.toBeNull();
    const level = finding(1, { subject: subjectOf("level", { partition: 1, productId: "soap", locationId: "shop" }) });
    expect(toleratedBy([rule(wide)], level)).toBeNull();
    expect(toleratedBy([rule({})], finding(1))).toBeNull();
  });
});

describe("a correction", () => {
  const correct = { kinds: ["shortage"], unitsMax: 5, afterSeconds: 60 } as const;
  const rules = [rule({ correct })];

  test("needs a rule that names its kind, allows so many units, and has waited", () => {
    expect(correctedBy(rules, finding(-5), 60_000)).toBe(rules[0]!);
    expect(correctedBy(rules, finding(-6), 60_000)).toBeNull();
    expect(correctedBy(rules, finding(5), 60_000)).toBeNull();
    expect(correctedBy(rules, finding(-5), 59_999)).toBeNull();
    expect(correctedBy([rule({})], finding(-5), 60_000)).toBeNull();
    expect(correctedBy([rule({ correct, productId: "comb" })], finding(-5), 60_000)).toBeNull();
  });
});
