/** Random commands of every kind. */
import fc from "fast-check";
import type { Template } from "./draws.ts";
import { channelTemplate, locationTemplate, productTemplate, refreshTemplate } from "./generate-catalogue.ts";
import { inventoryTemplate, noticeTemplate, recordTemplate } from "./generate-inventory.ts";
import {
  crowdedTemplate,
  expireTemplate,
  reservationTemplate,
  reserveTemplate,
  transferActionTemplate,
  transferTemplate,
} from "./generate-orders.ts";
import { reportTemplate } from "./generate-reports.ts";

/** Changes of stock and of the catalogue. */
export const stockTemplate: fc.Arbitrary<Template> = fc.oneof(
  { weight: 12, arbitrary: inventoryTemplate },
  { weight: 4, arbitrary: reportTemplate },
  { weight: 1, arbitrary: noticeTemplate },
  { weight: 1, arbitrary: recordTemplate },
  { weight: 3, arbitrary: productTemplate },
  { weight: 2, arbitrary: locationTemplate },
  { weight: 1, arbitrary: channelTemplate },
  { weight: 1, arbitrary: refreshTemplate },
);

/** Reservations, transfers and supplies, from the first hold to the last unit. */
const orderTemplate: fc.Arbitrary<Template> = fc.oneof(
  { weight: 4, arbitrary: reserveTemplate },
  { weight: 1, arbitrary: crowdedTemplate },
  { weight: 5, arbitrary: reservationTemplate },
  { weight: 1, arbitrary: expireTemplate },
  { weight: 3, arbitrary: transferTemplate },
  { weight: 5, arbitrary: transferActionTemplate },
);

/** Any command. */
export const template: fc.Arbitrary<Template> = fc.oneof(
  { weight: 1, arbitrary: stockTemplate },
  { weight: 1, arbitrary: orderTemplate },
);

/** What goes on in a shop: mostly orders, and what changes the stock under them. */
export const businessTemplate: fc.Arbitrary<Template> = fc.oneof(
  { weight: 8, arbitrary: orderTemplate },
  { weight: 3, arbitrary: inventoryTemplate },
  { weight: 1, arbitrary: reportTemplate },
  { weight: 1, arbitrary: fc.oneof(channelTemplate, refreshTemplate, refreshTemplate, locationTemplate) },
);
