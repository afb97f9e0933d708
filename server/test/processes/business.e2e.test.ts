import { afterEach, expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { Entry } from "../../src/core/record/entry.ts";
import { stopAll } from "../support/server-process.ts";
import type { BusinessOperation } from "./business.ts";
import { runBusiness, type Told } from "./business-scenario.ts";
import { replay } from "./replay.ts";

afterEach(stopAll);

/** What is found when one operation, or one entry, is another. */
function foundWith({ opening, partitions, history }: Told, other: Partial<Pick<Told, "partitions" | "history">>) {
  return replay(opening(), other.partitions ?? partitions, other.history ?? history).join("\n");
}

const isHold = ({ kind, actor }: Entry) => kind === entryKinds.inventoryReserved && actor !== "onhand";

test("business on two servers, one of which is killed, is what the reference model says, operation by operation", async () => {
  const told = await runBusiness({ operations: 900, clients: 12, products: 6, locations: 3, kills: 1, seed: 1 });
  const { partitions, history } = told;
  const hold = partitions.flat().find(isHold)!;
  const its = history.find(({ requestId }) => requestId === hold.requestId)!;
  const instead = (operation: BusinessOperation) => history.map((one) => (one === its ? operation : one));

  expect(foundWith(told, {})).toBe("");
  expect(foundWith(told, { history: history.filter((one) => one !== its) })).toContain("nobody asked for it");
  const answer = { status: 201, body: { lines: [] } };
  expect(foundWith(told, { history: instead({ ...its, answer }) })).toContain("was told []");
  const refusal = { status: 409, body: {} };
  expect(foundWith(told, { history: instead({ ...its, answer: refusal }) })).toContain("and is in the journal");
  const drifted = { ...hold, delta: { ...hold.delta, reserved: hold.delta.reserved + 1 } };
  const changed = partitions.map((entries) => entries.map((entry) => (entry === hold ? drifted : entry)));
  expect(foundWith(told, { partitions: changed })).toContain(`${hold.requestId} `);
  const unwritten = partitions.map((entries) => entries.filter(({ requestId }) => requestId !== hold.requestId));
  expect(foundWith(told, { partitions: unwritten })).not.toBe("");
}, 120_000);
