/** One server at a time, each entry once: whatever is killed, taken over, restored or built anew. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { type Database, openDatabase } from "../../src/db/pool.ts";
import { raiseEpoch } from "../../src/journal/epoch.ts";
import type { Projection } from "../../src/projections/projection.ts";
import { projectionLimits } from "../../src/projections/projection-runner.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { openDatabaseGate } from "../support/database-gate.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { append, catchUp, headsOf, noLog, noMetrics, runnerOn, summingProjection, sums } from "./support.ts";

let database: TestDatabase;
let projection: Projection;
beforeEach(async () => {
  database = await createDatabase(3);
  projection = await summingProjection(database);
});
afterEach(() => database.close());

const many = (count: number, partition: number, productId: string) =>
  Array.from({ length: count }, () => ({ partition, productId }));

const leaseEnds = (): Promise<unknown> =>
  database.owner.query({ text: "UPDATE projection SET lease_until = now() - interval '1 second'" });

const isLeaseOver = async (): Promise<boolean> => {
  const text = "SELECT lease_until < clock_timestamp() AS is_over FROM projection";
  const { rows } = await database.owner.query<{ is_over: boolean }>({ text });
  return rows[0]!.is_over;
};

/** A projection that stops in the middle of its batches until it is told to go on. */
function slowly(fast: Projection): { slow: Projection; reached: Promise<void>; goOn(): void } {
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow: Projection = {
    ...fast,
    async digest(batch) {
      const write = await fast.digest(batch);
      reached.resolve();
      await gate.promise;
      return write;
    },
  };
  return { slow, reached: reached.promise, goOn: gate.resolve };
}

describe("a projection", () => {
  test("passes every entry once and sees only those of interest", async () => {
    await append(database, [
      ...many(25, 1, "soap"),
      { partition: 2, kind: entryKinds.productCreated, detail: { document: {} } },
      ...many(3, 3, "comb"),
    ]);
    const passed: number[] = [];
    const runner = runnerOn(database, projection, {
      metrics: { ...noMetrics, passed: (_, entries) => void passed.push(entries) },
    });
    await catchUp(runner);
    expect(await sums(database)).toEqual({ soap: [25, -25], comb: [3, -3] });
    expect(passed.reduce((a, b) => a + b)).toBe(29);
    expect(Math.max(...passed)).toBeLessThanOrEqual(10);
    expect(runner.behind).toBe(0);
    expect(await runner.step()).toBe("idle");
  });

  test("goes on where another process left off", async () => {
    await append(database, many(12, 1, "soap"));
    const first = runnerOn(database, projection);
    await catchUp(first);
    await first.stop();
    await append(database, many(5, 1, "soap"));
    await catchUp(runnerOn(database, projection, { serverId: "srv_2" }));
    expect(await sums(database)).toEqual({ soap: [17, -17] });
  });

  test("is built anew when it makes something else of entries, and left alone by servers that are older", async () => {
    await append(database, many(4, 1, "soap"));
    const old = runnerOn(database, projection);
    await catchUp(old);
    await database.owner.query({ text: "UPDATE summed SET on_hand = 99" });
    await old.stop();
    const newer = runnerOn(database, await summingProjection(database, 2), { serverId: "srv_2" });
    await catchUp(newer);
    await newer.stop();
    expect(await sums(database)).toEqual({ soap: [4, -4] });
    expect(await old.step()).toBe("elsewhere");
  });

  test("entries of a batch that cannot be digested are not skipped, and it goes on once they can", async () => {
    await append(database, many(3, 1, "soap"));
    let isBroken = true;
    const failures: string[] = [];
    const fragile: Projection = {
      ...projection,
      digest: (batch) => (isBroken ? Promise.reject(new Error("not today")) : projection.digest(batch)),
    };
    const runner = runnerOn(database, fragile, {
      metrics: { ...noMetrics, failed: (name) => void failures.push(name) },
    });
    await expect(runner.step()).rejects.toThrow("not today");
    expect(await sums(database)).toEqual({});
    isBroken = false;
    await catchUp(runner);
    expect(await sums(database)).toEqual({ soap: [3, -3] });
  });
});

describe("two servers", () => {
  test("one of them works, and the other takes over when it gives the lease back", async () => {
    await append(database, many(2, 1, "soap"));
    const first = runnerOn(database, projection);
    const second = runnerOn(database, projection, { serverId: "srv_2" });
    await catchUp(first);
    expect(await second.step()).toBe("elsewhere");
    expect([first.isHeld, second.isHeld]).toEqual([true, false]);
    await first.stop();
    await append(database, many(1, 1, "soap"));
    await catchUp(second);
    expect(await sums(database)).toEqual({ soap: [3, -3] });
  });

  test("one that was frozen in the middle of a batch writes nothing any more", async () => {
    await append(database, many(8, 1, "soap"));
    const { slow: freezing, reached, goOn: thaw } = slowly(projection);
    const frozen = runnerOn(database, freezing);
    const step = frozen.step();
    await reached;
    await leaseEnds();
    const other = runnerOn(database, projection, { serverId: "srv_2" });
    await catchUp(other);
    thaw();
    await expect(step).rejects.toMatchObject({ name: "ProjectionLost" });
    expect(await sums(database)).toEqual({ soap: [8, -8] });
    expect(await frozen.step()).toBe("elsewhere");
  });

  test("a batch that takes longer than the lease keeps it, and is counted", async () => {
    await append(database, many(8, 1, "soap"));
    const { slow, reached, goOn } = slowly(projection);
    const clock = new ManualClock();
    const runner = runnerOn(database, slow, { clock });
    const other = runnerOn(database, projection, { serverId: "srv_2" });
    const step = runner.step();
    await reached;
    for (let renewal = 0; renewal < 3; renewal++) {
      await leaseEnds();
      await clock.pass(projectionLimits.renewAfterMs);
      while (await isLeaseOver());
      expect(await other.step()).toBe("elsewhere");
    }
    goOn();
    expect(await step).toMatchObject({ passed: 8 });
    expect(clock.timers).toBe(0);
    expect(await sums(database)).toEqual({ soap: [8, -8] });
  });

  test("a batch that was worked out for nothing is counted and told of", async () => {
    await append(database, many(8, 1, "soap"));
    const { slow, reached, goOn } = slowly(projection);
    const [counted, logged] = [Promise.withResolvers<string>(), Promise.withResolvers<object>()];
    const runner = runnerOn(database, slow, {
      clock: new ManualClock(),
      metrics: { ...noMetrics, failed: counted.resolve },
      logger: { ...noLog, warn: (what: object) => logged.resolve(what) },
    });
    runner.start();
    await reached;
    await leaseEnds();
    const other = runnerOn(database, projection, { serverId: "srv_2" });
    await catchUp(other);
    goOn();
    expect(await counted.promise).toBe("summing");
    expect(await logged.promise).toMatchObject({ reason: expect.stringContaining("another server's") });
    await Promise.all([runner.stop(), other.stop()]);
    expect(await sums(database)).toEqual({ soap: [8, -8] });
  });

  test("many that race for every batch count each entry once", async () => {
    await append(database, [...many(60, 1, "soap"), ...many(60, 2, "comb"), ...many(60, 3, "brush")]);
    const runners = Array.from({ length: 4 }, (_, index) =>
      runnerOn(database, projection, { serverId: `srv_${index}` }),
    );
    for (let round = 0; round < 40; round++) {
      await leaseEnds();
      await Promise.allSettled(runners.map((runner) => runner.step()));
    }
    await leaseEnds();
    await catchUp(runners[0]!);
    expect(await sums(database)).toEqual({ brush: [60, -60], comb: [60, -60], soap: [60, -60] });
  });
});

describe("a history that went on otherwise", () => {
  test("a raised epoch under which every passed entry is still there changes nothing", async () => {
    await append(database, many(4, 1, "soap"));
    const runner = runnerOn(database, projection);
    await catchUp(runner);
    await raiseEpoch(database.owner, "tried out");
    await append(database, many(1, 1, "soap"));
    await catchUp(runner);
    expect(await sums(database)).toEqual({ soap: [5, -5] });
    const { rows } = await database.owner.query<{ epoch: number }>({ text: "SELECT epoch FROM projection" });
    expect(rows).toEqual([{ epoch: 2 }]);
  });

  test("where passed entries are gone, all of it is built anew", async () => {
    await append(database, [...many(4, 1, "soap"), ...many(2, 2, "comb")]);
    const runner = runnerOn(database, projection);
    await catchUp(runner);
    // The journal went back, the tables of the projection did not.
    await database.owner.query({ text: "DELETE FROM journal WHERE partition = 1 AND sequence > 2" });
    await database.owner.query({ text: "UPDATE partition_head SET sequence = 2 WHERE partition = 1" });
    await append(database, many(5, 1, "brush"));
    await raiseEpoch(database.owner, "restored");
    await catchUp(runner);
    expect(await sums(database)).toEqual({ brush: [5, -5], comb: [2, -2], soap: [2, -2] });
  });

  test("a cursor that went back under a running server is noticed before anything is written", async () => {
    await append(database, many(4, 1, "soap"));
    const runner = runnerOn(database, projection);
    await catchUp(runner);
    // As after a restore of everything: token and epoch are as they were.
    await database.owner.query({ text: "DELETE FROM projection_position; DELETE FROM summed" });
    await append(database, many(1, 1, "soap"));
    await expect(runner.step()).rejects.toMatchObject({ name: "ProjectionLost" });
    await leaseEnds();
    await catchUp(runner);
    expect(await sums(database)).toEqual({ soap: [5, -5] });
  });
});

describe("a connection that is cut", () => {
  test("at any moment, COMMIT included: each entry counts once", async () => {
    const gate = await openDatabaseGate(database.target.url);
    const through: Database = openDatabase({ url: gate.url }, { name: "gated", role: "application" }, 2);
    try {
      const runner = runnerOn(database, projection, { database: through, heads: headsOf(database.application) });
      for (let round = 0; round < 30; round++) {
        await append(database, many(7, 1 + (round % 3), `p${round % 3}`));
        const step = runner.step().catch(() => "cut");
        // Some turns of the event loop later than the time before: a statement further each.
        for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
        await gate.shut();
        await gate.open();
        await step;
        await leaseEnds();
      }
      await catchUp(runner);
      expect(await sums(database)).toEqual({ p0: [70, -70], p1: [70, -70], p2: [70, -70] });
    } finally {
      await through.close();
      await gate.close();
    }
  });
});

describe("a runner by itself", () => {
  test("works as long as there is something, waits, and asks for what another server builds", async () => {
    await append(database, many(25, 1, "soap"));
    const clock = new ManualClock();
    const runner = runnerOn(database, projection, { clock });
    runner.start();
    while ((await sums(database)).soap?.[0] !== 25) await clock.pass(1);
    await append(database, many(1, 1, "soap"));
    while ((await sums(database)).soap?.[0] !== 26) await clock.pass(projectionLimits.idleMs);
    const other = runnerOn(database, projection, { clock, serverId: "srv_2" });
    other.start();
    await runner.stop();
    while (!other.isHeld) await clock.pass(projectionLimits.claimEveryMs);
    await other.stop();
    expect(clock.timers).toBe(0);
    const { rows } = await database.owner.query({ text: "SELECT holder FROM projection" });
    expect(rows).toEqual([{ holder: null }]);
  });
});
