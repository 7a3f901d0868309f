import type { World } from "../world/world.ts";

/** Undoes a fault and returns when the world is healthy again. */
export type Heal = () => Promise<void>;

/** Something that goes wrong in the world, as far as possible in the way it goes wrong for real. */
export interface Fault {
  /** Lower case with dashes; `script/sandbox --fault NAME`. */
  readonly name: string;
  readonly title: string;
  /** What happens, and what a person will see. */
  readonly description: string;
  /** Makes it happen. Rejects with a plain sentence when this world cannot show it. */
  readonly start: (world: World) => Promise<Heal>;
}

/** Goes on until the fault shows. When it does not, what was already broken is healed again. */
export async function shown(heal: Heal, show: () => Promise<void>): Promise<Heal> {
  try {
    await show();
    return heal;
  } catch (error) {
    await heal().catch(() => undefined);
    throw error;
  }
}
