/**
 * One parsed file and the few questions the checks ask of it. The parser is the one that knip already brings;
 * TypeScript 7 offers no syntax tree to JavaScript.
 */
import { parseSync, visitorKeys } from "oxc-parser";

/** A node of the syntax tree, in the ESTree form that `@oxc-project/types` documents. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** A comment; `text` is what stands between its marks. */
export interface Comment {
  readonly block: boolean;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One `import`, `export … from`, `import()` or `import("…").Type`. */
export interface ImportReference {
  readonly specifier: string;
  readonly line: number;
  /** True when every name it brings in is a type. */
  readonly typesOnly: boolean;
  /** The imported names; empty for `*`, default and side-effect imports. */
  readonly names: readonly string[];
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
  readonly imports: readonly ImportReference[];
  lineAt(offset: number): number;
}

/** Parses one file; throws with path and reason when it is not valid TypeScript. */
export function parseSource(path: string, text: string): Source {
  const parsed = parseSync(path, text);
  const [error] = parsed.errors;
  if (error) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const program = parsed.program as unknown as SyntaxNode;
  const lineAt = lineFinder(text);
  const comments = parsed.comments.map(({ type, value, start, end }) => {
    return { block: type === "Block", text: value, start, end };
  });
  return { path, text, program, comments, imports: importsOf(program, lineAt), lineAt };
}

/** Visits every node before its children; `ancestors` ends with the parent. */
export function walk(root: SyntaxNode, visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void): void {
  const ancestors: SyntaxNode[] = [];
  const enter = (node: SyntaxNode): void => {
    visit(node, ancestors);
    ancestors.push(node);
    for (const child of childrenOf(node)) enter(child);
    ancestors.pop();
  };
  enter(root);
}

/** A child that is itself a node, or undefined. */
export function nodeAt(node: SyntaxNode, property: string): SyntaxNode | undefined {
  const value = node[property];
  return isNode(value) ? value : undefined;
}

/** A child that is a list of nodes; empty when it is none. */
export function nodesAt(node: SyntaxNode, property: string): SyntaxNode[] {
  const value = node[property];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** True when an identifier stands for a variable or type, not for a property of something else. */
export function isReference(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (node.type !== "Identifier") return false;
  if (!parent || parent.computed === true) return true;
  if (parent.type === "MemberExpression") return parent.property !== node;
  if (parent.type === "TSQualifiedName") return parent.right !== node;
  if (parent.type === "Property" && parent.shorthand === true) return true;
  return parent.key !== node;
}

/** True for `object.property`, also written `object["property"]`. */
export function isMember(node: SyntaxNode, object: string, property: string): boolean {
  if (node.type !== "MemberExpression") return false;
  const key = nodeAt(node, "property");
  return nodeAt(node, "object")?.name === object && (key?.name ?? key?.value) === property;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return (visitorKeys[node.type] ?? []).flatMap((key) => nodeAt(node, key) ?? nodesAt(node, key));
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function importsOf(program: SyntaxNode, lineAt: (offset: number) => number): ImportReference[] {
  const imports: ImportReference[] = [];
  walk(program, (node) => {
    const specifier = nodeAt(node, "source")?.value;
    if (typeof specifier !== "string") return;
    const parts = nodesAt(node, "specifiers");
    const names = parts.flatMap((part) => nodeAt(part, "imported")?.name ?? nodeAt(part, "local")?.name ?? []);
    imports.push({
      specifier,
      line: lineAt(node.start),
      typesOnly: isTypesOnly(node, parts),
      names: names.filter((name) => typeof name === "string"),
    });
  });
  return imports;
}

function isTypesOnly(node: SyntaxNode, parts: readonly SyntaxNode[]): boolean {
  const isType = (each: SyntaxNode) => each.importKind === "type" || each.exportKind === "type";
  return node.type === "TSImportType" || isType(node) || (parts.length > 0 && parts.every(isType));
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    const next = starts.findIndex((start) => start > offset);
    return next < 0 ? starts.length : next;
  };
}
