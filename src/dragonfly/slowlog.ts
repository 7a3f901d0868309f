import { z } from "zod";
import type { SlowCommand } from "../platform/server.ts";

/** [id, unix seconds, microseconds, [command, ...arguments], client?, name?]; older servers leave the last two out. */
const entrySchema = z.tuple([z.number(), z.number(), z.number(), z.array(z.string())], z.string());

/**
 * Parses SLOWLOG GET. Only the command's name is kept: its arguments are a tenant's data. Housekeeping that the bot and
 * replication cause themselves (REPLCONF, SLOWLOG, INFO) is passed over.
 */
export function parseSlowLog(reply: unknown): readonly SlowCommand[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((raw) => {
    const parsed = entrySchema.safeParse(raw);
    if (!parsed.success) return [];
    const [, seconds, microseconds, words, client] = parsed.data;
    const command = (words[0] ?? "").toUpperCase();
    if (housekeeping.has(command)) return [];
    return [{ at: new Date(seconds * 1_000).toISOString(), microseconds, command, client: client ?? "" }];
  });
}

const housekeeping = new Set(["REPLCONF", "SLOWLOG", "INFO", "ROLE", "PSYNC", "DFLY"]);
