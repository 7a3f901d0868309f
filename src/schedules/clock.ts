import type { Logger } from "../logging.ts";
import { type Due, dueAt } from "./due.ts";
import type { ScheduleKeeper } from "./keeper.ts";
import type { Schedule } from "./schedule.ts";

export interface ScheduleClock {
  /** The queue says that a schedule is due. */
  hint(id: string): void;
  /** Whether the queue can be relied on to say so. */
  queueIsUp(up: boolean): void;
  /** When it is due next, as far as that is known yet. */
  next(id: string): Date | undefined;
  start(): void;
  stop(): void;
}

const tickMs = 1_000;
/** Once it is due, the queue says so within moments; without it everybody's own clock has to do. */
const queueWithinMs = 60_000;
/** What another process is at, or could not be told, is looked at again. */
const againMs = 5_000;

interface State {
  due?: Due;
  /** The time about which nothing is left to do. */
  settled?: number;
  hinted: boolean;
  notBefore: number;
  busy: boolean;
  broken: boolean;
}

/**
 * Has schedules looked at when they are due: when the queue says so, and beside it by the clock of this process, for what the queue
 * cannot know: that it was away or lost its jobs, that nobody was there at the time, that whoever was at it died.
 */
export function createScheduleClock(deps: {
  readonly schedules: readonly Schedule[];
  readonly keeper: Pick<ScheduleKeeper, "look">;
  readonly logger: Logger;
  readonly now: () => Date;
}): ScheduleClock {
  const { schedules, keeper, logger, now } = deps;
  const states = new Map(
    schedules.map(({ id }): [string, State] => [id, { hinted: false, notBefore: 0, busy: false, broken: false }]),
  );
  let queueUp = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (schedule: Schedule, state: State) => {
    const at = now();
    if (state.due === undefined || state.due.next <= at) state.due = await dueAt(schedule, at);
    const { last } = state.due;
    if (state.settled === last.getTime()) return;
    const early = queueUp && !state.hinted && state.settled !== undefined;
    if (early && at.getTime() - last.getTime() < queueWithinMs) return;
    if (at.getTime() < state.notBefore) return;
    state.notBefore = at.getTime() + againMs;
    if (!(await keeper.look(schedule, last))) return;
    state.settled = last.getTime();
    state.hinted = false;
    state.notBefore = 0;
  };
  const tick = (schedule: Schedule) => {
    const state = states.get(schedule.id);
    if (state === undefined || state.busy) return;
    state.busy = true;
    look(schedule, state)
      .then(
        () => {
          state.broken = false;
        },
        (err: unknown) => {
          // What stays as it is is told of once.
          logger[state.broken ? "debug" : "warn"]({ err, schedule: schedule.id }, "a schedule waits; trying again");
          state.broken = true;
        },
      )
      .finally(() => {
        state.busy = false;
      });
  };
  const tickAll = () => {
    for (const schedule of schedules) tick(schedule);
  };

  return {
    hint: (id) => {
      const state = states.get(id);
      if (state === undefined) return;
      state.hinted = true;
      state.notBefore = 0;
    },
    queueIsUp: (up) => {
      queueUp = up;
    },
    next: (id) => states.get(id)?.due?.next,
    start: () => {
      if (schedules.length > 0) timer = setInterval(tickAll, tickMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}
