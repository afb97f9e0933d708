/** Commands of a WebSocket: writes of the API through the same pipeline as over HTTP, answered by the client's id. */
import { type Operation, type OperationId, operations } from "@onhand/protocol/operations";
import type { CommandMessage } from "@onhand/protocol/stream-messages";
import type { Principal } from "../../auth/principal.ts";
import type { Invoke } from "../../host/pipeline.ts";
import { ProblemError } from "../../host/problem.ts";
import { requestId } from "../../lib/random-id.ts";

/** Headers of HTTP that an answer carries. */
const carried = [
  "idempotency-key",
  "idempotent-replayed",
  "etag",
  "onhand-cursor",
  "retry-after",
  "location",
  "x-request-id",
] as const;

const writes: readonly string[] = Object.entries(operations as Record<string, Operation>)
  .filter(([, operation]) => operation.writes && operation.opens === undefined)
  .map(([operationId]) => operationId);

/** @returns the message that answers a command; never throws */
export async function runCommand(invoke: Invoke, principal: Principal, message: CommandMessage): Promise<string> {
  const id = requestId();
  if (!writes.includes(message.operation)) {
    const problem = new ProblemError(
      "validation_failed",
      `${message.operation} is no write. Take one of ${writes.join(", ")}; what is read is read over HTTP.`,
      { errors: [{ pointer: "/operation", message: "is no write" }] },
    );
    return resultText(message.id, problem.status, { "x-request-id": id }, JSON.stringify(problem.toProblem(id)));
  }
  const { status, headers, json } = await invoke(message.operation as OperationId, {
    principal,
    params: message.params ?? {},
    query: message.query ?? {},
    body: message.body,
    idempotencyKey: message.idempotencyKey ?? null,
    ifMatch: message.ifMatch ?? null,
    requestId: id,
    traceparent: null,
  });
  return resultText(message.id, status, { "x-request-id": id, ...headers }, json);
}

function resultText(
  id: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  json: string | null,
): string {
  const shown = Object.fromEntries(
    carried.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
  const head = JSON.stringify({ type: "result", id, status, headers: shown });
  return `${head.slice(0, -1)},"body":${json ?? "null"}}`;
}
