/**
 * Replays a journal against the reference model, in the order in which it was written: each operation must have come to
 * what the model makes of it at its place, entry by entry, and each answer must tell what the model tells.
 */
import { entryKinds, isNotice } from "@onhand/protocol/vocabulary";
import type { Command } from "../../src/core/command.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import { type EntryDetail, parseDetail } from "../../src/core/record/entry-detail.ts";
import { withoutWords } from "../model/compare-entries.ts";
import { numberTold, sellableOver } from "../model/reference-channels.ts";
import { execute } from "../model/reference-model.ts";
import { expireLine } from "../model/reference-orders.ts";
import type { Verdict } from "../model/verdict.ts";
import { adopt, copyOf, forget, linesOf, recordedItem, type World } from "../model/world.ts";
import type { BusinessOperation } from "./business.ts";

/** Entries that the model keeps: what counts that come late look back to. */
const keptEntries = 4_000;
/** Orders that have ended and are kept, for somebody may still come and ask for them. */
const keptOrders = 2_000;
const stepsBetweenSlimming = 500;

/** Entries of one request that follow each other in a partition. */
interface Run {
  readonly requestId: string;
  readonly kind: "number" | "expiry" | "change";
  readonly entries: readonly Entry[];
}

/**
 * @param world as it was in front of the journal's entries; afterwards as it is behind them
 * @param partitions entries of each partition, in order
 * @returns what differs
 */
export function replay(
  world: World,
  partitions: readonly (readonly Entry[])[],
  history: readonly BusinessOperation[],
): readonly string[] {
  const faults: string[] = [];
  const operations = new Map(history.map((operation) => [operation.requestId, operation]));
  const queue = new RunQueue(partitions.map(runsOf));
  const replayed = new Set<string>();
  for (let step = 1; ; step++) {
    const alone = queue.takeAlone();
    if (alone !== null) {
      const check = alone.kind === "number" ? faultsOfNumber : expire;
      const found = alone.entries.flatMap((entry) => check(world, entry));
      if (found.length > 0) return found;
    } else {
      const change = takeFitting(world, queue, operations);
      if (change === null) break;
      if (change.faults.length > 0) return change.faults;
      replayed.add(change.requestId);
    }
    if (step % stepsBetweenSlimming === 0) slim(world);
  }
  if (queue.left > 0) faults.push(`${queue.left} runs of entries stand in no order that all partitions agree on`);
  for (const operation of history) {
    if (!replayed.has(operation.requestId)) faults.push(...faultsOfNothing(operation));
  }
  return faults;
}

/**
 * Takes a change that comes to what the model says now. What a change saw in partitions in which it wrote nothing is not
 * in the journal: one that does not fit yet is tried again behind the next one.
 */
function takeFitting(
  world: World,
  queue: RunQueue,
  operations: ReadonlyMap<string, BusinessOperation>,
): { readonly requestId: string; readonly faults: readonly string[] } | null {
  let misfit: { readonly requestId: string; readonly faults: readonly string[] } | null = null;
  for (const runs of queue.ready()) {
    const { requestId } = runs[0]!;
    const operation = operations.get(requestId);
    if (operation === undefined) return { requestId, faults: [`${requestId}: nobody asked for it`] };
    const tried = copyOf(world);
    const faults = faultsOfOperation(
      tried,
      operation,
      runs.flatMap((run) => run.entries),
    );
    if (faults.length > 0) {
      misfit ??= { requestId, faults };
      continue;
    }
    adopt(world, tried);
    queue.take(requestId);
    return { requestId, faults };
  }
  return misfit;
}

function runsOf(entries: readonly Entry[]): Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < entries.length; ) {
    const { requestId } = entries[at]!;
    const isNumber = isOfChannel(entries[at]!);
    const end = entries.findIndex(
      (entry, index) => index > at && (entry.requestId !== requestId || isOfChannel(entry) !== isNumber),
    );
    const mine = entries.slice(at, end < 0 ? entries.length : end);
    runs.push({ requestId, kind: isNumber ? "number" : mine.some(isChange) ? "change" : "expiry", entries: mine });
    at += mine.length;
  }
  return runs;
}

const isOfChannel = ({ kind }: Entry): boolean => kind === entryKinds.channelAvailability;
/** Of a command that was refused nothing is there but what had expired in front of it, and what followed from that. */
const isChange = ({ kind }: Entry): boolean => kind !== entryKinds.inventoryHoldExpired && !isNotice(kind);

const recordedAtMs = ({ entries }: Run): number => entries[0]!.recordedAtMs;

/** Runs of all partitions, in an order in which every change is whole. */
class RunQueue {
  readonly #partitions: readonly (readonly Run[])[];
  readonly #places: number[];
  /** Runs by request that were not taken yet. */
  readonly #changes = new Map<string, number>();
  readonly #expiries = new Map<string, number>();
  /** Changes that are ready and did not fit yet. */
  #waiting: string[] = [];

  constructor(partitions: readonly (readonly Run[])[]) {
    this.#partitions = partitions;
    this.#places = partitions.map(() => 0);
    for (const run of partitions.flat()) this.#count(run, 1);
  }

  /** Runs that were not taken. */
  get left(): number {
    return this.#partitions.reduce((sum, runs, index) => sum + runs.length - this.#places[index]!, 0);
  }

  /** The next run that belongs to no change; null when a change must come first, for it was recorded before. */
  takeAlone(): Run | null {
    const heads = this.#heads();
    const firstMs = Math.min(...heads.flatMap((run) => (run === null ? [] : [recordedAtMs(run)])));
    const index = heads.findIndex((run) => run !== null && run.kind !== "change" && recordedAtMs(run) === firstMs);
    return index < 0 ? null : this.#take(index);
  }

  /** Changes of which every run comes next in its partition, by when they were recorded; then who waited longest. */
  ready(): (readonly Run[])[] {
    const heads = this.#heads();
    const ids = [...new Set(heads.flatMap((run) => (run === null ? [] : [run.requestId])))];
    const ready = ids.filter((id) => {
      const count = heads.filter((run) => run?.requestId === id).length;
      return (this.#expiries.get(id) ?? 0) === 0 && count === this.#changes.get(id);
    });
    for (const id of ready) if (!this.#waiting.includes(id)) this.#waiting.push(id);
    return this.#waiting
      .map((id) => heads.filter((run) => run !== null && run.requestId === id) as Run[])
      .sort((a, b) => recordedAtMs(a[0]!) - recordedAtMs(b[0]!));
  }

  take(requestId: string): void {
    for (const [index, run] of this.#heads().entries()) if (run?.requestId === requestId) this.#take(index);
    this.#waiting = this.#waiting.filter((id) => id !== requestId);
  }

  #heads(): (Run | null)[] {
    return this.#partitions.map((runs, index) => runs[this.#places[index]!] ?? null);
  }

  #take(index: number): Run {
    const run = this.#partitions[index]![this.#places[index]!++]!;
    this.#count(run, -1);
    return run;
  }

  #count({ requestId, kind }: Run, by: number): void {
    if (kind === "number") return;
    const counts = kind === "change" ? this.#changes : this.#expiries;
    counts.set(requestId, (counts.get(requestId) ?? 0) + by);
  }
}

/** Two servers decide at the database's time; it is in what they wrote. */
function decidedAtMs(entries: readonly Entry[], operation: BusinessOperation): number {
  const times = entries.map(({ recordedAtMs }) => recordedAtMs);
  const order = entries.map((entry) => parseDetail(entry).order).find((one) => one?.supersededBy === null);
  const command = operation.command({ actor: "", requestId: "", traceparent: null, buyerKey: null });
  const ttlMs =
    command.kind === "reserve"
      ? command.ttlMs
      : command.kind === "reservation" && "ttlMs" in command.action
        ? command.action.ttlMs
        : null;
  if (ttlMs !== null && order != null) return order.expiresAtMs! - ttlMs;
  // What is recorded never goes back in time, so it may lie behind the decision; a payment says when it was too late.
  const late = entries.find(({ kind }) => kind === entryKinds.reservationPaymentLate);
  return late === undefined ? Math.min(...times) : parseDetail(late).order!.paymentLateAtMs!;
}

/**
 * Late money whose units were not to be had again leaves one entry, in one partition. What there was in the other
 * partitions of the reservation at that moment nobody recorded: there the refusal is taken as it is.
 */
function asRecorded(command: Command, entries: readonly Entry[]): Command {
  if (command.kind !== "reservation" || command.action.kind !== "commit") return command;
  const late = entries.find(({ kind }) => kind === entryKinds.reservationPaymentLate);
  const isRetaken = entries.some(({ kind }) => kind === entryKinds.inventoryCommitted);
  if (late === undefined || isRetaken || parseDetail(late).order!.partitions.length === 1) return command;
  return { ...command, action: { ...command.action, retakes: false } };
}

function faultsOfOperation(world: World, operation: BusinessOperation, entries: readonly Entry[]): string[] {
  const { requestId } = operation;
  const named = entries.find(({ actor }) => actor !== "onhand") ?? entries[0]!;
  const buyerKey =
    entries.map((entry) => parseDetail(entry)).find(({ order }) => order !== undefined)?.order?.buyerKey ?? null;
  const { actor, traceparent } = named;
  const command = asRecorded(operation.command({ actor, requestId, traceparent, buyerKey }), entries);
  const known = world.entries.length;
  const verdict = execute(world, command, decidedAtMs(entries, operation), world);
  const expected = world.entries.slice(known);
  if (verdict.kind === "rejected") {
    return [`${requestId} ${operation.path}: the model refuses it ${JSON.stringify(verdict.faults)}, it was done`];
  }
  const difference = differenceOf(entries, expected);
  const faults = difference === null ? [] : [`${requestId} ${operation.path}: ${difference}`];
  return [...faults, ...faultsOfAnswer(operation, verdict)];
}

/** By partition: how several lie beside each other is nobody's promise. */
function differenceOf(actual: readonly Entry[], expected: readonly Entry[]): string | null {
  const plain = (entries: readonly Entry[]) =>
    entries
      .toSorted((a, b) => a.partition - b.partition || a.sequence - b.sequence)
      // Texts and their commitments, and hashes, are none of the model's.
      .map(({ ...entry }) => ({ ...withoutWords({ ...entry, textCommitment: null }), hash: null }));
  const [a, b] = [plain(actual), plain(expected)];
  if (Bun.deepEquals(a, b)) return null;
  const index = Array.from({ length: Math.max(a.length, b.length) }, (_, at) => at).find(
    (at) => !Bun.deepEquals(a[at], b[at]),
  )!;
  return `the journal has ${JSON.stringify(a[index] ?? null)}, the model ${JSON.stringify(b[index] ?? null)}`;
}

/** Where an answer tells of lines or of an item, it tells of them as the model does. */
function faultsOfAnswer({ requestId, path, answer }: BusinessOperation, verdict: Verdict): string[] {
  if (answer === null) return [];
  const said = answer.body as Record<string, unknown>;
  if (answer.status >= 400) {
    const isLate = verdict.kind === "order" && verdict.outcome.latePayment === "refused";
    return isLate ? [] : [`${requestId} ${path}: answered with ${answer.status}, and is in the journal`];
  }
  if (verdict.kind !== "order" || !Array.isArray(said.lines)) return [];
  const told = said.lines.map((line: Record<string, number>) => [
    line.line,
    line.held ?? 0,
    line.inTransit ?? line.incoming ?? 0,
    line.committed ?? line.received ?? 0,
    line.released ?? line.cancelled ?? 0,
  ]);
  const meant = verdict.outcome.lines.map(({ line, held, incoming, done, dropped }) => [
    line,
    held,
    incoming,
    done,
    dropped,
  ]);
  const isSame = Bun.deepEquals(told, meant);
  return isSame
    ? []
    : [`${requestId} ${path}: was told ${JSON.stringify(told)}, the model says ${JSON.stringify(meant)}`];
}

/** An operation without entries was refused, or had nothing to do. */
function faultsOfNothing({ requestId, path, answer, command }: BusinessOperation): string[] {
  if (answer === null || answer.status >= 400) return [];
  const meant = command({ actor: "", requestId, traceparent: null, buyerKey: null });
  const mayBeNothing =
    (meant.kind === "reserve" && meant.isDryRun) ||
    (meant.kind === "reservation" && meant.action.kind === "release") ||
    (meant.kind === "reservation" && meant.action.kind === "commit") ||
    (meant.kind === "transfer-action" && meant.action.kind === "reschedule");
  return mayBeNothing ? [] : [`${requestId} ${path}: answered with ${answer.status}, and is not in the journal`];
}

/** A hold that ran out: its time must be over, and everything that is still held of the line goes back. */
function expire(world: World, entry: Entry): string[] {
  if (isNotice(entry.kind)) {
    // What follows from an expiry is told behind it; that it is right is seen in the item it leaves.
    noteNotice(world, entry);
    return [];
  }
  const { line }: EntryDetail = parseDetail(entry);
  if (entry.kind !== entryKinds.inventoryHoldExpired || line === undefined) {
    return [`${entry.requestId}: nobody asked for ${JSON.stringify(entry)}`];
  }
  const mine = linesOf(world, line.orderId).find((one) => one.line === line.line);
  if (mine === undefined) return [`${entry.requestId}: expiry of a line that is not there`];
  if (mine.expiresAtMs! > entry.recordedAtMs) return [`${entry.requestId}: expired ${line.orderId} before its time`];
  const known = world.entries.length;
  expireLine(world, entry, mine, entry.recordedAtMs);
  const difference = differenceOf([entry], world.entries.slice(known));
  return difference === null ? [] : [`${entry.requestId}: ${difference}`];
}

function noteNotice(world: World, entry: Entry): void {
  const item = recordedItem(world, entry.productId!, entry.locationId!)!;
  const alert = parseDetail(entry).extras?.alert ?? "none";
  const after = {
    ...item,
    lastSequence: entry.sequence,
    extras: { ...item.extras, alert },
  };
  world.items = world.items.map((one) => (one === item ? after : one));
  world.entries.push(entry);
}

/** The number that a channel is told is the one that it can sell at that place of the journal. */
function faultsOfNumber(world: World, entry: Entry): string[] {
  const { channelLevel } = parseDetail(entry);
  const { channelId, available, previous } = channelLevel!;
  const channel = world.channels.find((one) => one.id === channelId)!;
  const units = sellableOver(world, world, channel.document, entry.productId!);
  world.entries.push(entry);
  const meant = Number(numberTold(world, channel.document, entry.productId!, units));
  if (available === meant && available !== previous) return [];
  return [`${entry.requestId}: channel ${channelId} was told ${available} after ${previous}, it can sell ${meant}`];
}

/** Forgets what nobody will ask for any more, so that long histories stay quick. */
function slim(world: World): void {
  forget(world, keptEntries);
  const recent = new Set(world.orders.slice(-keptOrders).map(({ orderId }) => orderId));
  const open = new Set(world.lines.filter((line) => line.held + line.incoming > 0n).map(({ orderId }) => orderId));
  const isKept = ({ orderId }: { readonly orderId: string }) => recent.has(orderId) || open.has(orderId);
  world.orders = world.orders.filter(isKept);
  world.lines = world.lines.filter(isKept);
}
