import type { ServerReader } from "../platform/ports.ts";
import { parseAccessList } from "./access-list.ts";
import { countClients } from "./clients.ts";
import { parseInfo } from "./info.ts";
import { type Dial, withServer } from "./over-stream.ts";
import { serverState } from "./state.ts";

/** Asks one server for everything in one pipelined round trip, over a stream of whatever kind, and closes it. */
export function createServerReader(dial: Dial): ServerReader {
  return {
    state: (address, signal) =>
      withServer(dial, address, signal, async (redis) => {
        const replies = await redis.pipeline().info("ALL").slowlog("GET", "10").exec();
        const [info, slowLog] = replies ?? [];
        if (info?.[0] != null) throw info[0];
        return serverState(parseInfo(String(info?.[1])), slowLog?.[1]);
      }),
    clients: (address, signal) =>
      withServer(dial, address, signal, async (redis) => countClients(String(await redis.client("LIST")))),
    users: (address, signal) =>
      withServer(dial, address, signal, async (redis) => {
        return parseAccessList(await redis.call("ACL", "LIST"));
      }),
  };
}
