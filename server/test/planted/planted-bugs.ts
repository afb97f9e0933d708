/**
 * Bugs that are planted in a copy of the code, one at a time, to show that the suite would catch them. None of them is
 * in what ships: the copy lies in a temporary folder and is thrown away.
 */
export interface PlantedBug {
  readonly name: string;
  /** What would go wrong for whoever relies on the service. */
  readonly harm: string;
  /** File relative to the repository, and what stands there exactly once. */
  readonly file: string;
  readonly original: string;
  readonly planted: string;
  /** Tests that must fail with it. */
  readonly caughtBy: readonly string[];
}

const writerTests = "server/src/writer/writer.pg.test.ts";
/** Every operation, held against the reference model. */
const businessTests = "server/src/core/decide.test.ts";
const aheadTests = "server/test/faults/deciding-ahead.pg.test.ts";

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "lost update",
    harm: "a server overwrites what another one wrote in between",
    file: "server/src/writer/catch-up.ts",
    original: "cache.catchUp(partition, await transaction.entriesAfter(partition, known!.sequence), epoch)",
    planted: "await transaction.entriesAfter(partition, known!.sequence)",
    caughtBy: [writerTests],
  },
  {
    name: "double apply",
    harm: "a retry under the same key takes effect again",
    file: "server/src/journal/sql/append-group.ts",
    original: "require_written('results', (SELECT count(*) FROM remembered), $71::bigint)",
    planted: "require_written('results', $71::bigint, $71::bigint)",
    caughtBy: [writerTests],
  },
  {
    name: "skipped number",
    harm: "a reader of the feed sees a gap and cannot tell it from a lost change",
    file: "server/src/core/state.ts",
    original: "return this.head(partition).sequence + 1;",
    planted: "return this.head(partition).sequence + (this.entries.length === 2 ? 2 : 1);",
    caughtBy: [businessTests],
  },
  {
    name: "phantom success",
    harm: "callers are told of changes that the database rolled back",
    file: "server/src/journal/group-transaction.ts",
    original: "throw error instanceof ConnectionLost ? new CommitUnknown(error.message, { cause: error }) : error;",
    planted: "return;",
    caughtBy: [writerTests],
  },
  {
    name: "early answer",
    harm: "callers are told of changes that a crash may still undo",
    file: "server/src/writer/group-runner.ts",
    original: "await committed;",
    planted: "void committed.catch(() => {});",
    caughtBy: [writerTests],
  },
  {
    name: "broken chain",
    harm: "tampering with the journal can no longer be told from its own entries",
    file: "server/src/core/record/chain.ts",
    original: "last.get(entry.partition) ?? lastHash(entry.partition)",
    planted: "lastHash(entry.partition)",
    caughtBy: ["server/src/core/record/chain.test.ts"],
  },
  {
    name: "oversell",
    harm: "one unit more is sold than there is",
    file: "server/src/core/inventory/inventory-checks.ts",
    original: "return !allowsNegative && availableOf(after) < 0 &&",
    planted: "return !allowsNegative && availableOf(after) < -1 &&",
    caughtBy: [businessTests],
  },
  {
    name: "half a change",
    harm: "a change over several partitions is cut in two by a refusal",
    file: "server/src/core/inventory/decide-inventory.ts",
    original: "if (dipsBelowZero(step)) return insufficient(draft, step, stored, ends.get(keyOf(step.line))!.after);",
    planted: "if (dipsBelowZero(step)) return steps.filter((other) => other !== step);",
    caughtBy: [writerTests],
  },
  {
    name: "blind to locations",
    harm: "stock arrives at a location that another server has deleted",
    file: "server/src/journal/sql/append-group.ts",
    original: "require_written('control', (SELECT sequence FROM partition_head WHERE partition = 0), $79::bigint)",
    planted: "require_written('control', $79::bigint, $79::bigint)",
    caughtBy: [aheadTests],
  },
  {
    name: "built on nothing",
    harm: "a refusal is kept that rests on a change which was rolled back",
    file: "server/src/writer/ahead-state.ts",
    original: "const relied = new Set([...partitions, ...this.#moved.keys()]);",
    planted: "const relied = new Set(partitions.slice(partitions.length));",
    caughtBy: [aheadTests],
  },
  {
    name: "cursor too new",
    harm: "a reader that goes on from the cursor of a read misses what came between the two",
    file: "server/src/inbound/rest/read-route.ts",
    original: `const cursor = rest.freshness.cursor();
      const { status, body, headers } = await handle(call);`,
    planted: `const { status, body, headers } = await handle(call);
      const cursor = rest.freshness.cursor();`,
    caughtBy: ["server/src/inbound/rest/read-route.test.ts"],
  },
  {
    name: "lost history",
    harm: "a server that ran across a failover decides on locations that the database no longer has",
    file: "server/src/writer/catch-up.ts",
    original: "if ((cache.head(controlPartition)?.epoch ?? epoch) !== epoch) cache.drop(controlPartition);",
    planted: "",
    caughtBy: ["server/test/faults/epoch.pg.test.ts"],
  },
  {
    name: "older state in a view",
    harm: "a page shows a level that was there before as if it were news",
    file: "client/src/live/holdings.ts",
    original: "if (version < known) return [];",
    planted: "",
    caughtBy: ["client/src/live/live-view.test.ts"],
  },
  {
    name: "sent without a trace",
    harm: "a till that was restarted takes a sale that may have been applied long ago for one that was never sent",
    file: "client/src/offline/queue.ts",
    original: 'if (command.state === "pending") await this.#contents.put(sent);',
    planted: "",
    caughtBy: ["client/src/offline/queue.test.ts"],
  },
  {
    name: "resurrected hold",
    harm: "a hold that has expired is paid for and takes units that somebody else has bought meanwhile",
    file: "server/src/core/reservations/reservation-late.ts",
    original: "const missing = retakes ? findMissing(draft, asked) : null;",
    planted: "const missing = null as ReturnType<typeof findMissing>;",
    caughtBy: [businessTests],
  },
  {
    name: "double release",
    harm: "the same held units go back twice, and are sold twice",
    file: "server/src/core/reservations/reservation-steps.ts",
    original: "line: { ...line, held: line.held - quantity, dropped: line.dropped + quantity, end },",
    planted: "line: { ...line, dropped: line.dropped + quantity, end },",
    caughtBy: [businessTests],
  },
  {
    name: "early expiry",
    harm: "a buyer who pays in time is told that the hold is over",
    file: "server/src/core/orders/order.ts",
    original: "const isDue = order.expiresAtMs !== null && order.expiresAtMs <= nowMs;",
    planted: "const isDue = order.expiresAtMs !== null && order.expiresAtMs <= nowMs + 1;",
    caughtBy: [businessTests],
  },
  {
    name: "stock released at both ends of a transfer",
    harm: "units of a transfer that is called off are back where they came from, and have arrived as well",
    file: "server/src/core/transfers/transfer-moves.ts",
    original: "const leaves = { incoming: -units };",
    planted: "const leaves = { incoming: -units, onHand: units };",
    caughtBy: [businessTests],
  },
  {
    name: "count that eats a later sale",
    harm: "units that were sold after a count are in stock again when the count arrives",
    file: "server/src/core/inventory/containment.ts",
    original: "const moved = movedSince(countedAtMs);",
    planted: "const moved = 0;",
    caughtBy: [businessTests],
  },
  {
    name: "older report that wins",
    harm: "a platform's statement that was held up on its way undoes a newer one",
    file: "server/src/core/inventory/source-report.ts",
    original: 'if (version !== null && known !== null && version <= known) return "older_version";',
    planted: 'if (version !== null && known !== null && version === known) return "older_version";',
    caughtBy: [businessTests],
  },
  {
    name: "version that goes backwards",
    harm: "after one late statement of a platform those between it and its newest are taken for new",
    file: "server/src/core/inventory/source-report.ts",
    original: "if (known !== null && known >= version) return versions;",
    planted: "",
    caughtBy: [businessTests],
  },
  {
    name: "drifted counter",
    harm: "units stay reserved for a reservation that is committed, and nobody can ever sell them",
    file: "server/src/core/reservations/reservation-steps.ts",
    original: "delta: { ...noLevels, onHand: -quantity, reserved: -quantity },",
    planted: "delta: { ...noLevels, onHand: -quantity },",
    caughtBy: [businessTests],
  },
  {
    name: "rounded id",
    harm: "a platform's long id becomes that of another product",
    file: "server/src/mappings/read-payload.ts",
    original: "const exactDigitsMax = 15;",
    planted: "const exactDigitsMax = 17;",
    caughtBy: ["server/src/mappings/read-payload.test.ts"],
  },
  {
    name: "unsigned payload",
    harm: "anybody can say what a shop has in stock",
    file: "server/src/mappings/signature.ts",
    original: "if (claimed === null) return false;",
    planted: "if (claimed === null) return true;",
    caughtBy: ["server/src/mappings/signature.test.ts"],
  },
  {
    name: "final for want of time",
    harm: "a sale is refused for good for holds that are over and only were not let go yet",
    file: "server/src/core/inventory/inventory-checks.ts",
    original: "...(hidesDue(draft, { partition: step.partition, productId, locationId }) ?",
    planted: "...(hidesDue(draft, { partition: step.partition, productId, locationId }) && false ?",
    caughtBy: [businessTests],
  },
  {
    name: "line that makes no room",
    harm: "a reservation is refused though all that it asks for is there",
    file: "server/src/core/reservations/reservation-allocation.ts",
    original: "if (policy.yields === true && !isVain) serve",
    planted: "if (policy.yields === false && !isVain) serve",
    caughtBy: ["server/src/core/reservations/reservation-second-try.test.ts"],
  },
];
