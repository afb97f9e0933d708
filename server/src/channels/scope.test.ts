import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";
import { type ControlChange, concerns } from "./scope.ts";

const fields = { name: "Web", products: null, buffer: 0, buffers: {} };
const byName: ChannelDocument = { ...fields, locations: ["shop"], locationGroups: [] };
const byGroup: ChannelDocument = { ...fields, locations: [], locationGroups: ["eu"] };
const change: ControlChange = {
  sequence: 1,
  kind: entryKinds.locationUpdated,
  locationId: "shop",
  channelId: null,
  groups: [],
};
const moved = { ...change, kind: entryKinds.channelUpdated, locationId: null, channelId: "web" };

test.each([
  ["its own change", moved, byName, true],
  ["another channel's change", { ...moved, channelId: "market" }, byName, false],
  ["a location that it names", change, byName, true],
  ["a location that it does not name", { ...change, locationId: "depot" }, byName, false],
  ["a location that may have left its group", change, byGroup, true],
  ["a new location of its group", { ...change, kind: entryKinds.locationCreated, groups: ["eu"] }, byGroup, true],
  ["a new location of another group", { ...change, kind: entryKinds.locationCreated, groups: ["us"] }, byGroup, false],
] as const)("of a channel, %s", (_name, each, document, isConcerned) => {
  expect(concerns(each, "web", document)).toBe(isConcerned);
});
