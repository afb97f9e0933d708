/** `onhand channels`: where is sold, and how many units of each product. */
import type { Channel } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given } from "./arguments.ts";
import { nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 50;
const productsListed = 1_000;

function shown(channel: Channel): Shown {
  const { channelId, name, status, locations, locationGroups, products, buffer, buffers } = channel;
  const named = (what: string, ids: readonly string[]) => (ids.length === 0 ? [] : [`${what} ${ids.join(", ")}`]);
  const from = [...named("locations", locations), ...named("groups", locationGroups)];
  const others = Object.entries(buffers).map(([productId, units]) => `${productId} ${units}`);
  return {
    json: channel,
    text: [
      `${channelId}  ${status}  ${name}`,
      `  sells from ${from.length === 0 ? "nowhere" : from.join("; ")}`,
      `  sells ${products === null ? "all products" : `${products.length} products`}`,
      `  buffer ${buffer}${others.length === 0 ? "" : `; ${others.join(", ")}`}`,
    ].join("\n"),
  };
}

/** A number of units as it is typed. @throws UsageError */
function unitsOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--below takes a number of units, for example 5, not "${text}".`);
  return Number(text);
}

export const channelsCommand: Command = nounCommand({
  name: "channels",
  summary: "Show channels and what they may sell",
  about: "A channel says from which locations it sells what; it is told one number for each product.",
  flags: {
    status: "list: active, archived or all",
    below: "stock: only products of which less may be sold than this",
    product: "stock: only this product, by its id",
  },
  verbs: {
    list: {
      usage: "",
      about: `the first ${listed}`,
      argumentsMin: 0,
      options: ["status"],
      async run(client, _, { status }) {
        const { data } = await client.listChannels({ limit: listed, status: status as "active" });
        const columns = ["channelId", "status", "name", "locations", "locationGroups", "buffer"];
        return {
          ...shownRows(
            data.map((row) => ({ ...row, ...namesOf(row) })),
            columns,
          ),
          json: data,
        };
      },
    },
    show: {
      usage: "ID",
      about: "one",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getChannel(id!)),
    },
    stock: {
      usage: "ID",
      about: `what it may sell, the first ${productsListed} products`,
      argumentsMin: 1,
      options: ["below", "product"],
      async run(client, [id], { below, product }) {
        const availableBelow = below === undefined ? undefined : unitsOf(below);
        const query = { limit: productsListed, ...given({ availableBelow, productId: product }) };
        const page = await client.listChannelInventory(id!, query);
        const notes = [
          ...(page.upToDate ? [] : ["Numbers are being made anew behind a change of the channel or of locations."]),
          ...(page.nextCursor === null ? [] : ["There are more; --below or --product asks for fewer."]),
        ];
        return {
          json: page,
          text: [shownRows(page.data, ["productId", "sku", "available"]).text, ...notes].join("\n"),
        };
      },
    },
  },
  examples: ["channels", "channels show market", "channels stock market --below 5"],
});

const namesOf = ({ locations, locationGroups }: Channel) => ({
  locations: locations.join(","),
  locationGroups: locationGroups.join(","),
});
