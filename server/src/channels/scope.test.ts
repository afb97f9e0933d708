import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";
import { type ControlChange, concerns, notThere, withBefore } from "./scope.ts";

const fields = { name: "Web", products: null, buffer: 0, buffers: {} };
const byName: ChannelDocument = { ...fields, locations: ["shop"], locationGroups: [] };
const byGroup: ChannelDocument = { ...fields, locations: [], locationGroups: ["eu"] };
const none = { isActive: true, groups: [] };
const eu = { isActive: true, groups: ["eu"] };
const us = { isActive: true, groups: ["us"] };
const closed = { isActive: false, groups: ["eu"] };

const at = (before: ControlChange["before"], after: ControlChange["after"], locationId = "shop"): ControlChange => ({
  sequence: 1,
  kind: entryKinds.locationUpdated,
  locationId,
  channelId: null,
  before,
  after,
});
const own: ControlChange = {
  ...at(null, null),
  kind: entryKinds.channelUpdated,
  locationId: null,
  channelId: "web",
};

test.each([
  ["its own change", own, byName, true],
  ["another channel's change", { ...own, channelId: "market" }, byName, false],
  ["another name of a location that it names", at(none, none), byName, false],
  ["a location that it names and that is new", at(notThere, none), byName, true],
  ["a location that it names and that closes", at(eu, closed), byName, true],
  ["a location that it names and that joins a group", at(none, eu), byName, false],
  ["a location that it does not name", at(none, { ...none, isActive: false }, "depot"), byName, false],
  ["a location that leaves its group", at(eu, us), byGroup, true],
  ["a location that joins its group", at(us, eu), byGroup, true],
  ["another name of a location of its group", at(eu, eu), byGroup, false],
  ["a location of its group that closes", at(eu, closed), byGroup, true],
  ["a location of its group that is closed already", at(closed, { ...closed, groups: [] }), byGroup, false],
  ["a location of which nobody knows what it was", at(null, none), byGroup, true],
  ["one that it names, of which nobody knows what it was", at(null, none), byName, true],
  ["one that it does not name, of which nobody knows what it was", at(null, none, "depot"), byName, false],
] as const)("of a channel, %s", (_name, change, document, isConcerned) => {
  expect(concerns(change, { channelId: "web", document, isActive: true })).toBe(isConcerned);
});

test("a channel that is out of use is concerned by its own changes alone", () => {
  const archived = { channelId: "web", document: byName, isActive: false };
  expect([own, at(notThere, none), at(null, none)].map((change) => concerns(change, archived))).toEqual([
    true,
    false,
    false,
  ]);
});

test("what a location was before a change is what the one before made of it", () => {
  const [join, rename, other] = [at(null, eu), at(null, eu), at(null, us, "depot")].map(
    ({ before: _, ...rest }) => rest,
  );
  const changes = withBefore([join!, rename!, other!], new Map([["shop", none]]));
  expect(changes.map(({ before }) => before)).toEqual([none, eu, null]);
});
