/** What a reader finds without a key: the reference, the list of problems and the OpenAPI document. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Operation, operations } from "@onhand/protocol/operations";
import { problemKinds, problemTypePrefix } from "@onhand/protocol/problems";
import { type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let document: Json;
beforeAll(async () => {
  server = await startTestServer();
  document = (await server.anonymous.get("/v1/openapi.json")).body;
});
afterAll(() => server.close());

const documents = ["/v1/openapi.json", "/v1/asyncapi.json", "/v1/schemas"];

describe("pages", () => {
  test("the reference and everything it loads come from here, without a key, under a policy", async () => {
    const page = await server.anonymous.get("/docs");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    for (const path of documents) expect(page.text).toContain(`href="${path}"`);
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, path]) => path!)
      .filter((path) => !path.startsWith("data:"));
    expect(loaded).toContain("/docs/assets/swagger-ui-bundle.js");
    for (const path of ["/docs", "/docs/problems", ...documents, ...loaded]) {
      expect(path).toStartWith("/");
      const { status, headers, text } = await server.anonymous.get(path);
      expect({ path, status }).toEqual({ path, status: 200 });
      expect(text.length).toBeGreaterThan(100);
      expect(headers.get("content-security-policy")).toContain("default-src 'self'");
      expect(headers.get("content-security-policy")).not.toContain("script-src");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
    expect(page.text).not.toMatch(/<script>|https?:\/\//);
  });

  test("each problem has the anchor that its type names, with its status and what to do", async () => {
    const { text } = await server.anonymous.get("/docs/problems");
    for (const [code, { status }] of Object.entries(problemKinds)) {
      const [, anchor] = `${problemTypePrefix}${code}`.split("#");
      expect(text).toContain(`id="${anchor}"`);
      expect(text).toMatch(new RegExp(`<code>${code}</code> · ${status}`));
    }
    expect(text.match(/<dd>[^<]{20,}/g)?.length).toBeGreaterThanOrEqual(Object.keys(problemKinds).length - 4);
  });
});

const keywords = new Set(
  (
    "$ref type properties required items anyOf allOf enum const description pattern format minimum maximum minLength " +
    "maxLength minItems maxItems uniqueItems minProperties maxProperties additionalProperties patternProperties default"
  ).split(" "),
);

/** Complaints about a schema: only words of JSON Schema, and references that lead somewhere. */
function faultsOf(schema: Json, at: string): string[] {
  if (typeof schema === "boolean") return [];
  if (typeof schema !== "object" || schema === null) return [`${at} is no schema`];
  const faults = Object.keys(schema)
    .filter((key) => !keywords.has(key))
    .map((key) => `${at} has ${key}`);
  if (schema.$ref !== undefined && !(schema.$ref.split("/").at(-1) in document.components.schemas))
    faults.push(`${at} leads to ${schema.$ref}`);
  if (schema.pattern !== undefined) new RegExp(schema.pattern, "u");
  for (const name of schema.required ?? [])
    if (schema.properties?.[name] === undefined) faults.push(`${at} requires ${name}`);
  const within = [
    ...Object.entries(schema.properties ?? {}),
    ...Object.entries(schema.patternProperties ?? {}),
    ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].map((each: Json, index: number) => [`${index}`, each]),
    ...(schema.items === undefined ? [] : [["items", schema.items]]),
    ...(typeof schema.additionalProperties === "object" ? [["more", schema.additionalProperties]] : []),
  ];
  return [...faults, ...within.flatMap(([name, each]) => faultsOf(each, `${at}/${name}`))];
}

test("the AsyncAPI document is of this version, open to other origins", async () => {
  const { body, headers } = await server.anonymous.get("/v1/asyncapi.json");
  expect(body).toMatchObject({ asyncapi: "3.0.0", info: { version: document.info.version } });
  expect(headers.get("access-control-allow-origin")).toBe("*");
});

/** Lists are also given whole; streams and imports answer with lines. */
function successTypesOf(path: string, parameters: readonly string[]): string[] {
  if (path.endsWith("/stream")) return ["text/event-stream"];
  if (path.startsWith("/v1/imports/")) return ["application/x-ndjson"];
  const whole = parameters.includes("query cursor") ? ["application/x-ndjson", "text/csv"] : [];
  return ["application/json", ...whole];
}

describe("the OpenAPI document", () => {
  test("is OpenAPI 3.1, open to other origins", async () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: "Onhand", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(document.components.securitySchemes.apiKey).toEqual({ type: "http", scheme: "bearer" });
    const { headers } = await server.anonymous.get("/v1/openapi.json");
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  test("lists every operation once, under its versioned path and no other", () => {
    const described = Object.entries(document.paths as Json).flatMap(([path, methods]) =>
      Object.entries(methods as Json).map(
        ([method, { operationId }]: [string, Json]) => `${operationId} ${method} ${path}`,
      ),
    );
    const expected = Object.entries(operations as Record<string, Operation>).map(([operationId, { method, path }]) => {
      return `${operationId} ${method.toLowerCase()} ${path.replace("{inventoryIdOrSku}", "{inventoryId}")}`;
    });
    expect(described.sort()).toEqual(expected.sort());
    expect(Object.keys(document.paths).every((path) => path.startsWith("/v1/"))).toBe(true);
    const shapes = Object.keys(document.paths).map((path) => path.replaceAll(/\{\w+\}/g, "{}"));
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  test("describes parameters, bodies and answers of each", () => {
    for (const [path, methods] of Object.entries(document.paths as Json)) {
      for (const [method, call] of Object.entries(methods as Json) as [string, Json][]) {
        const at = `${method} ${path}`;
        const inPath = call.parameters.filter((parameter: Json) => parameter.in === "path");
        expect(inPath.map(({ name }: Json) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
        expect(inPath.every(({ required }: Json) => required === true)).toBe(true);
        const names = call.parameters.map((parameter: Json) => `${parameter.in} ${parameter.name}`);
        expect(new Set(names).size).toBe(names.length);
        expect(call.summary).not.toBe("");
        const needsNoBody =
          /\/(?:stream-tickets|ping|pause|resume|\{sessionId\}\/(?:post|cancel)|\{jobId\}\/cancel|\{parkedId\}\/retry)$/.test(
            path,
          );
        const changesNothing = /\/(?:stream-tickets|ping|valuations|dry-run)$/.test(path);
        expect(["post", "put", "patch"].includes(method) && !needsNoBody).toBe(call.requestBody !== undefined);
        expect(names.includes("header Idempotency-Key")).toBe(method !== "get" && !changesNothing);
        for (const [status, { description, content }] of Object.entries(call.responses) as [string, Json][]) {
          expect(`${at} ${status} ${description}`).toMatch(/ \S.{3,}$/);
          const types = Object.keys(content ?? {});
          const expected =
            Number(status) >= 400
              ? ["application/problem+json"]
              : status === "202"
                ? ["application/json"]
                : status === "200" || status === "201"
                  ? successTypesOf(path, names)
                  : [];
          expect({ at, status, types }).toEqual({ at, status, types: expected });
        }
        for (const status of ["400", "401", "403", "500", "503"]) expect(call.responses[status]).toBeDefined();
      }
    }
  });

  test("its schemas are JSON Schema, and its references lead somewhere", () => {
    const faults = Object.entries(document.components.schemas).flatMap(([name, schema]) => faultsOf(schema, name));
    for (const [path, methods] of Object.entries(document.paths as Json)) {
      for (const call of Object.values(methods as Json) as Json[]) {
        for (const { name, schema } of call.parameters) faults.push(...faultsOf(schema, `${path} ${name}`));
        for (const { content = {} } of [call.requestBody ?? {}, ...(Object.values(call.responses) as Json[])])
          for (const { schema } of Object.values(content) as Json[]) faults.push(...faultsOf(schema, path));
      }
    }
    expect(faults).toEqual([]);
    expect(document.components.schemas.Problem.required).toEqual(["type", "title", "status", "detail", "code"]);
  });
});
