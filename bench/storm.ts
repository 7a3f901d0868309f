import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { alertmanagerToken, startSandbox } from "../sandbox/sandbox.ts";
import { type Line, mib } from "./report.ts";

const groups = 400;
const perGroup = 25;
const channel = "C0ALERTS";
const settleWithinMs = 240_000;

/**
 * 10,000 alerts of 400 groups within a second or two, to the bot as a process: when its last thread stands, beside the time that
 * Slack's one message a second leaves; how much it says; what it holds.
 */
export async function storm(): Promise<readonly Line[]> {
  const sandbox = await startSandbox({ page: false, world: { metrics: false } });
  const { workspace, log } = sandbox.slack;
  try {
    const idle = memoryOf(sandbox.bot.child.pid, "VmRSS");
    const began = performance.now();
    const bodies = Array.from({ length: groups }, (_, group) => notification(group));
    const answers = await Promise.all(
      bodies.map((body) =>
        fetch(`${sandbox.bot.url}/webhooks/alertmanager`, {
          method: "POST",
          headers: { authorization: `Bearer ${alertmanagerToken}` },
          body,
        }),
      ),
    );
    const acceptedMs = performance.now() - began;
    const refused = answers.filter(({ status }) => status !== 200).length;
    if (refused > 0) throw new Error(`${refused} notifications were not accepted`);
    const parents = () => workspace.messages.filter((one) => one.channel === channel && one.thread_ts === undefined);
    const counted = () => parents().reduce((sum, { text }) => sum + Number(/: (\d+) firing/.exec(text)?.[1] ?? 0), 0);
    let first = 0;
    let last = 0;
    let threads = 0;
    while (counted() < groups * perGroup) {
      if (parents().length > threads) {
        threads = parents().length;
        last = performance.now() - began;
        if (first === 0) first = last;
      }
      if (performance.now() - began > settleWithinMs) throw new Error(`only ${counted()} alerts are shown`);
      await sleep(20);
    }
    const shownMs = performance.now() - began;
    // Until every thread says what most likely causes it.
    const triaged = () => new Set(workspace.messages.flatMap(({ thread_ts }) => thread_ts ?? [])).size;
    while (triaged() < parents().length && performance.now() - began < settleWithinMs) await sleep(100);
    const triagedMs = performance.now() - began;
    const writes = log.filter(({ method }) => method === "chat.postMessage" || method === "chat.update");
    const limitMs = Math.max(1, parents().length - 1) * 1_000;
    return [
      {
        name: "storm: the last thread / what one message a second leaves",
        ratio: last / limitMs,
        atMost: 1.2,
        figures: {
          alerts: String(groups * perGroup),
          groups: String(groups),
          accepted: seconds(acceptedMs),
          "first thread": seconds(first),
          "last thread": seconds(last),
          "all alerts shown": seconds(shownMs),
          "all triaged": seconds(triagedMs),
          threads: String(parents().length),
          "Slack writes": String(writes.length),
          refused: String(writes.filter(({ error }) => error !== undefined).length),
        },
      },
      {
        name: "storm: peak memory / idle",
        ratio: memoryOf(sandbox.bot.child.pid, "VmHWM") / idle,
        atMost: 2.5,
        figures: { idle: mib(idle), peak: mib(memoryOf(sandbox.bot.child.pid, "VmHWM")) },
      },
    ];
  } finally {
    await sandbox.stop();
  }
}

function memoryOf(pid: number | undefined, what: "VmRSS" | "VmHWM"): number {
  const match = new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? Number.NaN) * 1_024;
}

function seconds(value: number): string {
  return `${(value / 1_000).toFixed(1)} s`;
}

function notification(group: number): string {
  const severity = group % 40 === 0 ? "critical" : "warning";
  const groupLabels = { alertname: `Storm${group % 20}`, namespace: `tenant-${group}`, app: "dragonfly" };
  return JSON.stringify({
    version: "4",
    groupKey: `g${group}`,
    groupLabels,
    alerts: Array.from({ length: perGroup }, (_, n) => ({
      status: "firing",
      labels: { ...groupLabels, severity, pod: `dragonfly-${n}` },
      annotations: { summary: "Something is not as it should be" },
      startsAt: new Date().toISOString(),
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "http://vmalert/x",
      fingerprint: (group * 1_000 + n).toString(16).padStart(16, "0"),
    })),
  });
}
