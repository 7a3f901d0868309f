import { encodeBulk, parseReply } from "../resp.ts";

/** Both ends of a connection to the facade: who connected, and to which of its ports. `127.0.0.5:40112` */
export interface SeenConnection {
  readonly addr: string;
  readonly laddr: string;
}

/**
 * CLIENT LIST of the process behind, as the server that the facade speaks for would give it: the ends of each connection are those of the
 * facade, and what the facade itself keeps open is nobody's. `connections` is by the end that the process behind sees.
 */
export function facadeClientList(reply: Buffer, connections: ReadonlyMap<string, SeenConnection>): Buffer {
  const text = parseReply(reply);
  if (typeof text !== "string") return reply;
  const lines = text.split("\n").flatMap((line) => {
    const seen = connections.get(/\baddr=(\S+)/.exec(line)?.[1] ?? "");
    if (seen === undefined) return line === "" ? [line] : [];
    return [line.replace(/\baddr=\S+/, `addr=${seen.addr}`).replace(/\bladdr=\S+/, `laddr=${seen.laddr}`)];
  });
  return encodeBulk(lines.join("\n"));
}
