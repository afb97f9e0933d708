import { expect, test } from "bun:test";
import type { Command } from "../core/command.ts";
import { KeyReused, Overloaded } from "../writer/errors.ts";
import type { Settled } from "../writer/job.ts";
import { Submitter } from "./submitter.ts";

const outcome = { kind: "rejected", rejection: { code: "not_found", detail: "x", line: 0 } } as const;
const settled: Settled = { outcome, headVector: new Uint8Array(1), replayed: false };
const command = (key: string, requestHash = "h"): Command => ({
  kind: "inventory",
  lines: [],
  key,
  requestHash,
  actor: "a",
  source: null,
  requestId: "r",
  traceparent: null,
});

/** A submitter on a writer whose jobs the test settles. */
function open() {
  const jobs: { key: string; settle: (settled: Settled) => void; fail: (error: Error) => void }[] = [];
  const submitter = new Submitter({
    submitOne: ({ key }) => new Promise<Settled>((settle, fail) => void jobs.push({ key, settle, fail })),
  });
  return { submitter, jobs, keys: () => jobs.map(({ key }) => key) };
}

test("while the first is under way, a repeat waits for it and shares its outcome", async () => {
  const { submitter, jobs, keys } = open();
  const [first] = submitter.submit([command("a")]);
  const [again] = submitter.submit([command("a")]);
  const [other] = submitter.submit([command("a", "other")]);
  expect(other!).rejects.toBeInstanceOf(KeyReused);
  expect(keys()).toEqual(["a"]);
  expect(submitter.underWayCount).toBe(1);
  jobs[0]!.settle(settled);
  expect(await first!).toEqual(settled);
  expect(await again!).toEqual({ ...settled, replayed: true });
  await other!.catch(() => {});
  expect(submitter.underWayCount).toBe(0);
});

test("twins in one call are submitted once, and answered in their places", async () => {
  const { submitter, jobs, keys } = open();
  const answers = submitter.submit([command("a"), command("b"), command("a"), command("a", "other"), command("b")]);
  for (const { settle } of jobs) settle(settled);
  const results = await Promise.allSettled(answers);
  expect(keys()).toEqual(["a", "b"]);
  expect(results.map((result) => (result.status === "fulfilled" ? result.value.replayed : result.reason.name))).toEqual(
    [false, false, true, "KeyReused", true],
  );
});

test("a recent key for another request is refused without asking the writer", async () => {
  const { submitter, jobs, keys } = open();
  const [first] = submitter.submit([command("a")]);
  jobs[0]!.settle(settled);
  await first!;
  const [other] = submitter.submit([command("a", "other")]);
  expect(other!).rejects.toBeInstanceOf(KeyReused);
  await other!.catch(() => {});
  expect(keys()).toEqual(["a"]);
});

test("what failed is not remembered: the next try is a first one", async () => {
  const { submitter, jobs, keys } = open();
  const [first] = submitter.submit([command("a")]);
  const [again] = submitter.submit([command("a")]);
  jobs[0]!.fail(new Overloaded("full"));
  expect(first!).rejects.toBeInstanceOf(Overloaded);
  expect(again!).rejects.toBeInstanceOf(Overloaded);
  await Promise.allSettled([first!, again!]);
  const [next] = submitter.submit([command("a", "other")]);
  jobs[1]!.settle(settled);
  expect(await next!).toEqual(settled);
  expect(keys()).toEqual(["a", "a"]);
});
