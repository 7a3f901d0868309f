import { startFarWorld } from "./read-runbook.ts";
import type { Line } from "./report.ts";
import { againstSlowestRead } from "./slowest-read.ts";

/** `status` against its own slowest upstream read. */
export async function status(): Promise<readonly Line[]> {
  const far = await startFarWorld({ metrics: false });
  try {
    return [await againstSlowestRead(far, { runbook: "status", atMost: 1.3 })];
  } finally {
    await far.stop();
  }
}
