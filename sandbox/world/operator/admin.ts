import { adminPort, numberOf, parseInfo, type RedisInfo } from "../../dragonfly/accent/facts.ts";
import { type ControlClient, connectControl } from "../../dragonfly/control-client.ts";
import type { RespValue } from "../../dragonfly/resp.ts";

const timeoutMs = 2_000;

/** One command to a pod's admin port, which asks for no password; rejects after two seconds. */
export async function askAdmin(ip: string, ...words: readonly string[]): Promise<RespValue> {
  let client: ControlClient | undefined;
  const asked = connectControl({ host: ip, port: adminPort }).then((connected) => {
    client = connected;
    return connected.command(...words);
  });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${ip}:${adminPort} did not answer in time`)), timeoutMs);
  });
  try {
    return await Promise.race([asked, tooLate]);
  } finally {
    clearTimeout(timer);
    asked.then(
      () => client?.close(),
      () => client?.close(),
    );
    client?.close();
  }
}

/** The server's own word on its replication. */
export async function replicationOf(ip: string): Promise<RedisInfo> {
  return parseInfo(String(await askAdmin(ip, "INFO", "REPLICATION")));
}

/** How much of the primary's stream a replica has; 0 when it cannot say. */
export async function replicationOffset(ip: string): Promise<number> {
  return await replicationOf(ip).then(
    (info) => numberOf(info, "slave_repl_offset"),
    () => 0,
  );
}

/** Whether a server follows this primary and is through with its full sync. */
export async function follows(ip: string, primaryIp: string): Promise<boolean> {
  return await replicationOf(ip).then(
    (info) =>
      info.get("role") === "slave" &&
      info.get("master_host") === primaryIp &&
      info.get("master_link_status") === "up" &&
      info.get("master_sync_in_progress") === "0",
    () => false,
  );
}
