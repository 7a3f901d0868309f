import type { SnapshotFacts } from "./accent/facts.ts";
import type { ControlClient } from "./control-client.ts";

/** What the pod mounts its volume at; paths that clients see are inside it. */
export const containerDirectory = "/dragonfly/snapshots";

export interface Snapshots {
  facts(): SnapshotFacts;
  /** SAVE: undefined when it went well, else the error in Dragonfly's words. */
  save(): Promise<string | undefined>;
  /** BGSAVE: begins and returns at once; a failure shows only in `lastFailure` and `lastError`. */
  begin(): string | undefined;
  /** A save by the schedule: the only kind that moves the backup metrics. */
  scheduled(): Promise<void>;
  /** Every line the process prints; its reason for a failed save is only there. */
  onLine(line: string): void;
}

const busy = "ERR Operation now in progress: SAVING - can not save database";

/** Keeps account of the saves of one process as Dragonfly does, and makes them. */
export function trackSnapshots(control: ControlClient, startedAt: Date): Snapshots {
  let facts: SnapshotFacts = {
    saving: false,
    lastSuccess: Math.floor(startedAt.getTime() / 1000),
    lastFile: "",
    lastDuration: 0,
    lastFailure: 0,
    lastError: "",
    backgroundFlag: false,
    scheduled: 0,
    scheduledFailed: 0,
  };
  let reason: string | undefined;

  const finished = async (started: number, succeeded: boolean) => {
    const now = Math.floor(Date.now() / 1000);
    if (succeeded) {
      const lastDuration = Math.floor((Date.now() - started) / 1000);
      facts = { ...facts, lastSuccess: now, lastFile: `${containerDirectory}/dump-summary.dfs`, lastDuration };
      return undefined;
    }
    // The line with the reason comes by another pipe than the answer.
    for (let i = 0; i < 20 && reason === undefined; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    facts = { ...facts, lastFailure: now, lastError: reason ?? "Input/output error" };
    return `ERR ${facts.lastError}`;
  };

  const run = async (background: boolean) => {
    if (facts.saving) return busy;
    facts = { ...facts, saving: true, backgroundFlag: background };
    reason = undefined;
    const started = Date.now();
    try {
      return await finished(started, await saveInBackground(control));
    } catch (error) {
      reason ??= error instanceof Error ? error.message : String(error);
      return await finished(started, false);
    } finally {
      facts = { ...facts, saving: false };
    }
  };

  return {
    facts: () => facts,
    save: () => run(false),
    begin: () => {
      if (facts.saving) return busy;
      void run(true);
      return undefined;
    },
    scheduled: async () => {
      const error = await run(false);
      facts = {
        ...facts,
        scheduled: facts.scheduled + 1,
        scheduledFailed: facts.scheduledFailed + (error === undefined ? 0 : 1),
      };
    },
    onLine: (line) => {
      const found = /(?:Failed opening|Error moving|Write error|Can't save).*: (.+)$/.exec(line);
      if (found?.[1] !== undefined) reason = found[1];
    },
  };
}

/** Dragonfly serves on while it saves, so even SAVE is a background save of the process behind. */
async function saveInBackground(control: ControlClient): Promise<boolean> {
  for (;;) {
    try {
      await control.command("BGSAVE");
      break;
    } catch (error) {
      // The process behind feeds a replica's full sync by the same means; Dragonfly does both at once, so this waits.
      if (!(error instanceof Error && /in progress|child process/i.test(error.message))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const info = String(await control.command("INFO", "persistence"));
    if (/^rdb_bgsave_in_progress:0/m.test(info)) return /^rdb_last_bgsave_status:ok/m.test(info);
  }
}
