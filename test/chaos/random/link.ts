import { BotError } from "../../../src/errors.ts";
import type { VirtualClock } from "./clock.ts";
import type { Dice } from "./dice.ts";

/** How bad the way between a process and what it talks to is. */
export interface Weather {
  /** Chance that a request fails without effect. */
  readonly fails: number;
  /** Chance that it took effect, and the answer is lost. */
  readonly loses: number;
  /** Chance that it takes long. */
  readonly late: number;
}

export const fair: Weather = { fails: 0, loses: 0, late: 0.02 };

/** The way from one process to the store and to the world. */
export interface Link {
  /** A request: it takes effect at one moment, and its answer arrives at a later one, if at all. */
  call<T>(what: string, takeEffect: () => T, slow?: boolean): Promise<T>;
  weather: Weather;
  /** From now on nothing is sent and no answer arrives. What is on its way may still take effect. */
  cut(): void;
  readonly isCut: () => boolean;
}

/** No request is on its way for longer than twice this: less than half of a lease, as in production. */
export const longestWayMs = 1_000;

export function createLink(clock: VirtualClock, dice: Dice): Link {
  let cut = false;
  const never = <T>() => new Promise<T>(() => {});
  const way = (late: number) => (dice.chance(late) ? dice.between(100, longestWayMs) : dice.between(1, 20));
  const unreachable = (what: string) =>
    new BotError("kubernetes.unreachable", `no answer to ${what}`, "Look at the network");
  const link: Link = {
    weather: fair,
    cut: () => {
      cut = true;
    },
    isCut: () => cut,
    call: async <T>(what: string, takeEffect: () => T, slow = false): Promise<T> => {
      if (cut) return await never<T>();
      const { fails, loses } = link.weather;
      const late = slow ? 0.5 : link.weather.late;
      const [there, back] = [way(late), way(late)];
      const [isFailing, isLost, survives] = [dice.chance(fails), dice.chance(loses), dice.chance(0.5)];
      await clock.sleep(there);
      // Killed with the request on its way: perhaps it had left the machine, perhaps not.
      if (cut && !survives) return await never<T>();
      let answer: { readonly value: T } | { readonly error: unknown };
      try {
        if (isFailing) throw unreachable(what);
        answer = { value: takeEffect() };
      } catch (error) {
        answer = { error };
      }
      await clock.sleep(back);
      if (cut) return await never<T>();
      if ("error" in answer) throw answer.error;
      if (isLost) throw unreachable(what);
      return answer.value;
    },
  };
  return link;
}
