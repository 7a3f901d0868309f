import { randomBytes } from "node:crypto";

/** `r-20260102-120000-3fa9c1`: sorts by time, is a name in Kubernetes, and is never given out twice. */
export function newRunId(now: Date): string {
  const [date = "", time = ""] = now.toISOString().replaceAll(/[-:]/g, "").split(/[T.]/);
  return `r-${date}-${time}-${randomBytes(3).toString("hex")}`;
}
