import { afterEach, expect, test } from "bun:test";
import { BENCH_LOCATION_ID } from "../workloads/names.ts";
import type { LoadJob, LoadMessage, LoadResult } from "./job.ts";

const LOAD_MAIN = new URL("./main.ts", import.meta.url).pathname;
const STALLING_SERVER = new URL("../servers/stalling.ts", import.meta.url).pathname;

let server: Bun.Subprocess<"ignore", "pipe", "inherit"> | null = null;

afterEach(() => {
  server?.kill();
  server = null;
});

/** Starts the server that stands still and returns its address. */
async function startStallingServer(stallMs: number, stallAtRequest: number): Promise<string> {
  server = Bun.spawn([process.execPath, STALLING_SERVER], {
    env: { ...process.env, PORT: "0", STALL_MS: String(stallMs), STALL_AT_REQUEST: String(stallAtRequest) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const chunk of server.stdout) return `http://127.0.0.1:${Buffer.from(chunk).toString().trim()}`;
  throw new Error("the stalling server printed no port");
}

async function load(job: Partial<LoadJob> & { url: string }): Promise<LoadResult> {
  const whole: LoadJob = {
    bearer: "bench",
    workload: "adjust",
    connections: 16,
    warmUpSeconds: 0,
    seconds: 1,
    productCount: 100,
    locationId: BENCH_LOCATION_ID,
    linesPerRequest: 0,
    seed: 1,
    ...job,
  };
  const child = Bun.spawn([process.execPath, LOAD_MAIN, JSON.stringify(whole)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = (await new Response(child.stdout).text()).trim().split("\n");
  const messages = lines.map((line) => JSON.parse(line) as LoadMessage);
  expect(messages.map((message) => message.phase)).toEqual(["measuring", "measured", "finished"]);
  const last = messages.at(-1)!;
  if (last.phase !== "finished") throw new Error("the load generator did not finish");
  return last.result;
}

test("a planted stall of one second is the maximum latency, of exactly the requests under way", async () => {
  const url = await startStallingServer(1000, 2000);
  const result = await load({ url, seconds: 3 });
  expect(result.measured.ok).toBe(result.measured.requests);
  expect(result.latency.maxUs).toBeGreaterThan(990_000);
  expect(result.latency.maxUs).toBeLessThan(2_000_000);
  expect(result.latency.p50Us).toBeLessThan(100_000);
});

test("a stall over the end of the window is still measured in full", async () => {
  // The request count ends the window while the server stands still.
  const url = await startStallingServer(1000, 4000);
  const result = await load({ url, requestCount: 4000 });
  expect(result.measured.requests).toBe(4000);
  expect(result.latency.maxUs).toBeGreaterThan(990_000);
  // All connections were held up for the second, so it must lower the rate.
  expect(result.okPerSecond).toBeLessThan(4000 / 0.99);
});

test("a server without a stall shows none, and warm-up requests are counted but not measured", async () => {
  const url = await startStallingServer(0, 0);
  const result = await load({ url, warmUpSeconds: 0.5, seconds: 1 });
  expect(result.lifetime.requests).toBeGreaterThan(result.measured.requests);
  expect(result.measured.ok).toBe(result.measured.requests);
  expect(result.latency.maxUs).toBeLessThan(900_000);
});

test("bulk units are read from the answers", async () => {
  const url = await startStallingServer(0, 0);
  const result = await load({ url, workload: "bulk", linesPerRequest: 1000, connections: 4, requestCount: 40 });
  expect(result.measured.requests).toBe(40);
  expect(result.measured.units).toBe(40);
});
