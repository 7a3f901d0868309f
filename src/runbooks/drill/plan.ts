import type { Json, PlanContents } from "../../approvals/plan.ts";
import type { DrillConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import { targetOf } from "../changes/members.ts";
import { plural } from "../instance/units.ts";
import { durationMs } from "./objectives.ts";
import type { DrillCheck, Prepared } from "./prepare.ts";

/** What is done, and what everybody will see of it, a line each. */
export function effectsOf({ members, next, clients }: Prepared, drill: DrillConfig): PlanContents["effects"] {
  const { primary, instance } = members;
  const who =
    clients === null
      ? "every client"
      : `every client (${plural(clients.connections, "connection")} from ${plural(clients.addresses, "address", "addresses")} now)`;
  return [
    {
      key: `pod/${primary.uid}/evict`,
      description: `Evict ${primary.pod}, the primary of ${targetOf(instance)}, once; the operator then makes another one (${next}, as things are now)`,
    },
    {
      key: "clients/cut-off",
      description: `Who feels it: ${who}, the bot's own queue too. All are cut off, and writes and reads fail for some seconds, until there is a new primary. A write that it has not got by then is lost`,
    },
    {
      key: "canary/keys",
      description: `Meanwhile a canary writes and reads a small key of the bot every ${drill.everyMs} ms by the name that clients use, for ${durationMs(drill.measureForMs)} at most; its keys are removed`,
    },
    { key: "objectives", description: `Held to: ${objectivesInWords(drill)}` },
    {
      key: "lock",
      description: `Until the alerts of it are over, up to ${durationMs(drill.alertResolvedWithinMs)}, no other change of this instance runs; Cancel ends the waiting`,
    },
  ];
}

function objectivesInWords(drill: DrillConfig): string {
  return [
    `writes back within ${durationMs(drill.writeGapMs)}`,
    `reads within ${durationMs(drill.readGapMs)}`,
    `${drill.lostWrites === 0 ? "no write" : `at most ${plural(drill.lostWrites, "write")}`} lost`,
    `a new primary within ${durationMs(drill.electedWithinMs)}`,
    `all in sync within ${durationMs(drill.syncedWithinMs)}`,
    `alert within ${durationMs(drill.alertFiredWithinMs)}, over within ${durationMs(drill.alertResolvedWithinMs)}`,
  ].join(", ");
}

/** What people are asked to approve. */
export function contentsOf(prepared: Prepared, drill: DrillConfig): PlanContents {
  const { members, checks } = prepared;
  const { primary, replicas, instance } = members;
  return {
    runbook: "drill-failover",
    target: targetOf(instance),
    title: `Drill a failover of ${instance.name}: evict ${primary.pod}, and measure`,
    risk: "high",
    effects: effectsOf(prepared, drill),
    preconditions: [
      { id: "primary", description: `${primary.pod} is the primary`, expected: primary.uid },
      { id: "members", description: "the pods are the same ones", expected: uidsOf(replicas) },
      ...checks.map(({ id }) => ({ id, description: conditions[id] ?? id, expected: "ok" })),
    ],
    checks: checks.map(({ id, verdict, title }) => ({ id, verdict, title })),
  };
}

const conditions: Readonly<Record<string, string>> = {
  replicas: "every replica is in sync",
  snapshot: "the last snapshot is young",
  budget: "the disruption budget allows it",
  operator: "the operator is there",
  client: "the bot reaches this very primary as a client",
  incidents: "no incident is open on it",
  alerts: "its alert does not fire already",
};

/** What those conditions are like now. */
export function foundNow({ members, checks }: Prepared): Readonly<Record<string, Json>> {
  return {
    primary: members.primary.uid,
    members: uidsOf(members.replicas),
    ...Object.fromEntries(checks.map((check) => [check.id, stops(check) ? check.title : "ok"])),
  };
}

function uidsOf(members: readonly { readonly uid: string }[]): string[] {
  return members.map(({ uid }) => uid).toSorted();
}

/** Whether nobody should be asked while this is so: what is not known to hold does not hold. */
export function stops({ verdict }: DrillCheck): boolean {
  return verdict === "fail" || verdict === "unknown";
}

/** @throws BotError `change.refused` with everything that stands against it */
export function refuseUnlessSafe({ checks }: Prepared): void {
  const against = checks.filter(stops);
  if (against.length === 0) return;
  const details = [...new Set(against.map(({ detail }) => detail).filter((text) => text !== ""))].join(" ");
  throw new BotError(
    "change.refused",
    `A failover is not drilled now: ${against.map(({ title }) => title).join("; ")}`,
    details === "" ? "Mend that first: /dragonfly status" : details,
  );
}
