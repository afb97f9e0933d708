import type { Statement } from "../../db/pool.ts";

/** The one row of the installation. */
export const selectInstallation = (): Statement => ({
  text: "SELECT installation_id, partition_count, cursor_secret FROM installation",
});
