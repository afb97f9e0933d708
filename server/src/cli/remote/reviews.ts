/** `onhand reviews`: what somebody should look at, and what came of looking. */
import { type Command, UsageError } from "../command.ts";
import { nounCommand, shownRows } from "./verbs.ts";

const listed = 50;

export const reviewsCommand: Command = nounCommand({
  name: "reviews",
  summary: "Show what somebody should look at, and resolve it",
  about: "Doubtful, oversold and unusual movements wait here until somebody has looked. Looking changes no level.",
  flags: {
    state: "list: open, which is the default, or resolved",
    kind: "list: only doubtful, oversold or unusual",
    location: "list: only there",
    note: "resolve: what came of looking",
  },
  verbs: {
    list: {
      usage: "",
      about: `the first ${listed}, the longest waiting first`,
      argumentsMin: 0,
      options: ["state", "kind", "location"],
      async run(client, _, { state, kind, location }) {
        const query = { limit: listed, state: state as "open", kind: kind as "unusual", locationId: location };
        const { data } = await client.listReviews(query);
        const common = ["movementId", "kind", "sku", "locationId", "recordedAt", "reason"];
        return shownRows(
          data.map((row) => ({ ...row })),
          state === "resolved" ? [...common, "resolvedBy", "note"] : common,
        );
      },
    },
    resolve: {
      usage: "ID --note TEXT",
      about: "somebody has looked",
      argumentsMin: 1,
      options: ["note"],
      async run(client, [id], { note }) {
        if (note === undefined) throw new UsageError("Say what came of looking: --note.");
        const review = await client.resolveReview(id!, { note });
        return { json: review, text: `${review.movementId}  ${review.state}  ${review.note}` };
      },
    },
  },
  examples: [
    "reviews --kind unusual --location shop",
    'reviews resolve mov_0300000000042 --note "a slip of the keyboard, corrected"',
  ],
});
