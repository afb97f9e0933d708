/** Whether a command can be decided on what is remembered alone, with nothing looked up in the database. */
import type { Command } from "../core/command.ts";
import { itemsOf, ordersOf } from "../core/needs.ts";
import type { ItemPlace } from "../core/state.ts";
import type { AheadState } from "./ahead-state.ts";
import { holdingsOf, type LevelPlace, levelsOf, productsOf } from "./group-needs.ts";
import type { Job } from "./job.ts";

/** Groups of nothing but these may be sent behind each other: they change no product, location or channel. */
const ordinaryKinds: ReadonlySet<Command["kind"]> = new Set([
  "inventory",
  "reserve",
  "reservation",
  "expire",
  "transfer",
  "transfer-action",
  "notice",
]);

/** Whether a job's group may be sent ahead, or have another one sent behind it. */
export const isOrdinary = ({ command }: Pick<Job, "command">): boolean => ordinaryKinds.has(command.kind);

/** True when the job can be decided on the state alone, and nothing that it concerns is due. */
export function knowsAllOf(state: AheadState, job: Job): boolean {
  const { command } = job;
  if (!isOrdinary(job) || job.isSolo || job.isRepeat || asksDatabase(command)) return false;
  if (job.partitions.some((partition) => state.knownHead(partition) === undefined)) return false;
  if (ordersOf(command).some((orderId) => state.knownLines(orderId) === undefined)) return false;
  // What a buyer holds is part of what the command concerns.
  if (!knowsHoldings(state, command)) return false;
  const places = itemsOf(command, state);
  const knowsItem = (place: ItemPlace): boolean => state.knownItem(place) !== undefined;
  const knowsProduct = ({ partition, productId }: { partition: number; productId: string }): boolean =>
    state.knownProduct(partition, productId) !== undefined;
  return (
    places.every((place) => knowsItem(place) && knowsProduct(place) && !state.mayBeDue(place)) &&
    productsOf(command, state.partitionCount).every(knowsProduct) &&
    levelsOf(command, places, state).every((level) => knowsLevel(state, level))
  );
}

function knowsLevel(state: AheadState, { partition, productId, channelId, ...behind }: LevelPlace): boolean {
  const level = state.knownLevel(partition, productId, channelId);
  if (level === undefined) return false;
  return (level !== null && !behind.readsItems) || state.knowsItemsAt(partition, productId, behind.locationIds);
}

/** Counts walk back through the journal; what a buyer holds may lie anywhere. */
function asksDatabase(command: Command): boolean {
  if (command.kind === "inventory") return command.lines.some(({ change }) => change.countedAtMs !== undefined);
  return command.kind === "reserve" && command.supersedes && command.buyerKey !== null;
}

const knowsHoldings = (state: AheadState, command: Command): boolean =>
  command.kind !== "reserve" ||
  holdingsOf(command, state.partitionCount).every(
    ({ partition, productId, holder }) => state.knownHolding(partition, productId, holder) !== undefined,
  );
