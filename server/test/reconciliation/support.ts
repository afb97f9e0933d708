/** Whoever looks continuously, on a test's database, and what it found. */

import type { CheckKind } from "@onhand/protocol/reconciliation";
import { Registry } from "prom-client";
import { openReconciliationSide } from "../../src/assembly/reconciliation-side.ts";
import { readConfig } from "../../src/config/config.ts";
import { type DifferenceRow, listDifferences, selectDifference } from "../../src/reconciliation/sql/differences.ts";
import { readInstallation } from "../../src/registry/installation.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import type { TestDatabase } from "../support/database.ts";
import { until } from "../support/server-process.ts";
import { openWriter } from "../support/writers.ts";

export interface TestWatch {
  start(): void;
  /** Waits until so many rounds came to their end since it was opened. */
  rounds(count: number): Promise<void>;
  /** Differences that are not closed. */
  unclosed(check?: CheckKind): Promise<DifferenceRow[]>;
  /** Waits for the first difference of a check. */
  found(check: CheckKind): Promise<DifferenceRow>;
  /** Waits until one is closed. */
  closed(differenceId: string): Promise<DifferenceRow>;
  stop(): Promise<void>;
}

const patienceMs = 600_000;

export async function openWatch(database: TestDatabase): Promise<TestWatch> {
  const registry = new Registry();
  const writer = await openWriter(database);
  const installation = await readInstallation(database.application);
  const side = openReconciliationSide(
    { config: readConfig({}), target: database.target, logger: createLogger("silent") },
    registry,
    { installation, submitter: { submitOne: (command) => writer.submitOne(command) } },
  );
  const unclosed = async (check: CheckKind | null): Promise<DifferenceRow[]> => {
    const all = { productId: null, locationId: null, sourceId: null, owner: null };
    const { rows } = await database.owner.query<DifferenceRow>(
      listDifferences({ state: "unclosed", check, ...all }, null, 1_000),
    );
    return rows;
  };
  const roundsSoFar = async (): Promise<number> => {
    const metric = await registry.getSingleMetric("onhand_reconciliation_rounds_total")!.get();
    return metric.values[0]?.value ?? 0;
  };
  return {
    start: () => side.start(),
    rounds: (count) => until(`${count} rounds`, async () => (await roundsSoFar()) >= count, patienceMs),
    unclosed: (check) => unclosed(check ?? null),
    async found(check) {
      let rows: DifferenceRow[] = [];
      await until(
        `a difference of ${check}`,
        async () => {
          rows = await unclosed(check);
          return rows.length > 0;
        },
        patienceMs,
      );
      return rows[0]!;
    },
    async closed(differenceId) {
      let row: DifferenceRow | undefined;
      await until(
        `the end of ${differenceId}`,
        async () => {
          ({
            rows: [row],
          } = await database.owner.query<DifferenceRow>(selectDifference(differenceId, false)));
          return row?.state === "closed";
        },
        patienceMs,
      );
      return row!;
    },
    async stop() {
      await side.stop();
      await writer.stop();
    },
  };
}
