/**
 * The server of the page: it serves the page and passes reads of stock on to Onhand with its key, which browsers never
 * see. Use a key of the role reader.
 *
 *   npx bun examples/shop-page/server.ts
 */
import { join } from "node:path";

const onhand = process.env.ONHAND_URL ?? "http://127.0.0.1:8080";
const authorization = `Bearer ${process.env.ONHAND_API_KEY ?? ""}`;
/** What the page may ask for. */
const passedOn = ["/v1/inventory", "/v1/inventory/stream", "/v1/inventory/updates"];

const built = await Bun.build({ entrypoints: [join(import.meta.dir, "page.ts")], target: "browser" });
const script = await built.outputs[0]!.text();

async function passOn(request: Request, url: URL): Promise<Response> {
  const headers = { authorization, accept: request.headers.get("accept") ?? "*/*" };
  try {
    const answer = await fetch(onhand + url.pathname + url.search, { headers, signal: request.signal });
    // Only what the client needs: the place in the feed, and when to come back.
    const kept = ["content-type", "onhand-cursor", "retry-after", "cache-control"].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as [string, string]];
    });
    return new Response(answer.body, { status: answer.status, headers: kept });
  } catch {
    return new Response("Onhand cannot be reached", { status: 502 });
  }
}

const server = Bun.serve({
  port: Number(process.env.PORT ?? 8090),
  hostname: "127.0.0.1",
  // Streams stay open.
  idleTimeout: 0,
  fetch(request) {
    const url = new URL(request.url);
    if (request.method !== "GET") return new Response(null, { status: 405 });
    if (url.pathname === "/") return new Response(Bun.file(join(import.meta.dir, "index.html")));
    if (url.pathname === "/page.js") return new Response(script, { headers: { "content-type": "text/javascript" } });
    return passedOn.includes(url.pathname) ? passOn(request, url) : new Response(null, { status: 404 });
  },
});
process.stdout.write(`Open ${server.url.href}\n`);
