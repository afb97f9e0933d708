/** Pages that need no key: the API reference, and the list of problems that answers link to. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { asyncApiDocument } from "@onhand/protocol/asyncapi";
import { aboutEvent, eventSchema, eventSchemaPath, sentTypeNames } from "@onhand/protocol/events";
import { openApiDocument } from "@onhand/protocol/openapi";
import { problemKinds } from "@onhand/protocol/problems";
import type { Api } from "./api.ts";
import { ProblemError } from "./problem.ts";
import { requestIdOf } from "./request-headers.ts";

const assets = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
} as const;

const starter = `window.ui = SwaggerUIBundle({ url: "/v1/openapi.json", dom_id: "#reference", deepLinking: true, defaultModelsExpandDepth: 0, displayRequestDuration: true, tryItOutEnabled: true, persistAuthorization: false });`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<style>body{margin:0;font-family:system-ui,sans-serif;color:#222}main{max-width:60rem;margin:0 auto;padding:1rem}dt{font-weight:600;margin-top:1.2rem}dd{margin:.2rem 0 0 0}code{background:#f2f2f2;padding:.1rem .3rem;border-radius:.2rem}</style></head>
<body>${body}</body></html>`;

/** Above the reference: what else there is to read. */
const links = `<nav style="padding:.6rem 1rem;background:#f2f2f2">Also here: <a href="/v1/openapi.json">OpenAPI</a> · <a href="/v1/asyncapi.json">AsyncAPI: the change feed on every transport</a> · <a href="/v1/schemas">schemas of events</a> · <a href="/docs/problems">problems</a></nav>`;

const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/`([^`]+)`/g, "<code>$1</code>");

function problemsPage(): string {
  const list = Object.entries(problemKinds)
    .map(
      ([code, kind]) =>
        `<dt id="${code}"><code>${code}</code> · ${kind.status} · ${escapeHtml(kind.title)}</dt><dd>${escapeHtml(kind.meaning)}</dd>`,
    )
    .join("\n");
  return page(
    "Onhand: problems",
    `<main><h1>Problems</h1><p>Every answer that is not a success is an <code>application/problem+json</code> with one of these codes. <a href="/docs">API reference</a></p><dl>${list}</dl></main>`,
  );
}

const headers = (type: string): Record<string, string> => ({
  "content-type": type,
  "cache-control": "public, max-age=3600",
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'",
});

/** An address under which there is no schema. */
function noSuchSchema(request: Request): Response {
  const detail = "There is no event of this type. GET /v1/schemas lists all of them.";
  return new ProblemError("not_found", detail).toResponse(requestIdOf(request.headers));
}

/** Adds /v1/schemas and a schema below it for each type of event. */
function addEventSchemas(app: Api["app"]): void {
  const index = sentTypeNames.map((type) => ({
    type,
    description: aboutEvent(type),
    schema: eventSchemaPath(type),
  }));
  const open = (type: string) => ({ headers: { ...headers(type), "access-control-allow-origin": "*" } });
  const listing = JSON.stringify({ data: index });
  app.get("/v1/schemas", () => new Response(listing, open("application/json")));
  for (const type of sentTypeNames) {
    const text = JSON.stringify(eventSchema(type));
    app.get(eventSchemaPath(type), () => new Response(text, open("application/schema+json")));
  }
  app.get("/v1/schemas/:type", (context) => noSuchSchema(context.req.raw));
}

/** Adds /docs, /docs/problems, /v1/openapi.json, /v1/asyncapi.json and /v1/schemas. @param version version of the server */
export function addDocsPages(app: Api["app"], version: string): void {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const html = "text/html; charset=utf-8";
  const reference = page(
    "Onhand: API reference",
    `${links}<div id="reference"></div><script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/assets/start.js"></script>`,
  );
  const document = JSON.stringify(openApiDocument(version));
  app.get("/docs", () => new Response(reference, { headers: headers(html) }));
  app.get("/docs/problems", () => new Response(problemsPage(), { headers: headers(html) }));
  app.get("/docs/assets/start.js", () => new Response(starter, { headers: headers("text/javascript; charset=utf-8") }));
  for (const [name, type] of Object.entries(assets)) {
    app.get(`/docs/assets/${name}`, () => new Response(readFileSync(join(folder, name)), { headers: headers(type) }));
  }
  app.get(
    "/v1/openapi.json",
    () => new Response(document, { headers: { ...headers("application/json"), "access-control-allow-origin": "*" } }),
  );
  const feed = JSON.stringify(asyncApiDocument(version));
  app.get(
    "/v1/asyncapi.json",
    () => new Response(feed, { headers: { ...headers("application/json"), "access-control-allow-origin": "*" } }),
  );
  addEventSchemas(app);
}
