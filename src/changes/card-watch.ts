import { cardState, type RunRecord } from "../runbooks/durable/record.ts";

export interface CardWatch {
  /** Of these runs, those whose card has been behind for longer than whoever is at it needs. */
  look(runs: readonly RunRecord[]): readonly RunRecord[];
}

/** Finds cards that were not brought up to date because a process died between the run and its card. */
export function createCardWatch(withinMs: number, now: () => number = () => performance.now()): CardWatch {
  let waiting = new Map<string, { readonly state: string; readonly since: number }>();
  return {
    look: (runs) => {
      const resting = runs.filter(
        (run) => run.owner === undefined && run.slack !== undefined && run.slack.shown !== cardState(run),
      );
      const at = now();
      waiting = new Map(
        resting.map((run) => {
          const state = cardState(run);
          const before = waiting.get(run.id);
          return [run.id, before?.state === state ? before : { state, since: at }];
        }),
      );
      return resting.filter(({ id }) => at - (waiting.get(id)?.since ?? at) >= withinMs);
    },
  };
}
