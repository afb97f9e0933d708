import { expect, test } from "bun:test";
import { changedDocument, originOfSource, sourceDocument } from "./source.ts";

const context = {
  principal: { keyId: "key_1", name: "one", role: "writer" },
  idempotencyKey: "k",
  requestId: "req_1",
  traceparent: null,
  source: null,
} as const;

test("what is absent takes its default, and a change leaves what it does not name", () => {
  const document = sourceDocument({ sourceId: "till", name: "Till", trust: 70 });
  expect(document).toMatchObject({ name: "Till", trust: 70, mode: "both", role: "stock", freshForSeconds: 3_600 });
  expect("sourceId" in document).toBe(false);
  expect(changedDocument(document, { mode: "levels", status: "archived" })).toEqual({ ...document, mode: "levels" });
});

test("an origin is what the register says of its source", () => {
  const document = sourceDocument({ name: "Audit", role: "statements", freshForSeconds: 5, echoWindowSeconds: 2 });
  const source = { sourceId: "audit", document, isArchived: false, version: 3, mappingVersion: null };
  expect(originOfSource(source, context)).toEqual({
    kind: "source",
    id: "audit",
    label: "source:audit",
    mode: "both",
    trust: 50,
    freshForMs: 5_000,
    isStatementOnly: true,
    codesOf: "audit",
    echoWindowMs: 2_000,
    channelId: null,
    context,
  });
});
