/** Writes `client/src/generated/operations.ts` from the table of operations. */
import * as channels from "@onhand/protocol/channels";
import * as orderRequests from "@onhand/protocol/order-requests";
import * as orders from "@onhand/protocol/orders";
import * as requests from "@onhand/protocol/requests";
import * as resources from "@onhand/protocol/resources";
import * as subscriptions from "@onhand/protocol/subscriptions";
import { allMethods, freshnessParameter, type Method } from "./methods.ts";
import { fieldTexts, type Schema, structureText, typeText } from "./type-text.ts";

/** Named types that the client tells more precisely than the schema. */
const refined: readonly string[] = ["BulkUpdate", "FeedEvent"];

const modules = {
  "@onhand/protocol/channels": channels,
  "@onhand/protocol/order-requests": orderRequests,
  "@onhand/protocol/orders": orders,
  "@onhand/protocol/requests": requests,
  "@onhand/protocol/resources": resources,
  "@onhand/protocol/subscriptions": subscriptions,
};

/** Collects the named types that the methods speak of. */
class Names {
  readonly imports = new Map<string, Set<string>>();
  readonly declarations = new Map<string, string>();

  readonly add = (name: string, schema: Schema): void => {
    const module = moduleOf(name);
    if (module !== null) this.imports.set(module, (this.imports.get(module) ?? new Set()).add(name));
    else if (!this.declarations.has(name)) {
      this.declarations.set(name, "");
      const fields = fieldTexts(schema, this.add).map((field) => `  ${field};\n`);
      this.declarations.set(name, `export interface ${name} {\n${fields.join("")}}`);
    }
  };
}

function moduleOf(name: string): string | null {
  if (refined.includes(name)) return "../refined-types.ts";
  const isOf = (module: object) => (module as Record<string, Schema>)[name]?.$id === name;
  return Object.entries(modules).find(([, module]) => isOf(module))?.[0] ?? null;
}

/** The whole file. */
export function clientOperations(): string {
  const names = new Names();
  const methods = allMethods();
  const lists = methods.filter(({ listed }) => listed !== null);
  const interfaces = [
    ...queryInterfaces(methods, names),
    `export interface Operations {\n${methods.map((method) => signature(method, names)).join("")}}`,
    operationsWithMeta,
    `/** The lists, each over all its pages. */\nexport interface Lists {\n${lists.map((method) => listSignature(method, names)).join("")}}`,
  ];
  const functions = [
    `/** The operations, each sent by \`send\`. */\nexport function bindOperations(send: Send): Operations {\n  return {\n${methods.map(binding).join("")}  };\n}`,
    `/** The lists, page by page through the operations. */\nexport function bindLists(operations: OperationsWithMeta): Lists {\n  return {\n${lists.map(listBinding).join("")}  };\n}`,
  ];
  return `${[header, importTexts(names), ...names.declarations.values(), ...interfaces, ...functions].join("\n\n")}\n`;
}

const header = `/**
 * The calls of the API as methods.
 * Made by \`npm run generate\` from protocol/src/operations.ts; change that, not this.
 */`;

const operationsWithMeta = `/** The operations, each giving \`{ body, meta }\` in place of the body alone. */
export type OperationsWithMeta = {
  readonly [Name in keyof Operations]: (
    ...parameters: Parameters<Operations[Name]>
  ) => Promise<Answer<Awaited<ReturnType<Operations[Name]>>>>;
};`;

function importTexts(names: Names): string {
  const named = [...names.imports].map(
    ([module, used]) => `import type { ${[...used].sort().join(", ")} } from "${module}";`,
  );
  const own = [
    'import type { Answer } from "../answer.ts";',
    'import { type CallOptions, pathPart, type ReadOptions, type Send, type WriteOptions } from "../call.ts";',
    'import { Listing, type Page } from "../listing.ts";',
  ];
  const used = [...names.imports.values()].flatMap((each) => [...each]).sort();
  const fromProtocol = named.filter((line) => line.includes("@onhand/protocol")).sort();
  const refinedImports = named.filter((line) => !line.includes("@onhand/protocol"));
  return [...fromProtocol, ...own, ...refinedImports, "", `export type { ${used.join(", ")} };`].join("\n");
}

/** Methods may share a type of query; it is written for the first of them. */
function queryInterfaces(methods: readonly Method[], names: Names): string[] {
  const first = (method: Method) => methods.find(({ queryType }) => queryType === method.queryType);
  return methods.filter((method) => method === first(method)).flatMap((method) => queryInterface(method, names));
}

function queryInterface({ name, queryType, query }: Method, names: Names): string[] {
  if (query === null) return [];
  const fields = Object.entries(query.properties ?? {}).map(([field, schema]) => {
    const [text] = fieldTexts({ ...query, properties: { [field]: schema } }, names.add, " | undefined");
    const comment = schema.description === undefined ? "" : `  /** ${schema.description} */\n`;
    return `${comment}  ${text};\n`;
  });
  return [`/** Query of \`${name}\`. */\nexport interface ${queryType} {\n${fields.join("")}}`];
}

/** Path parameters, body, query and options, as far as there are any. */
function parameters({ pathParameters, operation, queryType }: Method, names: Names, queryText = queryType): string {
  const { properties } = (operation.query ?? {}) as Schema;
  const isFresh = properties?.[freshnessParameter] !== undefined;
  const options = operation.writes ? "WriteOptions" : isFresh ? "ReadOptions" : "CallOptions";
  return [
    ...pathParameters.map((parameter) => `${parameter}: string`),
    ...(operation.body === undefined ? [] : [`body: ${typeText(operation.body as Schema, names.add)}`]),
    ...(queryText === null ? [] : [`query?: ${queryText}`]),
    `options?: ${options}`,
  ].join(", ");
}

function signature(method: Method, names: Names): string {
  const { method: verb, path, right } = method.operation;
  const role = right === null ? "" : ` (role ${right})`;
  const comment = `  /** ${method.summary}. \`${verb} ${path}\`${role} */\n`;
  return `${comment}  ${method.name}(${parameters(method, names)}): Promise<${responseText(method, names)}>;\n`;
}

function responseText({ response }: Method, names: Names): string {
  if (response === null) return "void";
  const { data, nextCursor, ...others } = response.properties ?? {};
  if (response.$id !== undefined || !data?.items || !nextCursor) return typeText(response, names.add);
  const page = `Page<${typeText(data.items, names.add)}>`;
  return Object.keys(others).length === 0
    ? page
    : `${page} & ${structureText({ ...response, properties: others }, names.add)}`;
}

function listSignature(method: Method, names: Names): string {
  const query = `Omit<${method.queryType}, "cursor">`;
  const { method: verb, path } = method.operation;
  const comment = `  /** ${method.summary}, all pages. \`${verb} ${path}\` */\n`;
  return `${comment}  ${method.name}(${parameters(method, names, query)}): Listing<${typeText(method.listed!, names.add)}>;\n`;
}

function argumentNames({ pathParameters, operation, query }: Method): string[] {
  return [...pathParameters, ...(operation.body ? ["body"] : []), ...(query ? ["query"] : []), "options"];
}

function binding(method: Method): string {
  const { name, operation, fixedQuery, query } = method;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => `\${pathPart(${parameter})}`);
  const fixed = Object.entries(fixedQuery).map(([parameter, value]) => `, ${parameter}: ${JSON.stringify(value)}`);
  const fields = [
    `method: ${JSON.stringify(operation.method)}`,
    `path: ${method.pathParameters.length > 0 ? `\`${path}\`` : JSON.stringify(path)}`,
    `writes: ${operation.writes}`,
    ...(query === null ? [] : [fixed.length > 0 ? `query: { ...query${fixed.join("")} }` : "query"]),
    ...(operation.body ? ["body"] : []),
  ];
  return `    ${name}: async (${argumentNames(method).join(", ")}) =>\n      send({ ${fields.join(", ")} }, options),\n`;
}

function listBinding(method: Method): string {
  const given = argumentNames(method);
  const passed = given.map((argument) => (argument === "query" ? "{ ...query, cursor }" : argument));
  const call = `operations.${method.name}(${passed.join(", ")})`;
  return `    ${method.name}: (${given.join(", ")}) =>\n      new Listing((cursor) => ${call}),\n`;
}
