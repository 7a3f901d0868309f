import { attention, type Finding, type NextStep } from "../../reports/model.ts";

/** What an alert may be caused by, and how the findings show it. */
export interface Cause {
  readonly id: string;
  /** One sentence, from the findings that show it, and all there are. */
  sentence(shown: readonly Finding[], findings: readonly Finding[]): string;
  /** The findings that show it; none when it is not the cause. */
  shownBy(findings: readonly Finding[]): readonly Finding[];
  next?(shown: readonly Finding[]): readonly NextStep[];
}

const bad = (findings: readonly Finding[], id: RegExp, title = /./) =>
  findings.filter(
    (one) => one.verdict !== "ok" && one.verdict !== "unknown" && id.test(one.id) && title.test(one.title),
  );
const titles = (shown: readonly Finding[]) => shown.map(({ title }) => title).join("; ");
/** Both must be seen. */
const together = (a: readonly Finding[], b: readonly Finding[]) => (a.length > 0 && b.length > 0 ? [...a, ...b] : []);
const podIn = (shown: readonly Finding[]) =>
  shown.flatMap(({ id }) => /^(?:replication|server|pod)\.([a-z0-9-]+-\d+)/.exec(id)?.[1] ?? [])[0];
const steps =
  (runbook: string, label: string) =>
  (shown: readonly Finding[]): readonly NextStep[] => {
    const pod = podIn(shown);
    return pod === undefined ? [] : [{ runbook, params: { pod }, label: `${label} ${pod}` }];
  };
const role = (): readonly NextStep[] => [{ runbook: "role", params: {}, label: "Who is primary" }];

const operatorDown = (findings: readonly Finding[]) => bad(findings, /^operator\.replicas$/);
/** Also when the servers that are left say so, and the one that was the primary cannot be asked. */
const noPrimary = (findings: readonly Finding[]) =>
  findings.filter(
    ({ id, verdict, title }) =>
      id === "replication.primary" &&
      verdict !== "ok" &&
      /^(?:No (?:readable )?server is primary|There is no primary)/.test(title),
  );

/** From the one that explains most to the one that explains least. */
export const causes: readonly Cause[] = [
  {
    id: "no-primary-operator-down",
    shownBy: (findings) => together(noPrimary(findings), operatorDown(findings)),
    sentence: () =>
      "There is no primary, and the operator that would make one is down too: bring the operator back first",
    next: role,
  },
  {
    id: "two-primaries",
    shownBy: (findings) => bad(findings, /^replication\.primary$/, /servers say they are primary/),
    sentence: (shown) => `${titles(shown)}: writes go to both and will be lost on one`,
    next: role,
  },
  {
    id: "oom-killed",
    shownBy: (findings) => bad(findings, /^pod\./, /OOM/i),
    sentence: (shown) => `${titles(shown)}: the container's memory limit was reached`,
  },
  {
    id: "node-drained",
    shownBy: (findings) => bad(findings, /^node\.drained$/),
    sentence: (shown) => `${titles(shown)}: uncordon one, or add one`,
  },
  {
    id: "node-lost",
    shownBy: (findings) => bad(findings, /^node\./, /is not ready/),
    sentence: titles,
  },
  {
    id: "image",
    shownBy: (findings) => bad(findings, /^pod\./, /waits: (?:ImagePullBackOff|ErrImagePull|InvalidImageName)/),
    sentence: (shown) => `${titles(shown)}: its image cannot be pulled, and one pod that is not ready stalls a rollout`,
  },
  {
    id: "crash-loop",
    shownBy: (findings) => together(bad(findings, /^lastwords\./), bad(findings, /^pod\./, /CrashLoopBackOff/)),
    sentence: titles,
  },
  {
    id: "no-primary",
    shownBy: noPrimary,
    sentence: () => "There is no primary, so every write fails. The operator is up and should make one within seconds",
    next: role,
  },
  {
    id: "disk-full",
    shownBy: (findings) => bad(findings, /^pvc\..*\.used$/),
    sentence: (shown) => `${titles(shown)}: snapshots fill it, and saving fails when it is full`,
  },
  {
    id: "snapshot-failed",
    shownBy: (findings) => bad(findings, /^server\..*\.snapshot$/, /fail/i),
    sentence: (shown) => `${titles(shown)}; no metric shows that`,
    next: () => [{ runbook: "snapshot", params: {}, label: "Save a snapshot now" }],
  },
  {
    id: "service-at-replica",
    shownBy: (findings) => bad(findings, /^replication\.(?:labels|endpoints)/, /^(?!.*leads nowhere)/),
    sentence: (shown) => `${titles(shown)}: clients get READONLY`,
    next: role,
  },
  {
    id: "service-nowhere",
    shownBy: (findings) => bad(findings, /^replication\.endpoints/, /leads nowhere/),
    sentence: (shown) => `${titles(shown)}: clients get connection refused`,
    next: role,
  },
  {
    id: "stuck-replica",
    shownBy: (findings) => bad(findings, /^replication\.[a-z0-9-]+-\d+$/, /stuck|lost its primary|follows/),
    sentence: titles,
    next: steps("reattach-replica", "Reattach"),
  },
  {
    id: "full-sync",
    shownBy: (findings) => bad(findings, /^replication\.[a-z0-9-]+-\d+$/, /full sync|records behind|heard nothing/),
    sentence: (shown) => `${titles(shown)}: it catches up by itself, unless the primary writes faster than it reads`,
  },
  {
    id: "server-hangs",
    shownBy: (findings) =>
      findings.filter(({ id, verdict }) => /^server\.[a-z0-9-]+-\d+$/.test(id) && verdict !== "ok"),
    sentence: (shown) => `${titles(shown)}`,
    next: steps("restart-replica", "Restart"),
  },
  {
    id: "memory",
    shownBy: (findings) => bad(findings, /^server\..*\.memory$/),
    sentence: (shown) => `${titles(shown)}: when it is full, writes are refused`,
  },
  {
    id: "data-dropped",
    shownBy: (findings) => bad(findings, /^server\..*\.evictions$/),
    sentence: titles,
  },
  {
    id: "client-storm",
    shownBy: (findings) => bad(findings, /^clients\./),
    sentence: titles,
    next: role,
  },
  {
    id: "clients",
    shownBy: (findings) => bad(findings, /^server\..*\.clients$/),
    sentence: (shown) =>
      `${titles(shown)}, from many addresses: no single client, so either more is wanted or the limit is too low`,
  },
  {
    id: "hot-command",
    shownBy: (findings) => bad(findings, /^hot\./),
    sentence: (shown) => `${titles(shown)}: one slow command holds up the others on its thread`,
  },
  {
    id: "operator-down",
    shownBy: operatorDown,
    sentence: (shown) => `${titles(shown)}: nothing fails over and nothing rolls out until it is back`,
  },
  {
    id: "scraper-blocked",
    shownBy: (findings) => bad(findings, /^policy\.scraper$/),
    sentence: (shown) => `${titles(shown)}. The instance itself may be well`,
  },
  {
    id: "rollout",
    shownBy: (findings) => bad(findings, /^(?:statefulset\.|resource\.)/),
    sentence: (shown) => `${titles(shown)}: one pod that is not ready stalls a rollout`,
  },
  {
    id: "pods",
    shownBy: (findings) => bad(findings, /^pods?\./),
    sentence: titles,
  },
  {
    id: "flux",
    shownBy: (findings) => bad(findings, /^changes\./, /cannot apply/),
    sentence: (shown) => `${titles(shown)}: the cluster is not what Git says`,
  },
  {
    id: "protection",
    shownBy: (findings) => bad(findings, /^(?:pdb|networkpolicy|monitor|service)\b/),
    sentence: titles,
  },
  {
    id: "recent-change",
    shownBy: (findings) => bad(findings, /^changes\..*\.recent$/),
    sentence: (shown) => `${titles(shown)}, and nothing else that was read explains it`,
  },
  {
    id: "started",
    shownBy: (findings) => findings.filter(({ id }) => id === "starts"),
    sentence: (shown, findings) =>
      `${titles(shown)}; ${attention({ findings }).length === 0 ? "all is well now" : "nothing else that was read explains it"}`,
  },
];

/** Which causes an alert is most likely about, before all others. An alert that is not here is looked at generally. */
export const causesOfAlert: Readonly<Record<string, readonly string[]>> = {
  DragonflyPodDown: [
    "oom-killed",
    "node-lost",
    "node-drained",
    "crash-loop",
    "image",
    "scraper-blocked",
    "server-hangs",
    "pods",
  ],
  DragonflyMetricsAbsent: ["scraper-blocked", "protection", "pods"],
  DragonflyNoPrimary: ["no-primary-operator-down", "no-primary", "service-at-replica"],
  DragonflySeveralPrimaries: ["two-primaries"],
  DragonflyTooFewReplicas: ["oom-killed", "node-lost", "node-drained", "image", "crash-loop", "stuck-replica", "pods"],
  DragonflyRoleChanged: ["oom-killed", "no-primary"],
  DragonflyRestarted: ["oom-killed", "crash-loop", "pods"],
  DragonflyOomKilled: ["oom-killed"],
  DragonflyReplicaLinkDown: ["stuck-replica"],
  DragonflyReplicaStale: ["stuck-replica", "full-sync"],
  DragonflyReplicaLagging: ["full-sync", "hot-command", "client-storm"],
  DragonflySyncStuck: ["full-sync", "stuck-replica"],
  DragonflyMemoryHigh: ["memory"],
  DragonflyMemoryCritical: ["memory", "data-dropped"],
  DragonflyOutOfMemory: ["memory", "data-dropped"],
  DragonflyRssNearLimit: ["memory", "oom-killed"],
  DragonflyEvictions: ["data-dropped", "memory"],
  DragonflyDiskFilling: ["disk-full"],
  DragonflyDiskFull: ["disk-full", "snapshot-failed"],
  DragonflySnapshotFailed: ["disk-full", "snapshot-failed"],
  DragonflySnapshotOld: ["snapshot-failed", "disk-full"],
  DragonflyCommandBurst: ["hot-command", "client-storm"],
  DragonflyClientsNearLimit: ["client-storm", "clients"],
  DragonflyClientsRefused: ["client-storm", "clients"],
  DragonflyOperatorDown: ["operator-down"],
  DragonflyRolloutStuck: ["image", "crash-loop", "node-drained", "rollout", "pods"],
};

/** The most likely cause of an alert, in a sentence, and what shows it; undefined when nothing that was read explains it. */
export function likelyCause(
  alert: string,
  findings: readonly Finding[],
): { readonly cause: Cause; readonly sentence: string; readonly shown: readonly Finding[] } | undefined {
  const first = causesOfAlert[alert] ?? [];
  const rank = ({ id }: Cause) => (first.includes(id) ? first.indexOf(id) : first.length);
  for (const cause of causes.toSorted((a, b) => rank(a) - rank(b))) {
    const shown = cause.shownBy(findings);
    if (shown.length > 0) return { cause, sentence: cause.sentence(shown, findings), shown };
  }
  return undefined;
}
