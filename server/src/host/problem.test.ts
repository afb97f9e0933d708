import { expect, test } from "bun:test";
import { problemKinds } from "@onhand/protocol/problems";
import { ProblemError } from "./problem.ts";

test("a problem is rendered with its type, status, words and the request's id", async () => {
  const problem = new ProblemError(
    "overloaded",
    "The queue is full.",
    { limit: 3 },
    { headers: { "retry-after": "1" } },
  );
  const response = problem.toResponse("req_1");
  expect(response.status).toBe(503);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("retry-after")).toBe("1");
  expect(response.headers.get("x-request-id")).toBe("req_1");
  expect(await response.json()).toEqual({
    type: "/docs/problems#overloaded",
    title: problemKinds.overloaded.title,
    status: 503,
    detail: "The queue is full.",
    code: "overloaded",
    instance: "req_1",
    limit: 3,
  });
});

test("a remembered one does not name the request, so that a repeat is the same byte by byte", async () => {
  const problem = new ProblemError("in_use", "It is in use.", {}, { isRemembered: true });
  const texts = await Promise.all(["req_1", "req_2"].map((id) => problem.toResponse(id).text()));
  expect(texts[0]).toBe(texts[1]);
  expect(problem.toResponse("req_1").headers.get("x-request-id")).toBe("req_1");
});

test("its status may differ from that of its code", () => {
  expect(new ProblemError("version_conflict", "It has changed.", {}, { status: 412 }).toProblem().status).toBe(412);
});
