import { type DecisionContext, mayDecide, requestOf } from "../approvals/decide.ts";
import { endOfQuiet } from "../approvals/quiet-hours.ts";
import type { Config } from "../config/file.ts";
import type { RunDriver } from "../runbooks/durable/driver.ts";
import type { RunRecord } from "../runbooks/durable/record.ts";
import { lateId, type WakeUp } from "../runbooks/durable/wake-ups.ts";

export interface ReminderDeps {
  readonly config: Config;
  readonly driver: Pick<RunDriver, "remind">;
  readonly context: DecisionContext;
  readonly sayInThread: (record: RunRecord, text: string) => Promise<void>;
}

const mostMentions = 20;

/**
 * Mentions those who may decide and have not, in the thread of the card; each reminder once, also when its job comes twice. In
 * quiet hours nothing is said, and the wake-up for their end is returned.
 */
export async function remind(record: RunRecord, wakeUp: WakeUp, deps: ReminderDeps): Promise<WakeUp | undefined> {
  const { context, config } = deps;
  const asked = record.checkpoints.at(-1);
  if (record.state !== "waiting" || asked?.kind !== "approval" || asked.outcome !== undefined) return undefined;
  const end = endOfQuiet(config.approvals.quietHours, context.now);
  if (end !== undefined) {
    if (end.getTime() >= Date.parse(asked.expiresAt)) return undefined;
    return { ...wakeUp, id: lateId(wakeUp.id), at: end };
  }
  const nth = Number(/-remind-(\d+)/.exec(wakeUp.id)?.[1] ?? 0);
  if (!(await deps.driver.remind(record.id, nth))) return undefined;
  const request = requestOf(record, asked);
  const groups = context.policy?.groups ?? [];
  const people = new Set(
    groups.flatMap((name) => {
      const membership = context.memberships.get(name);
      return membership?.known === true ? [...membership.people] : [];
    }),
  );
  const voted = new Set(asked.votes.map(({ person }) => person));
  const wanted = [...people].filter((person) => !voted.has(person) && mayDecide(person, request, context));
  const who =
    wanted.length === 0
      ? `members of ${groups.join(", ")}`
      : wanted
          .slice(0, mostMentions)
          .map((person) => `<@${person}>`)
          .join(" ");
  const until = Math.floor(Date.parse(asked.expiresAt) / 1_000);
  await deps.sayInThread(
    record,
    `Still waiting for a decision: ${who}. It expires at <!date^${until}^{time}|${asked.expiresAt}>.`,
  );
  return undefined;
}
