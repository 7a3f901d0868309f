import type { FaultState } from "../slack/page-api.ts";
import type { World } from "../world/world.ts";
import { clusterFaults } from "./catalog/cluster.ts";
import { dataFaults } from "./catalog/data.ts";
import { gitopsFaults } from "./catalog/gitops.ts";
import { loadFaults } from "./catalog/load.ts";
import { placementFaults } from "./catalog/placement.ts";
import { serverFaults } from "./catalog/servers.ts";
import type { Fault, Heal } from "./fault.ts";

/** Every fault that the sandbox can show, in the order of the page's panel. */
export const faultCatalog: readonly Fault[] = [
  ...serverFaults,
  ...placementFaults,
  ...dataFaults,
  ...loadFaults,
  ...clusterFaults,
  ...gitopsFaults,
];

/** The faults of one world, as the page's panel switches them. */
export interface FaultPanel {
  states(): readonly FaultState[];
  /** Starts or heals one; returns when that is done. Rejects for an unknown name, or with the reason it cannot be. */
  set(name: string, on: boolean): Promise<readonly FaultState[]>;
}

/** Faults are switched one after the other: two at once would take each other's pods for healthy ones. */
export function createFaultPanel(world: World): FaultPanel {
  const healers = new Map<string, Heal>();
  let queue: Promise<unknown> = Promise.resolve();
  const states = () =>
    faultCatalog.map(({ name, title, description }) => ({ name, title, description, on: healers.has(name) }));

  const change = async (fault: Fault, on: boolean) => {
    const heal = healers.get(fault.name);
    if (on && heal === undefined) healers.set(fault.name, await fault.start(world));
    if (!on && heal !== undefined) {
      healers.delete(fault.name);
      await heal();
    }
    return states();
  };

  return {
    states,
    set: (name, on) => {
      const fault = faultCatalog.find((one) => one.name === name);
      if (fault === undefined) {
        const known = faultCatalog.map((one) => one.name).join(", ");
        return Promise.reject(new Error(`There is no fault "${name}". There are: ${known}.`));
      }
      const done = queue.then(() => change(fault, on));
      queue = done.catch(() => undefined);
      return done;
    },
  };
}
