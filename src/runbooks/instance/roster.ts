import type { ReadingOk } from "../../platform/reading.ts";
import type { ConnectedReplica, ServerState } from "../../platform/server.ts";
import type { ObservedServer } from "./observe-servers.ts";

export interface ReadableServer extends ObservedServer {
  readonly state: ReadingOk<ServerState>;
}

/** Who says they are what, sorted out once for every check that needs it. */
export interface Roster {
  readonly primaries: readonly ReadableServer[];
  readonly replicas: readonly ReadableServer[];
  /** Not read, but their pod may be serving: one of them could be a primary that we do not see. */
  readonly unseen: readonly ObservedServer[];
  /** Set when exactly one server says it is the primary. */
  readonly primary: ReadableServer | undefined;
}

export function takeRoster(servers: readonly ObservedServer[]): Roster {
  const readable = servers.filter(isReadable);
  const primaries = readable.filter(({ state }) => state.value.role.kind === "primary");
  return {
    primaries,
    replicas: readable.filter(({ state }) => state.value.role.kind === "replica"),
    unseen: servers.filter((server) => !server.state.ok && (server.pod === undefined || server.pod.ready)),
    primary: primaries.length === 1 ? primaries[0] : undefined,
  };
}

function isReadable(server: ObservedServer): server is ReadableServer {
  return server.state.ok;
}

/** How the primary sees this replica, matched by pod IP. */
export function seenByPrimary(primary: ReadableServer, replica: ObservedServer): ConnectedReplica | undefined {
  const { role } = primary.state.value;
  const ip = replica.pod?.ip;
  return role.kind === "primary" && ip !== undefined
    ? role.replicas.find((connected) => connected.ip === ip)
    : undefined;
}
