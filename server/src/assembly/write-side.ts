/** What takes commands: the pool, the writer and what stands before it. */
import type { Registry } from "prom-client";
import { Submitter } from "../commands/submitter.ts";
import type { Config } from "../config/config.ts";
import type { DatabaseTarget } from "../db/connection-options.ts";
import { type Database, openDatabase, readSettings, readTimeoutMs } from "../db/pool.ts";
import type { Session } from "../db/session.ts";
import { readBoard } from "../journal/board-reader.ts";
import type { ReachFailpoint } from "../journal/group-transaction.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { ItemQueries } from "../queries/item-queries.ts";
import { type Installation, readInstallation } from "../registry/installation.ts";
import type { Logger } from "../telemetry/logger.ts";
import { writerMetrics } from "../telemetry/writer-metrics.ts";
import type { OnCommitted } from "../writer/finish-group.ts";
import { HeadBoard } from "../writer/head-board.ts";
import { Writer } from "../writer/writer.ts";

export interface WriteSideOptions {
  readonly config: Config;
  readonly target: DatabaseTarget;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly reach?: ReachFailpoint;
  /** How the database is reached; the benchmark puts nothing behind it. */
  readonly backend?: Backend;
}

export interface Backend {
  openReads(): Database;
  connectWriter(name: string): Promise<Session>;
}

/** What writes, with what it needs: shared by the server and by commands that write without HTTP. */
export interface WriteSide {
  readonly database: Database;
  readonly installation: Installation;
  readonly board: HeadBoard;
  readonly writer: Writer;
  readonly submitter: Submitter;
  readonly items: ItemQueries;
  stop(): Promise<void>;
}

/** Opens the write side on a prepared database. */
export async function openWriteSide(
  options: WriteSideOptions,
  registry: Registry,
  onCommitted: OnCommitted = () => {},
): Promise<WriteSide> {
  const { config, target, logger, clock = systemClock } = options;
  const database =
    options.backend?.openReads() ??
    openDatabase(
      target,
      { name: "reads", role: "application", queryTimeoutMs: readTimeoutMs, settings: readSettings },
      config.poolConnectionsMax,
      (error) => logger.warn({ reason: error.message }, "an idle connection was lost"),
    );
  const installation = await readInstallation(database);
  const board = new HeadBoard((await readBoard(database)).heads);
  const writer = new Writer({
    target,
    partitionCount: installation.partitionCount,
    laneCount: Math.min(config.laneCount, installation.partitionCount),
    queueEntriesMax: config.queueEntriesMax,
    cacheItemsMax: config.cacheItemsMax,
    board,
    clock,
    metrics: writerMetrics(registry),
    reach: options.reach ?? null,
    onCommitted,
    ...(options.backend === undefined ? {} : { connect: (_target, name) => options.backend!.connectWriter(name) }),
  });
  return {
    database,
    installation,
    board,
    writer,
    submitter: new Submitter(writer),
    items: new ItemQueries(database, installation.partitionCount),
    async stop() {
      await writer.stop();
      await database.close();
    },
  };
}
