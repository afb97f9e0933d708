/**
 * What a test file may not do: wait for time to pass (it is slow when the guess is long and fails when it is short;
 * wait for the event itself), or run fewer tests than it holds.
 */
import type { Finding } from "./repository.ts";
import { isMember, nodeAt, nodesAt, type Source, type SyntaxNode, walk } from "./source.ts";

const SLEEPS = [
  ["Bun", "sleep"],
  ["Bun", "sleepSync"],
  ["scheduler", "wait"],
  ["Atomics", "wait"],
] as const;
const SUITES = new Set(["test", "it", "describe"]);
const PARTIAL = new Set(["only", "skip", "to" + "do"]);

/** Sleeps, and tests that are switched off or that switch off the others. */
export function findTestFaults(source: Source): Finding[] {
  const findings: Finding[] = [];
  const report = (line: number, rule: string, message: string) => {
    findings.push({ path: source.path, line, rule, message });
  };
  for (const { specifier, line } of source.imports) {
    if (/^(node:)?timers\/promises$/.test(specifier)) report(line, "no sleeps in tests", sleepMessage(specifier));
  }
  walk(source.program, (node, ancestors) => {
    const line = source.lineAt(node.start);
    const sleep = sleepIn(source, node, ancestors);
    if (sleep) report(line, "no sleeps in tests", sleepMessage(sleep));
    const partial = partialIn(node);
    if (partial) report(line, "all tests run", `${partial} leaves tests out; fix the test or delete it`);
  });
  return findings;
}

function sleepMessage(what: string): string {
  return `${what}: wait for the event itself, or pass in a clock that the test moves`;
}

function sleepIn(source: Source, node: SyntaxNode, ancestors: readonly SyntaxNode[]): string | undefined {
  const sleep = SLEEPS.find(([object, method]) => isMember(node, object, method));
  if (sleep) return sleep.join(".");
  const isTimer = node.type === "CallExpression" && nodeAt(node, "callee")?.name === "setTimeout";
  return isTimer && resolvesPromise(source, node, ancestors) ? "a promise that setTimeout resolves" : undefined;
}

/** A timer that rejects is a deadline, which is fine; one that resolves is a sleep. */
function resolvesPromise(source: Source, timer: SyntaxNode, ancestors: readonly SyntaxNode[]): boolean {
  const promise = ancestors.findLast(({ type, callee }) => {
    return type === "NewExpression" && (callee as SyntaxNode).name === "Promise";
  });
  const executor = promise && nodesAt(promise, "arguments")[0];
  const resolve = executor && nodesAt(executor, "params")[0]?.name;
  const callback = nodesAt(timer, "arguments")[0];
  if (typeof resolve !== "string" || !callback) return false;
  return new RegExp(`(?<![\\w$.])${resolve}(?![\\w$])`).test(source.text.slice(callback.start, callback.end));
}

/** Names `test.only`, `describe.each(…).skip` and the like. */
function partialIn(node: SyntaxNode): string | undefined {
  if (node.type !== "MemberExpression") return undefined;
  const property = nodeAt(node, "property")?.name;
  if (typeof property !== "string" || !PARTIAL.has(property)) return undefined;
  const suite = nodeAt(node, "object")?.name;
  return typeof suite === "string" && SUITES.has(suite) ? `${suite}.${property}` : undefined;
}
