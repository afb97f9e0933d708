import { describe, expect, test } from "bun:test";
import { problemKinds } from "@onhand/protocol/problems";
import { rejectionCodes } from "@onhand/protocol/vocabulary";
import { BatcherFull } from "../../lib/batcher.ts";
import { DatabaseUnavailable, KeyReused, OutcomeUnknown, Overloaded, PoisonCommand } from "../../writer/errors.ts";
import { explainFailure, problemOfRejection } from "./outcome-problems.ts";

describe("failures", () => {
  test.each([
    [new Overloaded("the queue is full"), "overloaded", 503],
    [new BatcherFull("too many reads are waiting"), "overloaded", 503],
    [new OutcomeUnknown("no answer to COMMIT"), "outcome_unknown", 503],
    [new DatabaseUnavailable("the database is away"), "not_ready", 503],
    [new KeyReused("used before"), "idempotency_key_reused", 422],
  ] as const)("%p is %s", (error, code, status) => {
    const problem = explainFailure(error)!;
    expect(problem).toMatchObject({ code, status, isRemembered: false });
    expect(problem.message).toMatch(/^\S.{20,}\.$/);
    expect(problem.headers["retry-after"]).toBe(status === 503 ? "1" : (undefined as unknown as string));
  });

  test("whether a command was committed is said to be unknown only when it is", () => {
    expect(explainFailure(new OutcomeUnknown("x"))!.message).toContain("same idempotency key");
    expect(explainFailure(new DatabaseUnavailable("x"))!.message).toContain("Nothing was changed");
  });

  test.each([
    [Object.assign(new Error("out of range"), { code: "22003" }), "validation_failed"],
    [Object.assign(new Error("counted too long ago"), { name: "CountTooOld" }), "validation_failed"],
  ])("a command that the database refuses for %p is the caller's", (cause, code) => {
    expect(explainFailure(new PoisonCommand("refused", { cause }))!.code).toBe(code as "validation_failed");
  });

  test.each([
    new Error("bug"),
    "text",
    null,
    undefined,
    new PoisonCommand("refused", { cause: Object.assign(new Error("check"), { code: "23514" }) }),
  ])("%p is not known here", (error) => expect(explainFailure(error)).toBeNull());
});

describe("refusals", () => {
  const sent = { body: { stockLevel: 4, reason: "x" }, takesIfMatch: true };

  test.each(rejectionCodes.map((code) => [code]))(
    "%s has the status of its code, and is the same at every repeat",
    (code) => {
      const problem = problemOfRejection(
        { code, line: 0, detail: "It is refused.", available: 1, requested: 2, currentVersion: 3 },
        sent,
      );
      expect(problem).toMatchObject({ code, status: problemKinds[code].status, isRemembered: true });
      expect(problem.message).toStartWith("It is refused.");
      expect(problem.fields.currentEtag).toBe('"3"');
    },
  );

  test("a stale If-Match is 412", () => {
    const rejection = {
      code: "version_conflict",
      line: 0,
      detail: "Stale.",
      currentVersion: 3,
      byIfMatch: true,
    } as const;
    expect(problemOfRejection(rejection, sent).status).toBe(412);
  });

  test("want of a guard shows what was sent, with a guard; a line of many cannot send If-Match", () => {
    const rejection = {
      code: "precondition_required",
      line: 0,
      detail: "Guard.",
      currentVersion: 3,
      available: 9,
    } as const;
    const { message } = problemOfRejection(rejection, sent);
    expect(message).toContain('If-Match: "3"');
    expect(message).toContain('{"stockLevel":4,"reason":"x","expectedVersion":3}');
    expect(problemOfRejection(rejection, { ...sent, takesIfMatch: false }).message).not.toContain("If-Match");
  });
});
