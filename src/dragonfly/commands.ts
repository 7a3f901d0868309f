import type { PlatformChanges } from "../platform/changes.ts";
import { adminPort } from "../platform/server-ports.ts";
import { refusalOf } from "./access-list.ts";
import { type Dial, withServer } from "./over-stream.ts";

/** The commands that change runbooks give to servers, over the admin port as the operator does. */
export function createServerCommands(dial: Dial): Pick<PlatformChanges, "snapshot" | "follow" | "loadAccessList"> {
  return {
    snapshot: (address, signal) =>
      withServer(dial, address, signal, async (redis) => {
        await redis.call("BGSAVE");
      }),
    follow: (address, primaryIp, signal) =>
      withServer(dial, address, signal, async (redis) => {
        await redis.call("SLAVEOF", primaryIp, String(adminPort));
      }),
    loadAccessList: (address, signal) =>
      withServer(dial, address, signal, async (redis) => {
        await redis.call("ACL", "LOAD").catch((error: unknown) => {
          throw refusalOf(address.pod, error) ?? error;
        });
      }),
  };
}
