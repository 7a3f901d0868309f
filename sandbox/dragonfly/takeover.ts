import { adminPort, numberOf, parseInfo, replicaLink } from "./accent/facts.ts";
import { type ControlClient, connectControl } from "./control-client.ts";
import { encodeBulk, ok } from "./resp.ts";

interface Replica {
  readonly control: ControlClient;
  readonly ip: string;
  readonly seconds: number;
  info(): Promise<string>;
  promote(): Promise<void>;
}

/**
 * REPLTAKEOVER on a replica: the primary stops taking writes, the replica catches up and is promoted, the old primary
 * shuts down without saving. Returns the error in Dragonfly's words, or undefined.
 */
export async function takeOver({ ip, seconds, info, promote }: Replica): Promise<string | undefined> {
  const link = replicaLink(parseInfo(await info()));
  if (link === undefined) return undefined;
  if (link.state !== "online") return "ERR Full sync not done";
  const primary = await connectControl({ host: link.host, port: Number(link.port) || adminPort, localAddress: ip });
  try {
    const goal = Number(await primary.command("DFLY", "TAKEOVER", String(seconds)));
    const deadline = Date.now() + seconds * 1000;
    while (numberOf(parseInfo(await info()), "slave_repl_offset") < goal) {
      if (Date.now() > deadline) return "ERR Couldn't execute takeover";
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await promote();
    await primary.command("DFLY", "TAKEOVER", "DONE").catch(() => undefined);
    return undefined;
  } finally {
    primary.close();
  }
}

interface Primary {
  readonly control: ControlClient;
  readonly words: readonly string[];
  info(): Promise<string>;
}

/** The primary's half: hold writes and say how far the stream goes; then, when the replica is done, end. */
export async function handOver({ control, info, words }: Primary): Promise<Buffer> {
  if (words[1]?.toUpperCase() !== "TAKEOVER") throw new Error("ERR syntax error");
  if (words[2]?.toUpperCase() === "DONE") {
    control.command("SHUTDOWN", "NOSAVE").catch(() => undefined);
    return ok;
  }
  await control.command("CLIENT", "PAUSE", String(Math.max(1, Number(words[2])) * 1000), "WRITE");
  return encodeBulk(parseInfo(await info()).get("master_repl_offset") ?? "0");
}
