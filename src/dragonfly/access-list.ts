import { z } from "zod";
import { BotError } from "../errors.ts";
import type { ServerUser } from "../platform/server.ts";
import { parseUserLine } from "../platform/server-user.ts";

/** The users of an ACL LIST. Throws BotError `server.protocol` for anything else: what is not understood is not an empty list. */
export function parseAccessList(reply: unknown): readonly ServerUser[] {
  const lines = z.array(z.string()).safeParse(reply);
  if (!lines.success) throw notUnderstood();
  return lines.data.map((line) => {
    const user = parseUserLine(line);
    if (user === undefined) throw notUnderstood();
    return user;
  });
}

/** The answer is not shown: there are hashes in it. */
function notUnderstood(): BotError {
  return new BotError(
    "server.protocol",
    "The server's answer to ACL LIST is not understood",
    "Ask it by hand: redis-cli -p 9999 ACL LIST",
  );
}

/** What a server says that will not read its file; undefined when it is about something else. */
export function refusalOf(pod: string, error: unknown): BotError | undefined {
  if (!(error instanceof Error) || error.name !== "ReplyError") return undefined;
  if (/^(?:NOAUTH|WRONGPASS|NOPERM|LOADING)/.test(error.message)) return undefined;
  return new BotError(
    "server.acl",
    `The server in ${pod} refuses its access list: ${withoutSecrets(error.message)}`,
    "Its rules stay as they were. A server that starts with this file starts open to everybody: correct it before a pod restarts",
  );
}

/** A server repeats the word that it cannot read: a password with a space in it would be shown in part. */
function withoutSecrets(message: string): string {
  return message
    .replace(/^ERR /, "")
    .replace(/(Unrecognized parameter )(\S+)/gi, (_, words: string, token: string) =>
      /^(?:[+-]@?[\w.|-]+|[~&%]\S+)$/.test(token)
        ? `${words}${token}`
        : `${words}(not shown: it could be of a password)`,
    );
}
