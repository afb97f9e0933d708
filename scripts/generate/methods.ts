/** The methods of the client: one per operation, and one more for each form of an answer that a parameter decides. */
import { type Operation, operations } from "@onhand/protocol/operations";
import type { Schema } from "./type-text.ts";

export interface Method {
  readonly name: string;
  readonly summary: string;
  readonly operation: Operation;
  /** Parameters in the path, in order. */
  readonly pathParameters: readonly string[];
  /** Name of the type of the query; null when it takes none. */
  readonly queryType: string | null;
  /** Query as the caller gives it. */
  readonly query: Schema | null;
  /** Query parameters that the method sets itself. */
  readonly fixedQuery: Readonly<Record<string, string>>;
  readonly response: Schema | null;
  /** What a page holds; null when the answer is no page that a cursor leads on from. */
  readonly listed: Schema | null;
}

interface Form {
  readonly name: string;
  readonly summary: string;
  readonly value: string | null;
  /** `$id` of what the list holds then. */
  readonly item: string;
}

/** Where a parameter decides what a list holds, callers get a method for each, so that types say what comes back. */
const forms: Readonly<Record<string, { readonly parameter: string; readonly forms: readonly Form[] }>> = {
  listInventory: {
    parameter: "groupBy",
    forms: [
      { name: "listInventory", summary: "List items", value: null, item: "InventoryItem" },
      { name: "listInventoryByProduct", summary: "List totals per product", value: "product", item: "ProductTotals" },
      {
        name: "listInventoryByLocation",
        summary: "List totals per location",
        value: "location",
        item: "LocationTotals",
      },
    ],
  },
};

/** All methods, in the order of the operations; what stays open is no method. */
export function allMethods(): Method[] {
  return Object.entries(operations as Readonly<Record<string, Operation>>).flatMap(([id, operation]) => {
    if (operation.opens !== undefined) return [];
    const choice = forms[id];
    return choice
      ? choice.forms.map((form) => methodOfForm(id, operation, choice.parameter, form))
      : [methodOf(id, operation)];
  });
}

const capitalised = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`;

/** How fresh a read is to be is an option of the call, and so not of its query. */
export const freshnessParameter = "minCursor";

/** What a caller gives as the query; null when that is nothing. */
function ownQuery(query: Schema | undefined): Schema | null {
  const { [freshnessParameter]: _freshness, ...properties } = query?.properties ?? {};
  return query === undefined || Object.keys(properties).length === 0 ? null : { ...query, properties };
}

function methodOf(name: string, operation: Operation): Method {
  const query = ownQuery(operation.query as Schema | undefined);
  const response = operation.response as Schema | null;
  const listed = response?.properties?.data?.items ?? null;
  const isPaged = query?.properties?.cursor !== undefined;
  return {
    name,
    summary: operation.summary,
    operation,
    pathParameters: [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!),
    queryType: query === null ? null : `${capitalised(name)}Query`,
    query,
    fixedQuery: {},
    response,
    listed: isPaged ? listed : null,
  };
}

function methodOfForm(
  operationName: string,
  operation: Operation,
  parameter: string,
  { name, summary, value, item }: Form,
): Method {
  const method = methodOf(name, operation);
  const { [parameter]: parameterSchema, ...properties } = method.query?.properties ?? {};
  const listed = method.listed?.anyOf?.find(({ $id }) => $id === item);
  const { response } = method;
  if (!parameterSchema || !listed || !response?.properties?.data) {
    throw new Error(`${name}: the operation has no parameter ${parameter} or lists no ${item}; correct its forms here`);
  }
  return {
    ...method,
    summary,
    // The forms take the same parameters, so they share a type.
    queryType: `${capitalised(operationName)}Query`,
    query: { ...method.query, properties },
    fixedQuery: value === null ? {} : { [parameter]: value },
    response: {
      ...response,
      properties: { ...response.properties, data: { ...response.properties.data, items: listed } },
    },
    listed,
  };
}
