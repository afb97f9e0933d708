import { describe, expect, test } from "bun:test";
import asyncApiSchema from "@asyncapi/specs/schemas/3.0.0.json";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { asyncApiDocument } from "./asyncapi.ts";
import { eventTypeNames, pingType, sentTypeNames } from "./events.ts";
import { clientMessages, serverMessages } from "./stream-messages.ts";

// biome-ignore lint/suspicious/noExplicitAny: the test looks into a document field by field
type Json = any;

const document: Json = JSON.parse(JSON.stringify(asyncApiDocument("1.2.3")));

/** Follows a reference within the document; undefined when it leads nowhere. */
const at = (reference: string): Json =>
  reference
    .slice(2)
    .split("/")
    .reduce((node: Json, name) => node?.[name], document);

function referencesIn(node: Json): string[] {
  if (typeof node !== "object" || node === null) return [];
  const own = typeof node.$ref === "string" ? [node.$ref] : [];
  return [...own, ...Object.values(node).flatMap(referencesIn)];
}

test("it is AsyncAPI 3.0, as its official schema says", () => {
  // It brings the meta-schema of draft 7 along.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats(ajv);
  const validate = ajv.compile(asyncApiSchema);
  expect({ ok: validate(document), errors: validate.errors }).toEqual({ ok: true, errors: null });
  expect(validate({ ...document, channels: { updates: { address: 7 } } })).toBe(false);
});

test("its references lead somewhere", () => {
  const references = referencesIn(document);
  expect(references.length).toBeGreaterThan(100);
  expect(references.filter((reference) => at(reference) === undefined)).toEqual([]);
});

test("nothing in its components goes unused", () => {
  const used = new Set(referencesIn(document));
  for (const kind of ["schemas", "messages", "securitySchemes"])
    for (const name of Object.keys(document.components[kind])) expect(used).toContain(`#/components/${kind}/${name}`);
});

describe("every transport", () => {
  test.each(["stream", "webhooks"])("%s carries every type of event", (channel) => {
    expect(Object.keys(document.channels[channel].messages)).toEqual(expect.arrayContaining([...eventTypeNames]));
  });

  test("webhooks carry a ping as well, which is not in the feed", () => {
    expect(Object.keys(document.channels.webhooks.messages)).toEqual([...sentTypeNames]);
    expect(Object.keys(document.channels.stream.messages)).not.toContain(pingType);
  });

  test("the WebSocket has every message both ways", () => {
    const operations: Json[] = Object.values(document.operations);
    const ofSocket = operations.filter(({ channel }) => channel.$ref === "#/channels/socket");
    const named = (action: string): string[] =>
      ofSocket
        .flatMap((each) => [
          ...(each.action === action ? each.messages : []),
          ...(action === "send" ? (each.reply?.messages ?? []) : []),
        ])
        .map(({ $ref }) => $ref.split("/").at(-1));
    expect(new Set(named("receive"))).toEqual(new Set(Object.keys(clientMessages)));
    expect(new Set(named("send"))).toEqual(new Set(Object.keys(serverMessages)));
  });

  test("their payloads are schemas that compile, and tell events apart", () => {
    const ajv = new Ajv({ strict: false });
    addFormats(ajv);
    ajv.addSchema(document, "document");
    for (const name of Object.keys(document.components.schemas))
      expect(typeof ajv.compile({ $ref: `document#/components/schemas/${name}` })).toBe("function");
    const validate = ajv.compile({ $ref: "document#/components/schemas/stream.progress" });
    expect([validate({ cursor: "x" }), validate({})]).toEqual([true, false]);
  });
});
