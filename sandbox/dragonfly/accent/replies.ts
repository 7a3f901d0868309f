import { ownUser } from "../acl.ts";
import { encodeMap, encodeReply, isError, parseReply, type RespValue } from "../resp.ts";
import { redisVersion } from "./facts.ts";

/**
 * ROLE: Redis adds offsets on both sides; Dragonfly has none, gives the port as text, and calls a replica's states
 * connecting, full_sync and online.
 */
export function rewriteRole(reply: Buffer): Buffer {
  const value = parseReply(reply);
  if (!Array.isArray(value)) return reply;
  if (value[0] === "master") {
    const replicas: readonly RespValue[] = Array.isArray(value[2]) ? value[2] : [];
    return encodeReply([
      "master",
      replicas.map((replica) => (isList(replica) ? [...replica.slice(0, 2), "online"] : [])),
    ]);
  }
  return encodeReply(["slave", String(value[1]), String(value[2]), replicaState(String(value[3]))]);
}

function isList(value: RespValue): value is readonly RespValue[] {
  return Array.isArray(value);
}

function replicaState(state: string): string {
  if (state === "connected") return "online";
  return state === "sync" ? "full_sync" : "connecting";
}

/** ACL WHOAMI answers with a sentence. The sandbox's own user stands for the admin port, where everybody is `default`. */
export function rewriteWhoAmI(reply: Buffer): Buffer {
  const name = parseReply(reply);
  return typeof name === "string" ? encodeReply(`User is ${name === ownUser ? "default" : name}`) : reply;
}

/** HELLO with Dragonfly's fields, in the protocol that was agreed on. */
export function rewriteHello(reply: Buffer, version: string): Buffer {
  const value = parseReply(reply);
  if (!Array.isArray(value) || isError(value)) return reply;
  const field = (name: string) => value[value.indexOf(name) + 1] ?? null;
  const protocol = field("proto") === 3 ? 3 : 2;
  return encodeMap(
    [
      ["server", "redis"],
      ["version", redisVersion],
      ["dragonfly_version", version],
      ["proto", protocol],
      ["id", field("id")],
      ["mode", "standalone"],
      ["role", field("role") === "replica" ? "slave" : "master"],
    ],
    protocol,
  );
}
