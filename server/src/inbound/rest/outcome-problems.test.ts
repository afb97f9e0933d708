import { describe, expect, test } from "bun:test";
import { problemKinds } from "@onhand/protocol/problems";
import { rejectionCodes } from "@onhand/protocol/vocabulary";
import { BatcherFull } from "../../lib/batcher.ts";
import { DatabaseUnavailable, KeyReused, OutcomeUnknown, Overloaded, PoisonCommand } from "../../writer/errors.ts";
import { explainFailure, problemOfRejection } from "./outcome-problems.ts";

describe("failures", () => {
  test.each([
    ["overloaded", 503, new Overloaded("the queue is full")],
    ["overloaded", 503, new BatcherFull("too many reads are waiting")],
    ["outcome_unknown", 503, new OutcomeUnknown("no answer to COMMIT")],
    ["not_ready", 503, new DatabaseUnavailable("the database is away")],
    ["idempotency_key_reused", 422, new KeyReused("used before")],
  ] as const)("%s %d", (code, status, error) => {
    const problem = explainFailure(error)!;
    expect(problem).toMatchObject({ code, status, isRemembered: false });
    expect(problem.message).toMatch(/^\S.{20,}\.$/);
    expect(problem.headers).toEqual(status === 503 ? { "retry-after": "1" } : {});
  });

  test("whether a command was committed is said to be unknown only when it is", () => {
    expect(explainFailure(new OutcomeUnknown("x"))!.message).toContain("same idempotency key");
    expect(explainFailure(new DatabaseUnavailable("x"))!.message).toMatch(/nothing/i);
  });

  test("a command that the database refuses may be the caller's fault", () => {
    const cause = Object.assign(new Error("refused"), { code: "22003" });
    expect(explainFailure(new PoisonCommand("refused", { cause }))!.code).toBe("validation_failed");
  });

  test("anything else is not known here", () => {
    const check = Object.assign(new Error("check"), { code: "23514" });
    for (const error of [new Error("bug"), "text", null, undefined, new PoisonCommand("refused", { cause: check })])
      expect(explainFailure(error)).toBeNull();
  });
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

  test("a line that asks for too much is named, where there are several", () => {
    const rejection = { code: "insufficient_stock", line: 2, detail: "Too few.", available: 1, requested: 2 } as const;
    expect(problemOfRejection(rejection, sent).fields.errors).toBeUndefined();
    const { errors } = problemOfRejection(rejection, { ...sent, hasLines: true }).fields;
    expect(errors).toEqual([{ pointer: "/lines/2/quantity", message: "Too few." }]);
  });

  test.each([
    ["a SKU that moved", { code: "not_found" }],
    ["a buyer's other reservations", { code: "version_conflict", needsPartitions: [1] }],
    ["holds that run out", { code: "insufficient_stock", available: 0, requested: 1 }],
    ["a limit that counts holds that run out", { code: "hold_limit_exceeded", limit: 1, requested: 2 }],
  ] as const)("%s makes it no answer: it may be sent again under its key", (_, more) => {
    const problem = problemOfRejection({ line: 0, detail: "Stale.", isStale: true, ...more }, sent);
    expect(problem).toMatchObject({ code: "overloaded", status: 503, isRemembered: false });
    expect(problem.message).toContain("same idempotency key");
    const isOfHolds = ["insufficient_stock", "hold_limit_exceeded"].includes(more.code);
    expect(problem.message.startsWith("More holds are running out")).toBe(isOfHolds);
    expect(problem.headers).toEqual({ "retry-after": "1" });
  });

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
