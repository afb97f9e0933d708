/**
 * Takes lines to the journal: looks up what their names mean, drops echoes, and has the others decided, each by itself.
 * What keeps the database from answering fails a line, never its neighbours.
 */
import type { InventoryCommand } from "../core/command.ts";
import type { Outcome } from "../core/outcome.ts";
import { KeyReused, Overloaded, PoisonCommand } from "../writer/errors.ts";
import { faultOf } from "./check-line.ts";
import { isEcho } from "./echo.ts";
import { intakeLimits } from "./intake-limits.ts";
import type { IntakeOrigin } from "./intake-line.ts";
import { type Attempt, commandOriginOf, type FoundProduct, lineCommand } from "./line-command.ts";
import { type Settlement, settlementOf, type Waiting } from "./line-verdict.ts";
import type { Resolver } from "./resolver.ts";
import type { Room } from "./room.ts";
import type { Stated } from "./stated.ts";

/** Has a command decided. */
export type Submit = (command: InventoryCommand) => Promise<{ readonly outcome: Outcome; readonly replayed: boolean }>;

/** The item that a line was about, as far as it was found. */
export interface Place {
  readonly productId: string;
  readonly locationId: string;
}

/** What an attempt came to; a failure is one of the database, after which it is tried again. */
export type Ran = (Settlement | { readonly failure: unknown }) & { readonly place?: Place };

type Found = { readonly product: FoundProduct; readonly locationId: string };

const refused = (code: string, detail: string, isRemembered: boolean): Waiting => ({
  reason: "rejected",
  code: null,
  problem: { code, detail },
  isRemembered,
});

const keyReused = refused(
  "idempotency_key_reused",
  "An operation with this id was here before and said something else. If both happened, retry this one: it gets an id of its own. Else discard it.",
  true,
);
const poison = refused(
  "validation_failed",
  "The database refuses the line, and nothing else of its request. Check its quantity; then retry or discard it.",
  false,
);

export interface LineRunnerOptions {
  readonly resolver: Resolver;
  readonly stated: Stated;
  readonly submit: Submit;
  readonly room: Room;
}

export class LineRunner {
  readonly #options: LineRunnerOptions;

  constructor(options: LineRunnerOptions) {
    this.#options = options;
  }

  /** @returns what each attempt came to, in order */
  async run(origin: IntakeOrigin, attempts: readonly Attempt[]): Promise<Ran[]> {
    const { resolver } = this.#options;
    const results: (Ran | undefined)[] = attempts.map(({ line }) => {
      const problem = faultOf(line, origin);
      return problem === null
        ? undefined
        : { waiting: { reason: "rejected", code: null, problem, isRemembered: false } };
    });
    let open = results.flatMap((result, index) => (result === undefined ? [index] : []));
    const linesOf = (indices: readonly number[]) => indices.map((index) => attempts[index]!.line);
    const resolved = await resolver.resolve(origin.codesOf, linesOf(open));
    const found = new Map<number, Found>();
    const lost = new Map<number, Waiting>();
    for (const [position, each] of resolved.entries()) {
      if ("waiting" in each) lost.set(open[position]!, each.waiting);
      else found.set(open[position]!, each);
    }
    for (const [index, settlement] of await this.#withoutName(origin, attempts, lost)) results[index] = settlement;
    for (const [index, settlement] of await this.#withoutJournal(origin, attempts, found)) results[index] = settlement;
    open = [...found.keys()].filter((index) => results[index] === undefined);
    for (let retries = 0; open.length > 0; retries++) {
      const ran = await this.#submit(
        origin,
        open.map((index) => ({ attempt: attempts[index]!, found: found.get(index)! })),
      );
      for (const [position, result] of ran.entries()) results[open[position]!] = result ?? undefined;
      open = open.filter((_, position) => ran[position] === null);
      // SKUs that moved to another product meanwhile are looked up anew.
      for (const [position, each] of (await resolver.resolve(origin.codesOf, linesOf(open))).entries()) {
        const index = open[position]!;
        if ("waiting" in each) results[index] = each;
        else if (retries < intakeLimits.staleRetriesMax) found.set(index, each);
        else results[index] = { failure: new Overloaded("the SKU of a line keeps moving to other products") };
      }
      open = open.filter((index) => results[index] === undefined);
    }
    return results.map((result, index) => {
      const at = found.get(index);
      return at === undefined
        ? result!
        : { ...result!, place: { productId: at.product.productId, locationId: at.locationId } };
    });
  }

  /** What is known by no name now may have been applied while it was. */
  async #withoutName(
    origin: IntakeOrigin,
    attempts: readonly Attempt[],
    lost: ReadonlyMap<number, Waiting>,
  ): Promise<[number, Ran][]> {
    const keys = new Map([...lost.keys()].map((index) => [index, commandOriginOf(origin, attempts[index]!).key]));
    const outcomes = await this.#options.resolver.outcomes([...keys.values()]);
    return [...lost].map(([index, waiting]) => {
      const outcome = outcomes.get(keys.get(index)!);
      const { operationId } = attempts[index]!.line;
      return [index, outcome === undefined ? { waiting } : settlementOf(operationId, outcome, true)];
    });
  }

  /** Lines that are settled beside the journal: echoes, and levels that are only compared with. */
  async #withoutJournal(
    origin: IntakeOrigin,
    attempts: readonly Attempt[],
    found: ReadonlyMap<number, Found>,
  ): Promise<[number, Ran][]> {
    const levels = [...found].flatMap(([index, { product, locationId }]) => {
      const { line, arrivedAtMs } = attempts[index]!;
      if (!("stockLevel" in line.change)) return [];
      return [{ index, line, arrivedAtMs, locationId, productId: product.productId, ...line.change }];
    });
    const { echoWindowMs, isStatementOnly } = origin;
    if (levels.length === 0 || (echoWindowMs === 0 && !isStatementOnly)) return [];
    const publishedOf =
      echoWindowMs === 0
        ? () => []
        : await this.#options.stated.published(
            origin,
            levels.map((level) => level.productId),
          );
    return levels.flatMap(({ index, line, productId, locationId, stockLevel, arrivedAtMs }): [number, Ran][] => {
      const { operationId, occurredAtMs, reference } = line;
      const reported = { stockLevel, occurredAtMs, reference, arrivedAtMs };
      if (isEcho(reported, publishedOf(productId, locationId), echoWindowMs))
        return [[index, { done: { operationId, verdict: "ignored", rule: "echo" } }]];
      return isStatementOnly ? [[index, { done: { operationId, verdict: "applied", rule: "statement" } }]] : [];
    });
  }

  /** @returns what each line came to; null where it must be looked up anew */
  async #submit(
    origin: IntakeOrigin,
    lines: readonly { readonly attempt: Attempt; readonly found: Found }[],
  ): Promise<(Ran | null)[]> {
    const { room, submit } = this.#options;
    const running: Promise<Ran | null>[] = [];
    for (const { step, room: taken } of stepsOf(lines)) {
      await room.take(taken);
      for (const { attempt, found } of step) {
        const { operationId } = attempt.line;
        const command = lineCommand(origin, attempt, found.product, found.locationId);
        const settled = submit(command).then(({ outcome, replayed }) => {
          const isStale = outcome.kind === "rejected" && outcome.rejection.isStale === true;
          return isStale ? null : settlementOf(operationId, outcome, replayed);
        }, explained);
        running.push(settled.finally(() => room.give(roomOf(attempt))));
      }
    }
    return Promise.all(running);
  }
}

const roomOf = ({ line }: Attempt): number => ("stockLevel" in line.change ? intakeLimits.linesPerLevel : 1);

/** Divides lines into steps, in order, with the room that each of them takes. */
function stepsOf<Line extends { readonly attempt: Attempt }>(lines: readonly Line[]) {
  const steps: { step: Line[]; room: number }[] = [];
  for (const line of lines) {
    const room = roomOf(line.attempt);
    const last = steps.at(-1);
    if (last === undefined || last.room + room > intakeLimits.linesPerStep) steps.push({ step: [line], room });
    else {
      last.step.push(line);
      last.room += room;
    }
  }
  return steps;
}

/** A line that is at fault itself is parked; whatever else failed says nothing of the line. */
function explained(error: unknown): Ran {
  if (error instanceof KeyReused) return { waiting: keyReused };
  if (error instanceof PoisonCommand) return { waiting: poison };
  return { failure: error };
}
