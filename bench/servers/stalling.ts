/**
 * A tiny server that stands still once, for a known time. It proves that the load generator sees what callers see:
 * the stall must appear in the maximum latency and in the rate.
 *
 * Environment: `PORT` (0 picks one; printed as the first line), `STALL_MS`, `STALL_AT_REQUEST`.
 */

const stallMs = Number(process.env.STALL_MS ?? "1000");
const stallAtRequest = Number(process.env.STALL_AT_REQUEST ?? "2000");
let requestCount = 0;

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? "0"),
  async fetch(request) {
    await request.arrayBuffer();
    requestCount++;
    // Blocks the whole process, as a long garbage collection or a frozen disk would.
    if (requestCount === stallAtRequest) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
    return new Response('{"applied":1}', { headers: { "Content-Type": "application/json" } });
  },
});

process.stdout.write(`${server.port}\n`);
