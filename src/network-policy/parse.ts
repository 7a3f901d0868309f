import { z } from "zod";
import { BotError } from "../errors.ts";
import type { Policy, PolicyKind } from "./model.ts";
import { readCilium } from "./parse-cilium.ts";
import { readPlain } from "./parse-plain.ts";
import { firstIssue } from "./shapes.ts";

const namespaced = z.looseObject({ metadata: z.looseObject({ name: z.string(), namespace: z.string() }) });
const clusterwide = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

/**
 * Reads a policy as the API server gives it; the kind apart, because the items of a list do not say it. One Cilium object may
 * hold several policies. What Cilium's agents refuse although the API server takes it becomes a policy that is `unmodelled`.
 *
 * @throws BotError `policy.invalid` for what the API server would not take, and for what nobody has heard of
 */
export function parsePolicy(cluster: string, kind: PolicyKind, object: unknown): readonly Policy[] {
  try {
    if (kind === "CiliumClusterwideNetworkPolicy") {
      const { metadata, ...rest } = clusterwide.parse(object);
      return readCilium({ kind, cluster, namespace: undefined, name: metadata.name }, rest);
    }
    const { metadata, ...rest } = namespaced.parse(object);
    const head = { kind, cluster, namespace: metadata.namespace, name: metadata.name };
    return kind === "NetworkPolicy" ? [readPlain(head, rest)] : readCilium(head, rest);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const named = clusterwide.safeParse(object);
    throw new BotError(
      "policy.invalid",
      `${kind} ${named.success ? named.data.metadata.name : ""} is not understood: ${firstIssue(error)}`,
      "Look at the policy; a newer kind of rule needs a newer bot",
    );
  }
}
