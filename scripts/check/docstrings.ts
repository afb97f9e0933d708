/**
 * Every function that a module of the server, client or protocol exports says above itself what it is for; a reader
 * should not have to read the body to call it.
 */
import { type Finding, matchesAny } from "./repository.ts";
import { nodeAt, nodesAt, type Source, type SyntaxNode } from "./source.ts";

const DOCUMENTED = ["server/src/**", "client/src/**", "protocol/src/**"];
const FUNCTIONS = new Set([
  "FunctionDeclaration",
  "TSDeclareFunction",
  "ArrowFunctionExpression",
  "FunctionExpression",
]);

/** A top-level function and the statement a docstring would stand above. */
interface NamedFunction {
  readonly name: string;
  readonly statement: SyntaxNode;
}

/** Exported functions without a docstring right above them. */
export function findMissingDocstrings(source: Source): Finding[] {
  if (!matchesAny(source.path, DOCUMENTED)) return [];
  const exported = exportedNames(source.program);
  const seen = new Set<string>();
  return topLevelFunctions(source.program).flatMap(({ name, statement }) => {
    // Overloads share the docstring of the first.
    if (!exported.has(name) || seen.has(name)) return [];
    seen.add(name);
    if (hasDocstring(source, statement)) return [];
    const message = `${name} is exported; say in /** … */ right above it what it does and when it fails`;
    return [{ path: source.path, line: source.lineAt(statement.start), rule: "docstring", message }];
  });
}

function topLevelFunctions(program: SyntaxNode): NamedFunction[] {
  return nodesAt(program, "body").flatMap((statement) => {
    const isExport = statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration";
    const declaration = isExport ? nodeAt(statement, "declaration") : statement;
    if (!declaration) return [];
    if (FUNCTIONS.has(declaration.type)) return [{ name: nameOf(declaration), statement }];
    const functions = nodesAt(declaration, "declarations").filter((each) => {
      return FUNCTIONS.has(nodeAt(each, "init")?.type ?? "");
    });
    return functions.map((each) => ({ name: nameOf(each), statement }));
  });
}

function exportedNames(program: SyntaxNode): Set<string> {
  const names = nodesAt(program, "body").flatMap((statement) => {
    const declaration = nodeAt(statement, "declaration");
    if (statement.type === "ExportDefaultDeclaration") return [declaration ? nameOf(declaration) : "default"];
    if (statement.type !== "ExportNamedDeclaration" || nodeAt(statement, "source")) return [];
    const specified = nodesAt(statement, "specifiers").map((each) => String(nodeAt(each, "local")?.name));
    if (!declaration) return specified;
    return [declaration, ...nodesAt(declaration, "declarations")].map(nameOf);
  });
  return new Set(names);
}

function nameOf(node: SyntaxNode): string {
  const name = nodeAt(node, "id")?.name;
  return typeof name === "string" ? name : "default";
}

/** A line comment of the linter may stand between the docstring and its function. */
function hasDocstring(source: Source, statement: SyntaxNode): boolean {
  return source.comments.some((comment) => {
    if (!comment.block || !comment.text.startsWith("*") || comment.end > statement.start) return false;
    return /^(?:\s|\/\/[^\n]*\n)*$/.test(source.text.slice(comment.end, statement.start));
  });
}
