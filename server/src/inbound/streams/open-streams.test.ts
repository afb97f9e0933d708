import { beforeEach, describe, expect, test } from "bun:test";
import { type MetricsLog, metricsLog } from "../../../test/streams/metrics-log.ts";
import type { Principal } from "../../auth/principal.ts";
import { OpenStreams } from "./open-streams.ts";
import type { EndReason } from "./stream-limits.ts";

const principal: Principal = { keyId: "key_1", name: "a shop", role: "reader" };
let log: MetricsLog;
let revoked: Set<string>;
let refreshed: () => void;
let ends: { reason: EndReason; retryMs: number }[];

beforeEach(() => {
  log = metricsLog();
  revoked = new Set();
  ends = [];
});

/** @param max most streams @param random numbers that come in turn */
function streamsOf(max: number, random: () => number = Math.random): OpenStreams {
  const keyring = {
    current: (keyId: string) => (revoked.has(keyId) ? null : { ...principal, keyId }),
    onRefreshed: (listener: () => void) => {
      refreshed = listener;
      return () => {};
    },
  };
  return new OpenStreams(max, log.metrics, keyring, random);
}

const stream = { end: (reason: EndReason, retryMs: number) => void ends.push({ reason, retryMs }) };

describe("a server that stops", () => {
  test("spreads the readers of 5,000 streams over ten seconds, those of a few over one", () => {
    for (const [count, spreadMs] of [
      [5_000, 10_000],
      [10, 1_000],
    ] as const) {
      ends = [];
      let turn = 0;
      const streams = streamsOf(5_000, () => turn++ / (count - 1));
      for (let index = 0; index < count; index++) streams.admit("sse", principal).occupy(stream);
      streams.drain();
      const delays = ends.map(({ retryMs }) => retryMs);
      expect([Math.min(...delays), Math.max(...delays)]).toEqual([1_000, 1_000 + spreadMs]);
      expect(new Set(ends.map(({ reason }) => reason))).toEqual(new Set(["shutdown"]));
    }
  });

  test("takes no new streams, and ends those that were being opened", async () => {
    const streams = streamsOf(5);
    const slot = streams.admit("sse", principal);
    streams.drain();
    expect(() => streams.admit("sse", principal)).toThrow(
      expect.objectContaining({ status: 503, headers: { "retry-after": "1" } }),
    );
    slot.occupy(stream);
    expect(ends).toMatchObject([{ reason: "shutdown" }]);
    expect(await log.value("onhand_stream_refusals_total")).toBe(1);
  });
});

describe("a key that was revoked", () => {
  test("ends its streams and no others", () => {
    const streams = streamsOf(5);
    for (const keyId of ["key_1", "key_2", "key_1"]) streams.admit("sse", { ...principal, keyId }).occupy(stream);
    refreshed();
    expect(ends).toEqual([]);
    revoked.add("key_1");
    refreshed();
    expect(ends.map(({ reason }) => reason)).toEqual(["revoked", "revoked"]);
  });

  test("ends a stream that was being opened", () => {
    const streams = streamsOf(5);
    const slot = streams.admit("sse", principal);
    revoked.add("key_1");
    refreshed();
    slot.occupy(stream);
    expect(ends.map(({ reason }) => reason)).toEqual(["revoked"]);
  });
});

test("a place that was freed is free once", async () => {
  const streams = streamsOf(2);
  const first = streams.admit("sse", principal);
  streams.admit("websocket", principal);
  expect(() => streams.admit("sse", principal)).toThrow(expect.objectContaining({ status: 503, code: "overloaded" }));
  for (let time = 0; time < 2; time++) first.free("client");
  expect(await log.value("onhand_streams_open")).toBe(1);
  streams.admit("sse", principal);
  expect(() => streams.admit("sse", principal)).toThrow();
});
