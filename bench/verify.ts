import { startFarWorld } from "./read-runbook.ts";
import type { Line } from "./report.ts";
import { againstSlowestRead } from "./slowest-read.ts";

/** `verify` against what its slowest check waits for. */
export async function verify(): Promise<readonly Line[]> {
  const far = await startFarWorld({});
  try {
    return [
      await againstSlowestRead(far, { runbook: "verify", rounds: 5, atMost: 1.3 }),
      await againstSlowestRead(far, { runbook: "verify", params: { probes: false }, atMost: 1.3 }),
    ];
  } finally {
    await far.stop();
  }
}
