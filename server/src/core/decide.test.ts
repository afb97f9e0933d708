/** Whatever is asked for in whatever state: `decide` and the reference model agree. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { compareRun, type Group } from "../../test/model/compare.ts";
import { nowMs, past, template } from "../../test/model/generators.ts";
import { cases } from "../../test/model/property-settings.ts";

const timeoutMs = 20_000;

const group: fc.Arbitrary<Group> = fc.record({
  nowMs,
  templates: fc.array(template, { minLength: 1, maxLength: 8 }),
});

test(
  "outcomes, entries and levels are those of the reference model",
  () => {
    fc.assert(
      fc.property(past, fc.array(group, { minLength: 1, maxLength: 4 }), (book, groups) => compareRun(book, groups)),
      cases(4_000),
    );
    expect.hasAssertions();
  },
  timeoutMs,
);
