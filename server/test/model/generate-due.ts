/** Random histories in which more holds are over than are read at once: what asks for their units meets those left. */
import fc from "fast-check";
import type { ReservationCommand, ReserveCommand } from "../../src/core/command.ts";
import { inventory, lineOf } from "./commands.ts";
import type { Group } from "./compare.ts";
import { locationIds, startMs, type Template } from "./draws.ts";
import {
  expireTemplate,
  reservationTemplate,
  reserveTemplate,
  transferActionTemplate,
  transferTemplate,
} from "./generate-orders.ts";

const productId = fc.constantFrom("p1", "p1", "p2");

/** The same of few products. */
const reserveOfFew = fc
  .tuple(reserveTemplate, fc.array(productId, { minLength: 4, maxLength: 4 }))
  .map(([template, of]) => (world: Parameters<Template>[0]): ReserveCommand => {
    const command = template(world) as ReserveCommand;
    return { ...command, lines: command.lines.map((line, index) => ({ ...line, productId: of[index]!, sku: null })) };
  });

/** Holds a few units for a moment. */
const hold: fc.Arbitrary<Template> = fc
  .tuple(reserveOfFew, fc.constantFrom(...locationIds), fc.constantFrom(1, 1, 2, 4), fc.constantFrom(1, 2, 3))
  .map(([template, locationId, quantity, ttlMs]) => (world) => ({
    ...template(world),
    lines: template(world)
      .lines.slice(0, 1)
      .map((line) => ({ ...line, locationId, locationGroup: null, quantity })),
    ttlMs,
    channelId: null,
    supersedes: false,
    isDryRun: false,
    limits: { unitsPerBuyer: null, percentPerPrincipal: null },
  }));

const sale: fc.Arbitrary<Template> = fc
  .record({ productId, locationId: fc.constantFrom(...locationIds), units: fc.integer({ min: 1, max: 12 }) })
  .map(
    ({ units, ...place }) =>
      () =>
        inventory(lineOf({ adjustment: -units }, { ...place, movementType: "sale" })),
  );

/** Money for a reservation that is over, most likely. */
const payment = fc.tuple(reservationTemplate, fc.integer({ min: 0, max: 12 })).map(
  ([template, back]): Template =>
    (world) => {
      const command = template(world) as ReservationCommand;
      const order = world.orders.filter(({ kind }) => kind === "reservation").at(-1 - back);
      if (order === undefined) return command;
      const { orderId, partitions, lineCount } = order;
      const action = { kind: "commit" as const, lines: null, releasesRest: true, retakes: true };
      return { ...command, orderId, partitions, lineCount, action };
    },
);

const transferOfFew = fc.tuple(transferTemplate, productId).map(
  ([template, of]): Template =>
    (world) => {
      const command = template(world);
      if (command.kind !== "transfer") return command;
      return { ...command, lines: command.lines.map((line) => ({ ...line, productId: of, sku: null })) };
    },
);

const ask: fc.Arbitrary<Template> = fc.oneof(
  { weight: 5, arbitrary: reserveOfFew },
  { weight: 2, arbitrary: reservationTemplate },
  { weight: 3, arbitrary: payment },
  { weight: 3, arbitrary: sale },
  { weight: 2, arbitrary: transferOfFew },
  { weight: 1, arbitrary: expireTemplate },
  { weight: 1, arbitrary: transferActionTemplate },
);

const round = fc.record({
  holds: fc.array(hold, { minLength: 3, maxLength: 10 }),
  later: fc.array(
    fc.record({
      byMs: fc.constantFrom(0, 1, 3, 5),
      dueReadMax: fc.constantFrom(1, 1, 2, 3, Number.POSITIVE_INFINITY),
      templates: fc.array(ask, { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** Many holds at a time, then what comes when their time is over. */
export const manyDue: fc.Arbitrary<readonly Group[]> = fc.array(round, { minLength: 1, maxLength: 3 }).map((rounds) => {
  let nowMs = startMs;
  return rounds.flatMap(({ holds, later }) => [
    { nowMs, templates: holds },
    ...later.map(({ byMs, ...group }) => {
      nowMs += byMs;
      return { nowMs, ...group };
    }),
  ]);
});
