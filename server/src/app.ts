/** The one file that wires everything: from a configuration to a running server. */
import { Registry } from "prom-client";
import { type BulkSide, bulkOverdue, openBulkSide } from "./assembly/bulk-side.ts";
import { openChannelSide } from "./assembly/channel-side.ts";
import { openCheckpointSide } from "./assembly/checkpoint-side.ts";
import { deviceSideRoutes } from "./assembly/device-side.ts";
import { openExpirySide } from "./assembly/expiry-side.ts";
import { type FeedSide, openFeedSide } from "./assembly/feed-side.ts";
import {
  openReconciliationSide,
  type ReconciliationSide,
  reconciliationSideRoutes,
} from "./assembly/reconciliation-side.ts";
import { openRestSide } from "./assembly/rest-side.ts";
import { openSourceSide, type SourceSide, sourceSideRoutes } from "./assembly/source-side.ts";
import { openWebhookSide } from "./assembly/webhook-side.ts";
import { openWorkSide, type WorkSide, workOverdue, workRoutes } from "./assembly/work-side.ts";
import { openWriteSide, type WriteSide, type WriteSideOptions } from "./assembly/write-side.ts";
import { Keyring } from "./auth/keyring.ts";
import { version } from "./config/version.ts";
import { limits } from "./core/limits.ts";
import { Clearing } from "./db/clearing.ts";
import type { Database } from "./db/pool.ts";
import { type Api, createApi } from "./host/api.ts";
import { addDocsPages } from "./host/docs-pages.ts";
import { type Listener, listen } from "./host/listener.ts";
import { addOperationsPages } from "./host/operations-pages.ts";
import { problemOf } from "./host/pipeline.ts";
import type { RestContext } from "./inbound/rest/context.ts";
import { explainFailure } from "./inbound/rest/outcome-problems.ts";
import { restRoutes } from "./inbound/rest/routes.ts";
import { subscriptionRoutes } from "./inbound/rest/subscription-routes.ts";
import { socketRoute } from "./inbound/ws/ws-route.ts";
import type { WsContext } from "./inbound/ws/ws-session.ts";
import { journalOverdue } from "./journal/retention.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { requestId } from "./lib/random-id.ts";
import { reconciliationOverdue } from "./reconciliation/runs.ts";
import { httpMetrics } from "./telemetry/http-metrics.ts";
import { countCleared, registerGauges } from "./telemetry/process-metrics.ts";
import { webhookOverdue } from "./webhooks/webhook-retention.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

export type AppOptions = WriteSideOptions;

export interface App {
  readonly listener: Listener;
  /** Finishes what was accepted, then frees everything. */
  stop(): Promise<void>;
}

/** Starts a server on a prepared database. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, clock = systemClock } = options;
  const registry = new Registry();
  let outward: FeedSide | null = null;
  const write = await openWriteSide(options, registry, (entries) => outward?.committed(entries));
  const { database } = write;
  outward = openFeedSide(options, registry, write);
  const { watcher, tail, wakeUps } = outward;
  const keyring = new Keyring(database, clock);
  const rest = openRestSide(options, registry, keyring, write, outward);
  const webhooks = openWebhookSide(options, registry, outward);
  const channels = openChannelSide(options, registry, write);
  const work = openWorkSide(options, registry, write, outward);
  const sweeper = openExpirySide(options, registry, write);
  const sources = openSourceSide(options, registry, write);
  const bulk = openBulkSide(options, registry, rest);
  const checkpoints = openCheckpointSide(options, registry, write);
  const reconciliation = openReconciliationSide(options, registry, write);
  let isStopping = false;
  const api = openApi(options, registry, keyring, rest, write, webhooks, work, sources, bulk, reconciliation);
  addOperationsPages(api.app, { keyring, clock, registry, whyNotReady: () => whyNotReady(database, isStopping) });
  measure(registry, write, outward);
  const clearing = openClearing(options, registry, database);
  const close = (waitMsMax: number): Promise<void> => {
    const stopped = [
      webhooks.stop(),
      watcher.stop(),
      wakeUps?.stop(),
      clearing.stop(),
      keyring.stop(),
      Promise.all([
        channels.stop(),
        work.stop(),
        sweeper.stop(),
        sources.stop(),
        checkpoints.stop(),
        bulk.stop(),
        reconciliation.stop(),
      ]).then(() => write.writer.stop()),
    ];
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
    await wakeUps?.start();
    clearing.start();
    if (options.backend === undefined)
      for (const each of [webhooks, channels, work, sweeper, sources, checkpoints, bulk, reconciliation]) each.start();
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
      rest.streams.drain();
      bulk.drain();
      void webhooks.stop();
      await watcher.stop();
      tail.stop();
      await listener.drain(config.drainMsMax);
      await close(Math.max(0, config.drainMsMax - (clock.monotonicMs() - startedAtMs)));
    },
  };
}

/** Every route over HTTP and WebSocket, with its documents. */
function openApi(
  options: AppOptions,
  registry: Registry,
  keyring: Keyring,
  rest: RestContext,
  write: WriteSide,
  webhooks: Webhooks,
  work: WorkSide,
  sources: SourceSide,
  bulk: BulkSide,
  reconciliation: ReconciliationSide,
): Api {
  const { logger, clock = systemClock } = options;
  const sockets: WsContext = {
    ...rest,
    keyring,
    random: Math.random,
    explain: (error) => problemOf({ explain: explainFailure, logger }, error, requestId()),
    invoke: (operationId, invocation) => api.invoke(operationId, invocation),
  };
  const api: Api = createApi({
    routes: bulk.routes(rest, [
      ...restRoutes(rest),
      ...subscriptionRoutes({ ...rest, ...webhooks }),
      ...workRoutes(rest, work),
      ...reconciliationSideRoutes(rest, reconciliation),
      ...sourceSideRoutes(rest, sources),
      ...deviceSideRoutes(rest, options, write, sources),
      socketRoute(sockets),
    ]),
    keyring,
    tickets: rest.tickets,
    clock,
    logger,
    metrics: httpMetrics(registry),
    jsonDepthMax: limits.jsonDepthMax,
    explain: explainFailure,
  });
  addDocsPages(api.app, version);
  return api;
}

function measure(registry: Registry, { writer, submitter, database }: WriteSide, { watcher }: FeedSide): void {
  registerGauges(registry, {
    writer: () => writer.load(),
    pool: () => database.counts(),
    inFlightCommands: () => submitter.underWayCount,
    feedWaiting: () => watcher.waiting,
  });
}

function openClearing(options: AppOptions, registry: Registry, database: Database): Clearing {
  const { config, logger, clock = systemClock } = options;
  return new Clearing(
    database,
    clock,
    [
      ...journalOverdue(config.resultDays),
      ...webhookOverdue,
      ...workOverdue(config.resultDays),
      ...reconciliationOverdue,
      ...bulkOverdue,
    ],
    {
      cleared: countCleared(registry),
      failed: (error) => logger.warn({ reason: error.message }, "what is over could not be cleared away"),
    },
  );
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
