import { read } from "../../platform/reading.ts";
import type { AuditSeal } from "../../reports/model.ts";
import type { ObserveContext } from "../instance/observe.ts";

/** The ends of the audit log, for whoever reads this report later. That they cannot be read is said, and is no failed check. */
export async function readAuditSeal({ config, platform, signal }: ObserveContext): Promise<AuditSeal> {
  const { auditLog: log } = platform.own;
  const found = await read({ command: "dfbot audit verify", timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.own.auditHeads(inner),
  );
  if (!found.ok) return { log, heads: [], missing: found.reason };
  const heads = found.value.heads
    .map(({ writer, entries, at, hash }) => ({ writer, entries, at, hash }))
    .toSorted((a, b) => a.writer.localeCompare(b.writer));
  if (found.value.complete) return { log, heads };
  return { log, heads, missing: "The store is away, so the entries of the other processes could not be read." };
}
