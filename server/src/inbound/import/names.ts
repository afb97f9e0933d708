/** Makes ids and SKUs from the words of a file: the same words always give the same id, different ones never do. */
import { hash } from "node:crypto";
import { reservedSkus } from "@onhand/protocol/operations";

const idCharactersMax = 64;
const skuCharactersMax = 128;
const digestDigits = 12;

/** Stock codes with characters that stand in addresses are written with %XX for them. @returns null when it cannot be a SKU */
export function skuOf(code: string): string | null {
  const sku = code.replace(
    /[/?#]|%(?=[0-9A-F]{2})/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const fits = sku !== "" && sku.length <= skuCharactersMax && /^[^\p{Cc}\p{Cs}]+$/u.test(sku);
  const isFree = !sku.startsWith("inv_") && !reservedSkus.includes(sku) && sku !== "." && sku !== "..";
  return fits && isFree ? sku : null;
}

/** Id of the product that an import creates: the SKU, with `_XX` for each byte that an id cannot hold. */
export function productIdOf(sku: string): string {
  const id = sku.replace(/[^A-Za-z0-9.:-]/gu, (character) =>
    [...Buffer.from(character, "utf8")].map((byte) => `_${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
  if (id.length <= idCharactersMax) return id;
  return `${id.slice(0, idCharactersMax - digestDigits - 2)}__${digest(sku)}`;
}

/** Id of the location of a market. Letter case and outer spaces do not count: `France` and `FRANCE ` are one market. */
export function locationIdOf(market: string): string {
  const name = market.trim().toLowerCase();
  if (name.length <= idCharactersMax && /^[a-z0-9]+( [a-z0-9]+)*$/.test(name)) return name.replaceAll(" ", "-");
  const slug = name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, idCharactersMax - digestDigits - 2);
  return `${slug || "market"}--${digest(name)}`;
}

const digest = (text: string): string => hash("sha256", text, "hex").slice(0, digestDigits);
