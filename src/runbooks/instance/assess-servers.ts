import type { InstanceConfig, Thresholds } from "../../config/file.ts";
import type { ReadingOk } from "../../platform/reading.ts";
import type { ServerState } from "../../platform/server.ts";
import type { Evidence, Finding } from "../../reports/model.ts";
import { evidence, finding, firstVerdict } from "./findings.ts";
import type { ObservedServer } from "./observe-servers.ts";
import { ageSeconds, bytes, duration, percent, plural } from "./units.ts";

const section = "Servers";

/** What every server says of itself: memory, clients, snapshots, evictions, slow commands. Roles and links: assess-routing. */
export function assessServers(
  servers: readonly ObservedServer[],
  instance: InstanceConfig,
  snapshots: { readonly primaryOnly: boolean; readonly scheduled: boolean },
  thresholds: Thresholds,
  now: Date,
): readonly Finding[] {
  return servers.flatMap((server) => {
    const { state, name } = server;
    if (!state.ok) return [unreadable(server)];
    const facts = { name, state: state.value, reading: state, thresholds, now };
    const mayLackSnapshots = snapshots.primaryOnly && state.value.role.kind === "replica";
    return [
      serverFinding(facts, instance),
      memoryFinding(facts),
      clientsFinding(facts),
      pressureFinding(facts),
      ...(mayLackSnapshots ? [] : [snapshotFinding(facts, snapshots.scheduled)]),
      slowLogFinding(facts),
    ];
  });
}

interface Facts {
  readonly name: string;
  readonly state: ServerState;
  readonly reading: ReadingOk<ServerState>;
  readonly thresholds: Thresholds;
  readonly now: Date;
}

function unreadable({ name, pod, state }: ObservedServer): Finding {
  const down = pod !== undefined && !pod.ready;
  return finding({
    id: `server.${name}`,
    section,
    verdict: "unknown",
    title: down ? `Server ${name} does not answer; its pod is not ready` : `Server ${name} could not be read`,
    detail: state.ok ? "" : state.reason,
    evidence: [evidence(state, "")],
  });
}

function proof({ reading }: Facts, output: string): readonly Evidence[] {
  return [evidence(reading, output)];
}

function serverFinding(facts: Facts, instance: InstanceConfig): Finding {
  const { name, state } = facts;
  const pinned = instance.image?.split("@")[0]?.split(":").at(-1);
  const otherVersion = pinned?.startsWith("v") === true && state.version !== pinned;
  return finding({
    id: `server.${name}`,
    section,
    verdict: firstVerdict([state.loading, "warn"], [otherVersion, "warn"]),
    title: state.loading
      ? `Server ${name} is loading its data and refuses clients`
      : otherVersion
        ? `Server ${name} runs ${state.version}, pinned is ${pinned}`
        : `Server ${name}: ${state.version}, up ${duration(state.uptimeSeconds)}, ${Math.round(state.opsPerSecond)} ops/s`,
    evidence: proof(
      facts,
      `version ${state.version}, uptime_in_seconds ${state.uptimeSeconds}, loading ${state.loading ? 1 : 0}, instantaneous_ops_per_sec ${state.opsPerSecond}`,
    ),
  });
}

function memoryFinding(facts: Facts): Finding {
  const { name, state, thresholds } = facts;
  const { usedBytes, rssBytes, maxBytes } = state.memory;
  const used = maxBytes > 0 ? usedBytes / maxBytes : 0;
  const rss = maxBytes > 0 ? rssBytes / maxBytes : 0;
  const verdict = firstVerdict(
    [used >= thresholds.memoryFail || rss >= 1.25, "fail"],
    [used >= thresholds.memoryWarn || rss >= 1, "warn"],
  );
  const why =
    used >= thresholds.memoryWarn
      ? "At maxmemory every write is refused with an out-of-memory error."
      : rss >= 1
        ? "RSS is above maxmemory: at 1.25 times it writes are denied and new clients are not accepted."
        : "";
  return finding({
    id: `server.${name}.memory`,
    section,
    verdict,
    title:
      maxBytes > 0
        ? `Memory of ${name}: ${percent(used)} used (${bytes(usedBytes)} of ${bytes(maxBytes)})`
        : `Memory of ${name}: ${bytes(usedBytes)} used, no limit reported`,
    detail: why === "" ? `RSS ${bytes(rssBytes)}.` : `${why} RSS ${bytes(rssBytes)}.`,
    evidence: proof(facts, `used_memory ${usedBytes}, used_memory_rss ${rssBytes}, maxmemory ${maxBytes}`),
  });
}

function clientsFinding(facts: Facts): Finding {
  const { name, state, thresholds } = facts;
  const { connected, max, blocked } = state.clients;
  const verdict = firstVerdict(
    [max > 0 && connected >= max, "fail"],
    [max > 0 && connected / max >= thresholds.clientsWarn, "warn"],
  );
  return finding({
    id: `server.${name}.clients`,
    section,
    verdict,
    title: `Clients of ${name}: ${connected} of ${max}`,
    detail: verdict === "ok" ? "" : "Further clients are refused at the limit; the admin port still answers.",
    evidence: proof(facts, `connected_clients ${connected}, max_clients ${max}, blocked_clients ${blocked}`),
  });
}

function pressureFinding(facts: Facts): Finding {
  const { name, state } = facts;
  const { evictedKeys, oomRejections } = state;
  const evicts = state.memory.cacheMode;
  const since = `since it started ${duration(state.uptimeSeconds)} ago`;
  const problems = [
    ...(evicts ? ["Eviction is on (cache_mode): queue keys may be thrown away."] : []),
    ...(evictedKeys > 0 ? [`${plural(evictedKeys, "key")} evicted ${since}.`] : []),
    ...(oomRejections > 0 ? [`${plural(oomRejections, "write")} refused for lack of memory ${since}.`] : []),
  ];
  return finding({
    id: `server.${name}.evictions`,
    section,
    verdict: problems.length === 0 ? "ok" : "warn",
    title: problems.length === 0 ? `${name} evicted nothing and refused no write` : `${name} drops or refuses data`,
    detail: problems.join(" "),
    evidence: proof(
      facts,
      `evicted_keys ${evictedKeys}, oom_rejections ${oomRejections}, cache_mode ${evicts ? "cache" : "store"}`,
    ),
  });
}

/** The only honest source: metrics and `rdb_last_bgsave_status` stay silent when a save fails. */
function snapshotFinding(facts: Facts, scheduled: boolean): Finding {
  const { name, state, thresholds, now } = facts;
  const { lastSuccessAt, lastFailureAt, lastError, lastFile } = state.snapshot;
  const failedLast =
    lastFailureAt !== undefined &&
    (lastSuccessAt === undefined || Date.parse(lastFailureAt) >= Date.parse(lastSuccessAt));
  const age = lastSuccessAt === undefined ? undefined : ageSeconds(lastSuccessAt, now);
  const limit = thresholds.snapshotMaxAgeHours * 3600;
  const old = scheduled && (age === undefined ? state.uptimeSeconds > limit : age > limit);
  const lastGood = age === undefined ? "none since this process started" : `${duration(age)} ago`;
  return finding({
    id: `server.${name}.snapshot`,
    section,
    verdict: firstVerdict([failedLast, "fail"], [old || !scheduled, "warn"]),
    title: failedLast
      ? `The last snapshot of ${name} failed`
      : !scheduled
        ? `${name} has no snapshot schedule; last snapshot: ${lastGood}`
        : old
          ? `The last good snapshot of ${name} is too old: ${lastGood}`
          : `Last snapshot of ${name}: ${lastGood}`,
    detail: failedLast
      ? `${lastError ?? "No error text."} Last good one: ${lastGood}. Neither the metrics nor rdb_last_bgsave_status show this failure.`
      : "",
    evidence: proof(
      facts,
      `last_success_save ${lastSuccessAt ?? "none"}, last_saved_file ${lastFile ?? "none"}, last_failed_save ${lastFailureAt ?? "none"}, last_error ${lastError ?? "none"}`,
    ),
  });
}

function slowLogFinding(facts: Facts): Finding {
  const { name, state, thresholds, now } = facts;
  const slow = state.slowLog.filter((entry) => entry.microseconds >= thresholds.slowCommandMs * 1000);
  const worst = slow.toSorted((a, b) => b.microseconds - a.microseconds)[0];
  return finding({
    id: `server.${name}.slowlog`,
    section,
    verdict: "ok",
    title:
      worst === undefined
        ? `No command of ${name} took ${thresholds.slowCommandMs} ms lately`
        : `Slowest recent command of ${name}: ${worst.command}, ${Math.round(worst.microseconds / 1000)} ms, ${duration(ageSeconds(worst.at, now))} ago`,
    evidence: proof(
      facts,
      state.slowLog
        .slice(0, 3)
        .map((e) => `${e.command} ${e.microseconds} us`)
        .join("; ") || "slow log is empty",
    ),
  });
}
