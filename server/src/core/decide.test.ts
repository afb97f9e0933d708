/** Whatever is asked for in whatever state: `decide` and the reference model agree. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { compareRun, type Group } from "../../test/model/compare.ts";
import { clockSteps, dueReadMax, nowMs, startMs } from "../../test/model/draws.ts";
import { manyDue } from "../../test/model/generate-due.ts";
import { past, stockedPast } from "../../test/model/generate-past.ts";
import { businessTemplate, template } from "../../test/model/generators.ts";
import { cases } from "../../test/model/property-settings.ts";

const timeoutMs = 120_000;

const group: fc.Arbitrary<Group> = fc.record({
  nowMs,
  templates: fc.array(template, { minLength: 1, maxLength: 8 }),
});

test(
  "outcomes, entries and levels are those of the reference model",
  () => {
    fc.assert(
      fc.property(past, fc.array(group, { minLength: 1, maxLength: 4 }), (book, groups) => compareRun(book, groups)),
      cases(2_000),
    );
    expect.hasAssertions();
  },
  timeoutMs,
);

const step = fc.record({
  byMs: clockSteps,
  dueReadMax,
  templates: fc.array(businessTemplate, { minLength: 1, maxLength: 5 }),
});

test(
  "orders come to what the reference model says, from the first hold to the last unit",
  () => {
    const property = fc.property(stockedPast, fc.array(step, { minLength: 3, maxLength: 12 }), (book, steps) => {
      let nowMs = startMs;
      const groups = steps.map(({ byMs, ...group }) => {
        nowMs += byMs;
        return { nowMs, ...group };
      });
      compareRun(book, groups);
    });
    fc.assert(property, cases(800));
    expect.hasAssertions();
  },
  timeoutMs,
);

test(
  "with more due than is read, what rests on holds that are over is refused as not final, and nothing else",
  () => {
    fc.assert(fc.property(stockedPast, manyDue, compareRun), cases(300));
    expect.hasAssertions();
  },
  timeoutMs,
);
