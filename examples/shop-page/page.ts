/** The page: a live view of stock as a table. Its own server holds the key, so there is none here. */
import { type Change, createClient, type InventoryItem } from "@onhand/client";

/** The part of the document that is used. */
interface Row {
  id: string;
  textContent: string | null;
  readonly dataset: Record<string, string>;
  append(...rows: Row[]): void;
  replaceChildren(...rows: Row[]): void;
  remove(): void;
}
declare const document: { getElementById(id: string): Row | null; createElement(name: string): Row };
declare const location: { readonly origin: string };

const stock = document.getElementById("stock")!;
const status = document.getElementById("status")!;
const idOf = ({ productId, locationId }: { productId: string; locationId: string }) => `${productId}/${locationId}`;

function cell(text: string): Row {
  const made = document.createElement("td");
  made.textContent = text;
  return made;
}

function show(item: InventoryItem): void {
  let row = document.getElementById(idOf(item));
  if (row === null) {
    row = document.createElement("tr");
    row.id = idOf(item);
    stock.append(row);
  }
  row.replaceChildren(cell(item.sku), cell(item.locationId), cell(String(Math.max(0, item.availableStock))));
}

function take({ item, ...change }: Change): void {
  if (item === null) document.getElementById(idOf(change))?.remove();
  else show(item);
}

createClient({ baseUrl: location.origin }).live({
  onChange: take,
  onStatus({ mode, freshAt }) {
    status.dataset.mode = mode;
    status.textContent = mode === "stale" ? `as of ${freshAt?.toLocaleTimeString()}; connecting again` : mode;
  },
});
