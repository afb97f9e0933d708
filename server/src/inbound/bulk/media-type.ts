/** Which form of a list a caller asks for by `Accept`. */

const forms: Readonly<Record<string, "ndjson" | "csv" | "json">> = {
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "text/csv": "csv",
  "application/json": "json",
};

/** @returns the form that is named with the greatest weight, the first of equals; null for the usual pages */
export function wholeListForm(accept: string | null): "ndjson" | "csv" | null {
  let best: { readonly form: "ndjson" | "csv" | "json"; readonly weight: number } | null = null;
  for (const part of (accept ?? "").split(",")) {
    const [type, ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const form = forms[type!];
    const weight = Number(parameters.find((text) => text.startsWith("q="))?.slice(2) ?? 1);
    if (form !== undefined && weight > (best?.weight ?? 0)) best = { form, weight };
  }
  return best === null || best.form === "json" ? null : best.form;
}
