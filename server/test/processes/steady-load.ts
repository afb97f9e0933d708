/** Load that goes on while servers and databases are hurt, and what must be true when it is over. */
import { expect } from "bun:test";
import type { Database } from "../../src/db/pool.ts";
import { type ServerProcess, until } from "../support/server-process.ts";
import { findContradictions } from "./history-check.ts";
import { Directory, drive, type Operation, randomNumbers, summary } from "./load.ts";
import { listItems, locationIdOf, productIdOf } from "./stock.ts";

export interface SteadyLoadOptions {
  readonly servers: readonly ServerProcess[];
  readonly clients: number;
  readonly products: number;
  readonly locations: number;
  /** Whom a client asks; by default each in turn. */
  readonly pick?: (client: number, attempt: number) => string;
}

/** Clients that take and bring units until told to stop; each insists on an outcome for everything that it sent. */
export class SteadyLoad {
  /** Where the servers are; replace the URLs when they start again elsewhere. */
  readonly directory: Directory;
  /** Operations with an outcome. */
  doneCount = 0;
  readonly #finished: Promise<Operation[]>;
  #isOver = false;

  constructor(options: SteadyLoadOptions) {
    const { servers, clients, products, locations } = options;
    this.directory = new Directory(...servers.map(({ url }) => url));
    const randoms = Array.from({ length: clients }, (_, client) => randomNumbers(client));
    this.#finished = drive({
      clients,
      next: (client) => {
        if (this.#isOver) return null;
        const random = randoms[client]!;
        const [productId, locationId] = [productIdOf(random(products)), locationIdOf(random(locations))];
        return { productId, locationId, adjustment: random(4) === 0 ? 1 + random(40) : -1 - random(20) };
      },
      pick: options.pick ?? this.directory.pick,
      onDone: () => {
        this.doneCount += 1;
      },
    });
  }

  /** Resolves when so many more operations have an outcome. */
  afterOperations(count: number): Promise<void> {
    const goal = this.doneCount + count;
    return until(`${count} more operations`, () => this.doneCount >= goal);
  }

  /** Begins nothing new and waits for what is under way. */
  finish(): Promise<Operation[]> {
    this.#isOver = true;
    return this.#finished;
  }
}

/** Nothing contradicts the journal, all outcomes are known, and the API shows the sum of what moved. */
export async function expectConsistent(
  server: ServerProcess,
  database: Database,
  history: readonly Operation[],
): Promise<void> {
  expect(await findContradictions(database, history)).toEqual([]);
  expect(summary(history).unknown).toBe(0);
  const { rows } = await database.query<{ total: number }>({ text: "SELECT sum(on_hand_delta) AS total FROM journal" });
  const { items } = await listItems(server);
  expect(items.reduce((sum, item) => sum + item.stockLevel, 0)).toBe(Number(rows[0]!.total));
}
