/** What is done with transfers and supplies alike: they arrive, are called off, or come at another time. */
import type { ReceiveUnits } from "@onhand/protocol/order-requests";
import { transferActionCommand } from "../../commands/order-commands.ts";
import type { TransferAction } from "../../core/command.ts";
import type { OrderOutcome } from "../../core/outcome.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import type { FieldError } from "../../host/validation.ts";
import type { OrderNoteRow } from "../../queries/order-queries.ts";
import { ordinaryBodyBytesMax } from "./common.ts";
import { type RestContext, requestContext } from "./context.ts";
import { afterWrite, executeOrder, findOrder, refuseMatch, requireNone, withPartitions } from "./order-parts.ts";
import type { AfterWrite } from "./order-views.ts";

interface ActionBody {
  readonly lines?: ReceiveUnits["lines"];
  readonly timestamp?: string;
  readonly reference?: string;
  readonly reason?: string;
  readonly operationId?: string;
}

interface Kind {
  readonly order: "transfer" | "supply";
  /** Id of the order in the path. */
  readonly idOf: (params: Call["params"]) => string;
  readonly view: (outcome: OrderOutcome, note: OrderNoteRow, after: AfterWrite) => object;
}

/** @returns a maker of routes, each for one thing that is done with orders of a kind */
export function transferActions(rest: RestContext, { order, idOf, view }: Kind) {
  return <Body extends ActionBody>(
    operationId: Route["operationId"],
    actionOf: (body: Body) => TransferAction,
    faultsOf: (body: Body) => FieldError[] = () => [],
  ): Route => ({
    operationId,
    bodyBytesMax: ordinaryBodyBytesMax,
    async handle(call): Promise<Reply> {
      const body = call.body as Body;
      refuseMatch(call);
      requireNone(faultsOf(body));
      const found = await findOrder(rest, order, idOf(call.params));
      const context = requestContext(rest, call, body.operationId);
      const accepted = await executeOrder(rest, context, async (needsPartitions) =>
        transferActionCommand(context, order, withPartitions(found, needsPartitions), actionOf(body), body),
      );
      const changed = view(accepted.outcome, found.note, await afterWrite(rest, accepted));
      return { status: 200, body: changed, headers: accepted.headers };
    },
  });
}

/** That nothing arrived is worth saying only when nothing more will come. */
export const faultsOfReceipt = ({ lines, close }: ReceiveUnits): FieldError[] =>
  lines?.length === 0 && close !== true
    ? [{ pointer: "/lines", message: "must name what arrived, unless close is true: then it may be empty" }]
    : [];
