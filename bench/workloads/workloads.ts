import type { WorkloadName } from "../load/job.ts";
import { adjustSource } from "./adjust.ts";
import { bulkSource } from "./bulk.ts";
import { checkoutSource } from "./checkout.ts";
import { eventSource, levelSource, syncSource } from "./lines.ts";
import { asOfSource, readSource, totalsOfGroups, totalsOfSku } from "./read.ts";
import type { RequestSource, SourceContext } from "./request-source.ts";

/** Every workload by name. A new one is a file beside this one and a line here. */
export const WORKLOADS: Readonly<Record<WorkloadName, (context: SourceContext) => RequestSource>> = {
  adjust: adjustSource,
  bulk: bulkSource,
  checkout: checkoutSource,
  read: readSource,
  sync: syncSource,
  source: eventSource,
  "source-levels": levelSource,
  "totals-sku": totalsOfSku,
  "totals-groups": totalsOfGroups,
  "as-of": asOfSource,
};
