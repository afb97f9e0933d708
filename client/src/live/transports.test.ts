/** What a view does when a transport does not work, says nothing, or ends. */
import { expect, test } from "bun:test";
import { FakeOnhand } from "../../test/support/fake-onhand.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { ModelShop } from "../../test/support/model-shop.ts";
import { failureOf, json } from "../../test/support/scripted-client.ts";
import { createClient } from "../client.ts";
import { tailLimits } from "../tail/tail.ts";
import type { LiveOptions } from "./live-view.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function open(
  options: LiveOptions,
  faults: number[] = [],
  change: (url: URL, init: RequestInit) => Response | Promise<Response> | null = () => null,
) {
  const shop = new ModelShop();
  shop.do({ kind: "move", product: 0, location: 0, by: 5 });
  const server = new FakeOnhand({ shop, deeds: [], faults });
  const asked: URL[] = [];
  const clock = new ManualClock();
  const modes: string[] = [];
  const client = createClient({
    baseUrl: "http://one.test",
    apiKey: "k",
    clock,
    fetch: async (address, init) => {
      const url = new URL(address);
      asked.push(url);
      return change(url, init) ?? server.fetch(address, init);
    },
  });
  const view = client.live({ onStatus: ({ mode }) => modes.push(mode), ...options });
  return { view, shop, asked, clock, modes, server };
}

test("where streams are not to be had, it polls", async () => {
  const { view, asked } = open({}, [0, 4]);
  await view.ready();
  expect(view.status).toMatchObject({ mode: "live", transport: "poll" });
  expect(asked.map(({ pathname }) => pathname).slice(0, 3)).toEqual([
    "/v1/inventory",
    "/v1/inventory/stream",
    "/v1/inventory/updates",
  ]);
  view.close();
});

test("what answers a stream with something else is taken for what lies in between", async () => {
  const { view } = open({}, [], (url) => (url.pathname.endsWith("/stream") ? json({}) : null));
  await view.ready();
  expect(view.status.transport).toBe("poll");
  view.close();
});

test("a connection that falls silent is given up, and taken up again on the next server behind the last event", async () => {
  const { view, asked, clock, modes, server } = open({ servers: ["http://two.test/"], transports: ["sse"] });
  await server.idle();
  await view.ready();
  const again = server.idle();
  clock.advance(tailLimits.silenceMsMax);
  await again;
  await turn();
  expect(asked.at(-1)!.host).toBe("two.test");
  expect(asked.at(-1)!.searchParams.get("cursor")).toBe("0.1");
  expect(modes).toEqual(["snapshotting", "live", "stale", "live"]);
  view.close();
});

test("a ticket stands for the key on streams, and is new for each", async () => {
  let made = 0;
  const { view, asked, server, clock } = open({ transports: ["sse"], ticket: () => `tkt_${++made}` });
  await server.idle();
  const again = server.idle();
  clock.advance(tailLimits.silenceMsMax);
  await again;
  const tickets = asked
    .filter(({ pathname }) => pathname.endsWith("/stream"))
    .map(({ searchParams }) => searchParams.get("ticket"));
  expect(tickets).toEqual(["tkt_1", "tkt_2"]);
  view.close();
});

test("closed before it was ready, it says so; closed later, it keeps what it holds", async () => {
  const early = open({}, [], () => new Promise<Response>(() => {}));
  const ready = failureOf(early.view.ready());
  early.view.close();
  expect(await ready).toMatchObject({ message: "the view was closed before it was ready" });
  const late = open({ transports: ["sse"] });
  const changes = (async () => {
    const kinds: string[] = [];
    for await (const { kind } of late.view) kinds.push(kind);
    return kinds;
  })();
  await late.view.ready();
  late.view.close();
  expect(late.view.get("S-p0", "l0")).toMatchObject({ stockLevel: 5 });
  expect(late.view.totals("p0")).toMatchObject({ stockLevel: 5, locations: 1 });
  expect(await changes).toEqual(["added"]);
});

test("a listener that throws stops neither the view nor the others", async () => {
  const errors: unknown[] = [];
  const heard: string[] = [];
  const { view } = open({
    transports: ["sse"],
    onChange: () => {
      throw new Error("mine");
    },
    onError: (error) => errors.push(error),
  });
  view.onChange(({ sku }) => heard.push(sku));
  await view.ready();
  expect(errors).toMatchObject([{ message: "mine" }]);
  expect(heard).toEqual(["S-p0"]);
  view.close();
});

test("a filter that cannot be asked for is refused at once", () => {
  const many = Array.from({ length: 101 }, (_, index) => `p${index}`);
  expect(() => open({ filter: { productIds: many } })).toThrow("at most 100 values");
  expect(() => open({ transports: [] })).toThrow("at least one transport");
});
