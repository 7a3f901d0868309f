import type { Mutation } from "../mutation.ts";
import { alerts } from "./alerts.ts";
import { drift } from "./drift.ts";
import { git } from "./git.ts";
import { hardening } from "./hardening.ts";
import { ofInstance } from "./instance.ts";
import { intruder } from "./intruder.ts";
import { mesh } from "./mesh.ts";
import { network } from "./network.ts";
import { operator } from "./operator.ts";
import { pods } from "./pods.ts";
import { policy } from "./policy.ts";
import { servers } from "./servers.ts";
import { users } from "./users.ts";

/** All of them, in the order of the story. The last ones leave servers that need a moment to be well again. */
export const mutations: readonly Mutation[] = [
  ...operator,
  ...ofInstance,
  ...pods,
  ...hardening,
  ...mesh,
  ...policy,
  ...network,
  ...alerts,
  ...git,
  ...drift,
  ...intruder,
  ...users,
  ...servers,
];
