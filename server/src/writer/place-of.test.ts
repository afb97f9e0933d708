/** What commands about orders weigh: a group holds as many entries as it says. */
import { describe, expect, test } from "bun:test";
import { reserve, want, wantFrom } from "../../test/model/reservation-commands.ts";
import type { Channel } from "../core/catalogue/catalogue.ts";
import type { Command, ReservationAction, TransferAction } from "../core/command.ts";
import { limits } from "../core/limits.ts";
import { orderLimits } from "../core/orders/order.ts";
import type { Offers } from "./order-lines.ts";
import { placeOf } from "./place-of.ts";

const origin = { key: "k", requestHash: "h", actor: "a", source: null, requestId: "r", traceparent: null };
const partitions = [1, 2, 3];
const weigh = (command: Command, offers: Offers | null = null) => placeOf(command, 16, offers).weight;

const locations = (count: number) => Array.from({ length: count }, (_, index) => `l${index}`);
const offers: Offers = {
  locationsOfGroup: (group) => locations(Number(group)),
  channel: (channelId) => ({ channelId }) as Channel,
  locationsOfChannel: ({ channelId }) => locations(Number(channelId)),
};

describe("a new reservation weighs the lines that it may come to", () => {
  const many = Array.from({ length: 200 }, () => wantFrom("5", 9));
  test.each([
    ["as many as are named", 2, reserve([want(100), want(100)])],
    ["as many as a group has locations", 5, reserve([wantFrom("5", 100)])],
    ["as many as there are units", 3, reserve([wantFrom("5", 3)])],
    ["as many as a channel has of the group", 4, reserve([wantFrom("5", 100)], { channelId: "4" })],
    ["as many as a channel has", 8, reserve([want(100, { locationId: null }), want(1)], { channelId: "7" })],
    ["one from where nothing is", 1, reserve([wantFrom("0", 3)])],
    ["no more than an order may have", orderLimits.linesMax, reserve(many)],
    ["those of older ones too", 42, reserve([want(1), want(1)], { olderLines: 40 })],
    ["no more than give way", 2_001, reserve([want(1)], { olderLines: 9_999 })],
  ])("%s", (_name, weight, command) => {
    expect(weigh(command, offers)).toBe(weight);
  });

  test("before it is known what groups there are, one for each unit", () => {
    expect(weigh(reserve([wantFrom("5", 9), want(9)]))).toBe(10);
    expect(weigh(reserve([wantFrom("5", 9_999)]))).toBe(orderLimits.linesMax);
  });

  test("the largest one fits into a group", () => {
    expect(weigh(reserve(many, { olderLines: 9_999 }), offers)).toBeLessThanOrEqual(limits.groupEntriesMax);
  });
});

describe("what is done with an order weighs its lines", () => {
  const order = { orderId: "res_0100000000001", partitions, lineCount: 200, text: null, ...origin };
  const lines = [{ line: 1, quantity: 1 }];
  const commit = { kind: "commit", lines: null, releasesRest: false, retakes: false } as const;
  test.each<[number, ReservationAction]>([
    [200, commit],
    [200, { ...commit, releasesRest: true }],
    [200, { ...commit, lines }],
    [201, { ...commit, lines, releasesRest: true }],
    [200, { kind: "release", lines: null }],
    [200, { kind: "pay", ttlMs: 1 }],
  ])("%d of a reservation: %j", (weight, action) => {
    expect(weigh({ kind: "reservation", ...order, action })).toBe(weight);
  });

  const received = { kind: "receive", lines: null, closes: false } as const;
  test.each<[number, TransferAction]>([
    [400, { kind: "ship", lines: null, expectedAtMs: null }],
    [2, { kind: "ship", lines, expectedAtMs: null }],
    [202, { ...received, lines: [{ line: 1, quantity: 1, state: null }], closes: true }],
    [400, { kind: "cancel", lines: null }],
    [3, { kind: "reschedule", expectedAtMs: null }],
  ])("%d of a transfer: %j", (weight, action) => {
    expect(weigh({ kind: "transfer-action", order: "transfer", occurredAtMs: null, ...order, action })).toBe(weight);
  });

  test("all lines of all orders that the sweeper names", () => {
    const orders = [1, 200].map((lineCount) => ({ orderId: "res_0100000000001", partitions, lineCount }));
    expect(weigh({ kind: "expire", orders, ...origin })).toBe(201);
  });
});
