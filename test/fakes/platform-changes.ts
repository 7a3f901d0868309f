import type { PlatformChanges } from "../../src/platform/changes.ts";

/** Servers and pods to which nothing happens. */
export const noChanges: PlatformChanges = {
  snapshot: async () => undefined,
  follow: async () => undefined,
  loadAccessList: async () => undefined,
  evictPod: async () => undefined,
};
