import { describe, expect, test } from "bun:test";
import { type Drift, explainDrift } from "./explain-drift.ts";

const asOfMs = 1_000_000;
let sequence = 0;
const moved = (onHandDelta: number, occurredAtMs: number, recordedAtMs = occurredAtMs) => {
  sequence += 1;
  return { sequence, onHandDelta, occurredAtMs, recordedAtMs, actor: "key_1", source: null };
};
const explain = (fields: Partial<Drift>) =>
  explainDrift({ stated: 10, ours: 10, asOfMs, agreedMs: null, movements: [], isWhole: true, ...fields }, 3);

describe("what a statement differs by", () => {
  test("is explained by the shortest run of the newest movements that the source has not got", () => {
    const movements = [moved(-4, 10), moved(-1, 20), moved(-2, 30)];
    const { kind, movements: found, explanation } = explain({ stated: 13, movements });
    expect(kind).toBe("not_yet_there");
    expect(found).toEqual(movements.slice(1));
    expect(explanation).toContain("3 units more");
  });

  test("is explained by what was recorded late, though it happened early", () => {
    const late = moved(-5, 10, 900_000);
    const movements = [moved(-3, 500), late];
    expect(explain({ stated: 15, movements })).toMatchObject({ kind: "not_yet_there", movements: [late] });
  });

  test("is explained by one movement between others", () => {
    const one = moved(-7, 20);
    expect(explain({ stated: 17, movements: [moved(2, 10), one, moved(1, 30)] })).toMatchObject({
      kind: "not_yet_there",
      movements: [one],
    });
  });

  test("is explained by the first ones behind its time, which the source has already", () => {
    const next = moved(-2, asOfMs + 5);
    const movements = [moved(-1, 10), next, moved(-9, asOfMs + 10)];
    expect(explain({ stated: 8, movements })).toMatchObject({ kind: "already_there", movements: [next] });
  });

  test("is a surplus or a shortage where no movement makes it, with the first ones since both agreed", () => {
    const movements = [moved(4, 10), moved(5, 20), moved(6, 30), moved(7, 40)];
    const surplus = explain({ stated: 11, movements, agreedMs: 5 });
    expect(surplus).toMatchObject({ kind: "surplus", movements: movements.slice(0, 3) });
    expect(surplus.explanation).toContain("1970-01-01T00:00:00.005Z");
    expect(explain({ stated: 9 })).toMatchObject({ kind: "shortage", movements: [] });
    expect(explain({ stated: 9 }).explanation).toContain("1 unit fewer");
  });

  test("what is named as making the difference makes it, whatever moved", () => {
    for (let round = 0; round < 500; round++) {
      const movements = Array.from({ length: round % 12 }, (_, index) =>
        moved(((round * 7 + index * 13) % 9) - 4 || 1, (index * 37 * (round + 1)) % (asOfMs * 2), index),
      );
      const units = (round % 11) - 5 || 1;
      const { kind, movements: found } = explainDrift(
        { stated: 100 + units, ours: 100, asOfMs, agreedMs: null, movements, isWhole: true },
        20,
      );
      const total = found.reduce((sum, { onHandDelta }) => sum + onHandDelta, 0);
      if (kind === "not_yet_there") expect(total).toBe(-units);
      else if (kind === "already_there") expect(total).toBe(units);
      else expect(kind).toBe(units > 0 ? "surplus" : "shortage");
    }
  });
});
