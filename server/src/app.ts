/** The one file that wires everything: from a configuration to a running server. */
import { Registry } from "prom-client";
import { Keyring } from "./auth/keyring.ts";
import { Tickets } from "./auth/tickets.ts";
import { Submitter } from "./commands/submitter.ts";
import type { Config } from "./config/config.ts";
import { version } from "./config/version.ts";
import { limits } from "./core/limits.ts";
import type { DatabaseTarget } from "./db/connection-options.ts";
import { unsafeSettings } from "./db/durability.ts";
import { migrate } from "./db/migrate.ts";
import { type Database, openDatabase, readSettings, readTimeoutMs } from "./db/pool.ts";
import type { Session } from "./db/session.ts";
import { WakeUps } from "./db/wake-ups.ts";
import { CursorCodec } from "./feed/cursor.ts";
import { FeedReader } from "./feed/feed-reader.ts";
import { Freshness } from "./feed/freshness.ts";
import { HeadsWatcher } from "./feed/heads-watcher.ts";
import { openFeed } from "./feed/open-feed.ts";
import { createApi } from "./host/api.ts";
import { addDocsPages } from "./host/docs-pages.ts";
import { type Listener, listen } from "./host/listener.ts";
import { addOperationsPages } from "./host/operations-pages.ts";
import type { RestContext } from "./inbound/rest/context.ts";
import { eventOf } from "./inbound/rest/event-view.ts";
import { explainFailure } from "./inbound/rest/outcome-problems.ts";
import { PageTokens } from "./inbound/rest/page-token.ts";
import { restRoutes } from "./inbound/rest/routes.ts";
import { OpenStreams } from "./inbound/streams/open-streams.ts";
import { readBoard } from "./journal/board-reader.ts";
import type { ReachFailpoint } from "./journal/group-transaction.ts";
import { Retention } from "./journal/retention.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { tokenSigner } from "./lib/signed-token.ts";
import { CatalogueQueries } from "./queries/catalogue-queries.ts";
import { ItemQueries } from "./queries/item-queries.ts";
import { MovementQueries } from "./queries/movement-queries.ts";
import { type Installation, readInstallation } from "./registry/installation.ts";
import { ensureBootstrapKey } from "./registry/key-registry.ts";
import { httpMetrics } from "./telemetry/http-metrics.ts";
import type { Logger } from "./telemetry/logger.ts";
import { countCleared, registerGauges } from "./telemetry/process-metrics.ts";
import { streamMetrics } from "./telemetry/stream-metrics.ts";
import { writerMetrics } from "./telemetry/writer-metrics.ts";
import { HeadBoard } from "./writer/head-board.ts";
import { Writer } from "./writer/writer.ts";

export interface AppOptions {
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

/** The database may lose what it acknowledged; the message names the settings. */
class UnsafeDatabase extends Error {
  override readonly name = "UnsafeDatabase";
}

/** Brings the schema up to date and makes sure that somebody can get in. @returns a key that was made now, shown once */
export async function prepareDatabase(
  target: DatabaseTarget,
  config: Config,
): Promise<{ applied: string[]; newKey: string | null }> {
  const owner = openDatabase(target, { name: "migrate", role: "owner" }, 2);
  try {
    const unsafe = config.allowsUnsafeDatabase ? [] : await unsafeSettings(owner);
    if (unsafe.length > 0) {
      throw new UnsafeDatabase(
        `The database has ${unsafe.join(", ")} off and may lose acknowledged changes. Turn it on, or start with ONHAND_ALLOW_UNSAFE_DATABASE=true to accept that.`,
      );
    }
    const applied = await migrate(owner, config.partitionCount);
    return { applied, newKey: await ensureBootstrapKey(owner, config.bootstrapKey) };
  } finally {
    await owner.close();
  }
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
  options: AppOptions,
  registry: Registry,
  onCommitted: () => void = () => {},
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

export interface App {
  readonly listener: Listener;
  /** Finishes what was accepted, then frees everything. */
  stop(): Promise<void>;
}

/** Starts a server on a prepared database. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, logger, clock = systemClock } = options;
  const registry = new Registry();
  let watcher: HeadsWatcher | null = null;
  const wakeUps = new WakeUps(options.target, clock, () => watcher?.nudge());
  const write = await openWriteSide(options, registry, () => {
    watcher?.nudge();
    wakeUps.send();
  });
  const { database, installation } = write;
  watcher = new HeadsWatcher(database, clock, (heads) => write.board.observe(heads));
  const keyring = new Keyring(database, clock);
  const signer = tokenSigner(installation.cursorSecret);
  const cursors = new CursorCodec(signer);
  const reader = new FeedReader(database, watcher);
  const eventSource = `/onhand/${installation.installationId}`;
  const { feed, tail } = openFeed(
    database,
    reader,
    watcher,
    {
      cursorAt: (place) => cursors.fromVector(place),
      write: (entry, cursor) => JSON.stringify(eventOf(entry, cursor, eventSource)),
    },
    clock,
  );
  const metricsOfStreams = streamMetrics(registry);
  const streams = new OpenStreams(config.streamsMax, metricsOfStreams, keyring);
  const tickets = new Tickets(database, () => metricsOfStreams.ticketIssued());
  const rest: RestContext = {
    submitter: write.submitter,
    items: write.items,
    catalogue: new CatalogueQueries(database, installation.partitionCount),
    movements: new MovementQueries(database),
    cursors,
    feed,
    feedReader: reader,
    watcher,
    freshness: new Freshness({ board: write.board, cursors, reader, watcher, clock }),
    pageTokens: new PageTokens(signer),
    tickets,
    streams,
    streamMetrics: metricsOfStreams,
    clock,
    defaultCurrency: config.defaultCurrency,
    eventSource,
    logger,
  };
  let isStopping = false;
  const api = createApi({
    routes: restRoutes(rest),
    keyring,
    tickets,
    clock,
    logger,
    metrics: httpMetrics(registry),
    jsonDepthMax: limits.jsonDepthMax,
    explain: explainFailure,
  });
  addDocsPages(api.app, version);
  addOperationsPages(api.app, { keyring, clock, registry, whyNotReady: () => whyNotReady(database, isStopping) });
  registerGauges(registry, {
    writer: () => write.writer.load(),
    pool: () => database.counts(),
    inFlightCommands: () => write.submitter.underWayCount,
    feedWaiting: () => rest.watcher.waiting,
  });
  const retention = new Retention(database, clock, config.resultDays, {
    cleared: countCleared(registry),
    failed: (error) => logger.warn({ reason: error.message }, "old outcomes could not be cleared away"),
  });
  const close = (waitMsMax: number): Promise<void> => {
    const stopped = [rest.watcher.stop(), wakeUps.stop(), retention.stop(), keyring.stop(), write.writer.stop()];
    return within(
      clock,
      waitMsMax,
      Promise.all(stopped).then(() => database.close()),
    );
  };
  let listener: Listener;
  try {
    await keyring.start();
    await watcher.start();
    if (options.backend === undefined) await wakeUps.start();
    retention.start();
    listener = listen(api, config.host, config.port);
  } catch (error) {
    await close(config.drainMsMax);
    throw error;
  }
  return {
    listener,
    async stop() {
      isStopping = true;
      const startedAtMs = clock.monotonicMs();
      // Streams say where to go on before what feeds them stops.
      streams.drain();
      await rest.watcher.stop();
      tail.stop();
      await listener.drain(config.drainMsMax);
      await close(Math.max(0, config.drainMsMax - (clock.monotonicMs() - startedAtMs)));
    },
  };
}

/** Waits for the work, but no longer: what is not answered by then was not acknowledged either. */
function within(clock: Clock, waitMsMax: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(waitMsMax, resolve);
  return Promise.race([promise, work]).finally(cancel);
}

async function whyNotReady(database: Database, isStopping: boolean): Promise<string | null> {
  if (isStopping) return "The server is stopping.";
  try {
    await database.query({ text: "SELECT 1" });
    return null;
  } catch {
    return "The database does not answer.";
  }
}
