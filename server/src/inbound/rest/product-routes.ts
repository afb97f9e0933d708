/** /v1/products */
import type { CreateProduct, PatchProduct, ReplaceProduct } from "@onhand/protocol/requests";
import { productCommand, productDocument, productFields } from "../../commands/catalogue-commands.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { sortableId } from "../../lib/random-id.ts";
import { lifeOf, listReply, removalOf, requireUsableSku } from "./catalogue-parts.ts";
import { ordinaryBodyBytesMax, refuseIfMatch, requireSameId } from "./common.ts";
import { execute, notFound, type RestContext, requestContext } from "./context.ts";
import { readRoute } from "./read-route.ts";
import { productOfOutcome, productOfRow } from "./views.ts";

/** @returns the routes that list, read, create, change and delete products */
export function productRoutes(rest: RestContext): Route[] {
  return [...readRoutes(rest), ...writeRoutes(rest)];
}

function readRoutes(rest: RestContext): Route[] {
  return [
    readRoute(rest, "listProducts", ({ query }) =>
      listReply(rest, query, "products", (...page) => rest.catalogue.products(...page), productOfRow),
    ),
    readRoute(rest, "getProduct", async ({ params }) => {
      const row = await rest.catalogue.product(params.productId!);
      if (row === null) throw notFound(`product ${params.productId}`);
      return { status: 200, body: productOfRow(row), headers: { etag: `"${row.version}"` } };
    }),
  ];
}

function writeRoutes(rest: RestContext): Route[] {
  const change = async (call: Call, operation: Parameters<typeof productCommand>[3]): Promise<Reply> => {
    const context = requestContext(rest, call);
    const productId = call.params.productId!;
    const { outcome, headers } = await execute(
      rest,
      context,
      productCommand(context, productId, productId, operation, call.ifMatchVersion),
      "product",
    );
    const product = productOfOutcome(outcome.product);
    return {
      status: 200,
      body: product,
      headers: { ...headers, etag: `"${product.version}"` },
    };
  };
  return [
    {
      operationId: "createProduct",
      bodyBytesMax: ordinaryBodyBytesMax,
      async handle(call) {
        const body = call.body as CreateProduct;
        requireUsableSku(body.sku);
        refuseIfMatch(call);
        const context = requestContext(rest, call);
        const productId = body.productId ?? sortableId("prod_", rest.clock.nowMs());
        const operation = { kind: "create", document: productDocument(body, rest.defaultCurrency) } as const;
        const { outcome, headers } = await execute(
          rest,
          context,
          productCommand(context, productId, body.productId ?? null, operation, call.ifMatchVersion),
          "product",
        );
        const product = productOfOutcome(outcome.product);
        return {
          status: 201,
          body: product,
          headers: { ...headers, etag: `"${product.version}"`, location: `/v1/products/${product.productId}` },
        };
      },
    },
    {
      operationId: "replaceProduct",
      bodyBytesMax: ordinaryBodyBytesMax,
      handle(call) {
        const body = call.body as ReplaceProduct;
        requireSameId("/productId", call.params.productId!, body.productId);
        requireUsableSku(body.sku);
        return change(call, {
          kind: "replace",
          document: productDocument(body, rest.defaultCurrency),
          ...lifeOf(body.status),
        });
      },
    },
    {
      operationId: "patchProduct",
      bodyBytesMax: ordinaryBodyBytesMax,
      handle(call) {
        const body = call.body as PatchProduct;
        requireSameId("/productId", call.params.productId!, body.productId);
        requireUsableSku(body.sku);
        return change(call, { kind: "patch", fields: productFields(body), ...lifeOf(body.status) });
      },
    },
    {
      operationId: "deleteProduct",
      bodyBytesMax: 0,
      async handle(call) {
        const reply = await change(call, removalOf(call));
        return { status: 204, body: null, headers: reply.headers ?? {} };
      },
    },
  ];
}
