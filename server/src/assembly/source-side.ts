/** The door for lines from outside, the register of who sends them, and what looks after both. */
import type { Registry } from "prom-client";
import type { Route } from "../host/route.ts";
import type { RestContext } from "../inbound/rest/context.ts";
import { type MappingContext, mappingRoutes } from "../inbound/rest/mapping-routes.ts";
import { type ParkedContext, parkedRoutes } from "../inbound/rest/parked-routes.ts";
import { type SourceContext, sourceRoutes } from "../inbound/rest/source-routes.ts";
import { Intake } from "../intake/intake.ts";
import { ParkedDesk } from "../intake/parked-desk.ts";
import { Resolver } from "../intake/resolver.ts";
import { systemClock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { EventDoor } from "../mappings/event-door.ts";
import { Mapper } from "../mappings/mapper.ts";
import { MappingRegistry } from "../mappings/mapping-registry.ts";
import { PayloadKeeper } from "../mappings/payload-keeper.ts";
import { ContactBook } from "../sources/contact-book.ts";
import { SourceBooks } from "../sources/source-books.ts";
import { SourceKeeper } from "../sources/source-keeper.ts";
import { Sources } from "../sources/sources.ts";
import { intakeMetrics } from "../telemetry/intake-metrics.ts";
import { mappingMetrics } from "../telemetry/mapping-metrics.ts";
import { sourceMetrics } from "../telemetry/source-metrics.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

export interface SourceSide
  extends Pick<SourceContext, "sources" | "sourceBooks">,
    Pick<ParkedContext, "parkedDesk">,
    Pick<MappingContext, "eventDoor" | "mappingRegistry"> {
  readonly intake: Intake;
  readonly sourceKeeper: SourceKeeper;
  /** Begins to look after sources. */
  start(): void;
  /** Writes down what is gathered and gives the duty back, before the writer stops; may be called more than once. */
  stop(): Promise<void>;
}

/** The routes that work with it. */
export const sourceSideRoutes = (rest: RestContext, side: SourceSide): Route[] => [
  ...sourceRoutes({ ...rest, ...side }),
  ...parkedRoutes({ ...rest, ...side }),
  ...mappingRoutes({ ...rest, ...side }),
];

/** Puts it together; nothing runs yet. */
export function openSourceSide(
  { logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  { database, installation: { partitionCount }, submitter }: WriteSide,
): SourceSide {
  const contacts = new ContactBook(database, clock, logger);
  const submit = submitter.submitOne.bind(submitter);
  const intake: Intake = new Intake({
    database,
    partitionCount,
    submit,
    clock,
    heard: (sourceId, places) => contacts.heard(sourceId, places),
    parked: () => sourceKeeper.wake(),
    metrics: intakeMetrics(registry, () => intake.load),
  });
  const sourceKeeper = new SourceKeeper({
    database,
    intake,
    submit,
    partitionCount,
    serverId: sortableId("srv_", clock.nowMs()),
    clock,
    metrics: sourceMetrics(registry),
    logger,
  });
  const metrics = mappingMetrics(registry, () => mapper.waiting);
  const mapper: Mapper = new Mapper(clock, metrics);
  const mappingRegistry = new MappingRegistry(database);
  const resolver = new Resolver(database, partitionCount);
  const sources = new Sources(database, clock);
  const eventDoor = new EventDoor({ database, intake, resolver, mapper, registry: mappingRegistry, clock, metrics });
  const payloadKeeper = new PayloadKeeper({ database, sources, eventDoor, clock, logger });
  let stopping: Promise<void> | null = null;
  return {
    intake,
    sources,
    sourceBooks: new SourceBooks(database, partitionCount, clock),
    parkedDesk: new ParkedDesk(database, intake),
    sourceKeeper,
    mappingRegistry,
    eventDoor,
    start() {
      sourceKeeper.start();
      payloadKeeper.start();
    },
    stop() {
      // What it works on is kept, and read again by itself.
      mapper.stop();
      stopping ??= Promise.all([sourceKeeper.stop(), contacts.stop(), payloadKeeper.stop()]).then(() => {});
      return stopping;
    },
  };
}
