/** Looks afterwards whether everything that was answered is true. */
import { type Api, inParallel } from "./api.ts";
import { bodyOf, keyOf } from "./replay.ts";
import type { DemoServer } from "./server-child.ts";
import type { Slice } from "./slice.ts";
import type { Tally } from "./tally.ts";

export interface CheckResult {
  readonly name: string;
  readonly isRight: boolean;
  readonly detail: string;
}

const resent = 200;
const requestsAtOnce = 16;

/** Units on hand at each location. */
export async function unitsByLocation(api: Api): Promise<Map<string, number>> {
  const { body } = await api.get("/v1/inventory?groupBy=location&limit=1000");
  const data = (body.data ?? []) as { locationId: string; totals: { stockLevel: number } }[];
  return new Map(data.map(({ locationId, totals }) => [locationId, totals.stockLevel]));
}

/** Entries that this server appended to the journal, as its metrics say. */
export async function entriesWritten(api: Api): Promise<number> {
  return Number(/^onhand_entries_total (\S+)$/m.exec(await api.text("/metrics"))?.[1] ?? Number.NaN);
}

/** Runs all checks; none of them changes anything. */
export async function checkAll(
  api: Api,
  server: DemoServer,
  slice: Slice,
  tally: Tally,
  runId: string,
): Promise<CheckResult[]> {
  const checks = [
    await checkResending(api, slice, runId),
    await checkLevels(api, tally),
    await checkNoneBelowZero(api),
  ];
  const verified = await verify(server);
  return verified === null ? checks : [...checks, verified];
}

async function checkLevels(api: Api, tally: Tally): Promise<CheckResult> {
  const units = await unitsByLocation(api);
  const wrong = tally.markets.filter((market) => units.get(market.locationId) !== tally.expectedUnits(market));
  const total = [...units.values()].reduce((sum, each) => sum + each, 0);
  return {
    name: "levels = opening − sold + returned − lost",
    isRight: wrong.length === 0,
    detail:
      wrong.length === 0
        ? `${total} units in ${tally.markets.length} markets`
        : wrong.map(({ name, locationId }) => `${name}: ${units.get(locationId)}`).join(", "),
  };
}

async function checkNoneBelowZero(api: Api): Promise<CheckResult> {
  const { body } = await api.get("/v1/inventory?availableBelow=0&limit=1");
  const isRight = Array.isArray(body.data) && body.data.length === 0;
  return { name: "no item below zero", isRight, detail: isRight ? "none" : "there are some" };
}

/** Sends some sales again with their keys: the first answers must come back and nothing may change. */
async function checkResending(api: Api, slice: Slice, runId: string): Promise<CheckResult> {
  const sales = slice.markets.flatMap((market) => market.sales).slice(0, resent);
  let replays = 0;
  await inParallel(sales, requestsAtOnce, async (sale) => {
    const { isReplay } = await api.post("/v1/inventory", bodyOf(sale), keyOf(runId, sale));
    if (isReplay) replays += 1;
  });
  const detail = `${replays} of ${sales.length} gave their first answer again`;
  return { name: "sales sent twice count once", isRight: replays === sales.length, detail };
}

/** @returns null when this version has no such command */
async function verify(server: DemoServer): Promise<CheckResult | null> {
  const { code, output } = await server.run("verify");
  if (output.includes('There is no command "verify"')) return null;
  const detail = output.trim().split("\n").at(-1) ?? "";
  return { name: "onhand verify", isRight: code === 0, detail };
}
