/** What a failure of the writer or the database means for a line of a count session. */
import type { LineFailure } from "../counts/count-poster.ts";
import { explainFailure } from "../inbound/rest/outcome-problems.ts";

/** @returns null for what is not known */
export function lineFailureOf(error: unknown): LineFailure | null {
  const name = error instanceof Error ? error.name : "";
  const known = explainFailure(error);
  switch (name) {
    case "PoisonCommand":
    case "KeyReused": {
      const detail = "The database refuses the line, and would again. Take it out, or count it in another session.";
      return { code: known?.code ?? "internal", detail: known?.message ?? detail, isFinal: true };
    }
    case "Overloaded":
      return { code: "overloaded", detail: "there is too much to do at the moment", isFinal: false };
    case "OutcomeUnknown":
    case "DatabaseUnavailable":
    case "ConnectionLost":
    case "ReadTooSlow":
      return { code: "not_ready", detail: "the database did not answer in time", isFinal: false };
    default:
      return null;
  }
}
