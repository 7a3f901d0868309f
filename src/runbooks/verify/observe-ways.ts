import type { InstanceConfig } from "../../config/file.ts";
import { type Proof, prove, type Way } from "../connectivity/prove.ts";
import type { ObserveContext } from "../instance/observe.ts";

/** A way that was tried from one cluster. */
export interface TriedWay {
  readonly cluster: string;
  /** The namespaces that it may be tried from, the first that is there. */
  readonly candidates: readonly string[];
  /** Undefined: the cluster has none of them. */
  readonly proof: Proof | undefined;
}

/** What real connections from other namespaces came to, from each cluster. */
export interface WaysObservation {
  /** From a namespace that is let in. Empty of an instance that nobody listed namespaces for. */
  readonly approved: readonly TriedWay[];
  /** From a namespace on no list. */
  readonly strangers: readonly TriedWay[];
  /** From GitLab's namespace, to the address that GitLab has. */
  readonly gitlab: readonly TriedWay[];
}

/** On nobody's list, and in every cluster. */
export const stranger = "default";

interface Question {
  readonly purpose: keyof WaysObservation;
  readonly cluster: string;
  readonly candidates: readonly string[];
  readonly instance: InstanceConfig;
  readonly wanted: Way["wanted"];
}

/**
 * Tries ways by the probes of `connectivity`, all at once. What is asked twice (GitLab's namespace is an approved one, too) is tried
 * once. A namespace that a cluster does not have costs another round, so which one is tried depends on the lists only.
 */
export async function observeWays(
  context: ObserveContext,
  instance: InstanceConfig,
  isShared: boolean,
): Promise<WaysObservation> {
  const questions = questionsOf(context, instance, isShared);
  const known = new Map<string, Proof>();
  const left = ({ cluster, candidates, instance: to }: Question) =>
    candidates.find((name) => known.get(keyOf(cluster, name, to))?.actual.kind !== "no-namespace");
  for (;;) {
    const ways = new Map<string, Way>();
    for (const question of questions) {
      const namespace = left(question);
      if (namespace === undefined) continue;
      const { cluster, instance: to, wanted } = question;
      const key = keyOf(cluster, namespace, to);
      if (!known.has(key)) ways.set(key, { cluster, namespace, instance: to, wanted });
    }
    if (ways.size === 0) break;
    const proofs = await prove(context, [...ways.values()]);
    for (const proof of proofs) known.set(keyOf(proof.way.cluster, proof.way.namespace, proof.way.instance), proof);
  }
  const of = (purpose: Question["purpose"]) =>
    questions
      .filter((question) => question.purpose === purpose)
      .map((question): TriedWay => {
        const { cluster, candidates, instance: to } = question;
        const proof = known.get(keyOf(cluster, left(question) ?? "", to));
        return { cluster, candidates, proof };
      });
  return { approved: of("approved"), strangers: of("strangers"), gitlab: of("gitlab") };
}

function questionsOf({ config }: ObserveContext, instance: InstanceConfig, isShared: boolean): readonly Question[] {
  const { allowed, denied } = config.namespaces;
  const { gitlab } = config.verify;
  const strangers = [...denied, stranger].filter((name) => !allowed.includes(name));
  const asGitLab =
    gitlab === null || gitlab.address === instance.clientDns ? instance : { ...instance, clientDns: gitlab.address };
  return config.clusters.flatMap(({ name: cluster }): readonly Question[] => [
    { purpose: "strangers", cluster, candidates: strangers, instance, wanted: "denied" },
    ...(isShared ? [{ purpose: "approved", cluster, candidates: allowed, instance, wanted: "allowed" } as const] : []),
    ...(isShared && gitlab !== null
      ? [{ purpose: "gitlab", cluster, candidates: [gitlab.namespace], instance: asGitLab, wanted: "allowed" } as const]
      : []),
  ]);
}

function keyOf(cluster: string, namespace: string, { clientDns }: InstanceConfig): string {
  return `${cluster}/${namespace} ${clientDns}`;
}
