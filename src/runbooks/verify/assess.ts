import type { Config, InstanceConfig } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import { verifyAlerts } from "./alerts.ts";
import { verifyDrift } from "./drift/drift.ts";
import { verifyHardening } from "./hardening.ts";
import { verifyInstance } from "./instance.ts";
import { verifyMesh } from "./mesh.ts";
import { isSharedInstance, type VerifyObservation } from "./observe.ts";
import { verifyOperator } from "./operator.ts";
import { verifyPolicy } from "./policy.ts";
import { verifyReplication } from "./replication.ts";
import { showAll } from "./shown.ts";
import { verifyUsers } from "./users.ts";

/** Every check over one observation, in the order of the story. It only thinks: nothing is read here. */
export function assessVerification(
  observed: VerifyObservation,
  instance: InstanceConfig,
  config: Config,
  now: Date,
): readonly Finding[] {
  const isShared = isSharedInstance(instance, config);
  const seen = showAll(observed);
  return [
    ...verifyOperator(seen, config),
    ...verifyInstance(seen, instance, config, now),
    ...verifyReplication(seen, instance, config, now),
    ...verifyMesh(seen, instance, config, isShared),
    ...verifyPolicy(seen, instance, config, isShared),
    ...verifyAlerts(seen, config, isShared, now),
    ...verifyHardening(seen, instance, config),
    ...verifyUsers(seen, isShared),
    ...verifyDrift(seen, instance, config, isShared),
  ];
}
