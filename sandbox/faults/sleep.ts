import type { World } from "../world/world.ts";

const sleepers = new WeakMap<World, number>();

/** Keeps the operator from noticing anything until every caller has woken it again. */
export function putOperatorToSleep(world: World): () => void {
  const change = (by: number) => {
    const count = (sleepers.get(world) ?? 0) + by;
    sleepers.set(world, count);
    world.operator.asleep = count > 0;
  };
  change(1);
  let awake = false;
  return () => {
    if (!awake) change(-1);
    awake = true;
  };
}
