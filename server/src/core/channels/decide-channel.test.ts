import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { MemoryState } from "../../../test/model/memory-state.ts";
import type { ChannelDocument } from "../catalogue/catalogue.ts";
import { catalogueEntry } from "../catalogue/decide-catalogue.ts";
import type { CatalogueOperation } from "../command.ts";
import type { Outcome } from "../outcome.ts";
import { Draft } from "../state.ts";
import { decideChannel } from "./decide-channel.ts";

const document: ChannelDocument = {
  name: "Web shop",
  locations: ["shop"],
  locationGroups: [],
  products: null,
  buffer: 0,
  buffers: {},
};
const origin = {
  key: "0".repeat(32),
  requestHash: "0".repeat(32),
  actor: "key_1",
  source: null,
  requestId: "req_1",
  traceparent: null,
};

/** A state with one location. */
function world(): MemoryState {
  const fields = { name: "Shop", type: "store", region: null, timezone: null, currency: null, groups: [] };
  const location = { document: fields, version: 1, life: "active", createdAtMs: 0, updatedAtMs: 0 } as const;
  const place = { partition: 0, sequence: 1, kind: entryKinds.locationCreated, productId: null, locationId: "shop" };
  return new MemoryState(2, [catalogueEntry(origin, place, location)]);
}

function ask(state: MemoryState, operation: CatalogueOperation<ChannelDocument>, ifMatchVersion: number | null = null) {
  const draft = new Draft(state);
  const outcome: Outcome = decideChannel(
    draft,
    { ...origin, kind: "channel", channelId: "web", operation, ifMatchVersion },
    5,
  );
  state.adopt(draft);
  return outcome;
}

test("a channel is created, changed, archived and deleted, each with an entry in the control partition", () => {
  const state = world();
  ask(state, { kind: "create", document });
  ask(state, { kind: "patch", fields: { buffer: 3 } });
  expect(state.channel("web")).toEqual({
    channelId: "web",
    document: { ...document, buffer: 3 },
    version: 2,
    life: "active",
    createdAtMs: 5,
    updatedAtMs: 5,
  });
  ask(state, { kind: "patch", fields: {}, life: "archived" });
  ask(state, { kind: "delete" });
  expect(state.channel("web")).toMatchObject({ version: 4, life: "deleted" });
  const kinds = state.entries.slice(1).map(({ partition, kind }) => [partition, kind]);
  expect(kinds).toEqual([80, 81, 82, 83].map((kind) => [0, kind]));
});

test("a deleted channel may be created again, and its version counts on", () => {
  const state = world();
  ask(state, { kind: "create", document });
  expect(ask(state, { kind: "create", document })).toMatchObject({ rejection: { code: "already_exists" } });
  ask(state, { kind: "delete" });
  expect(ask(state, { kind: "create", document })).toMatchObject({ channel: { version: 3, life: "active" } });
});

test("a location that does not exist is named in the refusal", () => {
  const state = world();
  const elsewhere = { ...document, locations: ["shop", "moon"] };
  const refusal = { rejection: { code: "not_found", pointer: "/locations/1" } };
  expect(ask(state, { kind: "create", document: elsewhere })).toMatchObject(refusal);
  ask(state, { kind: "create", document });
  expect(ask(state, { kind: "patch", fields: { locations: ["shop", "moon"] } })).toMatchObject(refusal);
  expect(state.channel("web")?.version).toBe(1);
});

test("another version than the one that was read is refused", () => {
  const state = world();
  ask(state, { kind: "create", document });
  const patch = { kind: "patch", fields: { buffer: 1 } } as const;
  expect(ask(state, patch, 7)).toMatchObject({ rejection: { code: "version_conflict", currentVersion: 1 } });
  expect(ask(state, patch, 1)).toMatchObject({ kind: "channel" });
});
