/** What every pod of a probe is labelled with, besides its run: nothing that a Service selects. */
export const probeLabels = { "app.kubernetes.io/name": "dfbot-probe" } as const;

/**
 * Whose password a probe logs in with, by reference: nobody but the kubelet reads the Secret. Its keys are `username` and `password`, as
 * in a Secret of type kubernetes.io/basic-auth.
 */
export interface CredentialsReference {
  /** Name of a Secret in the probe's namespace: `dragonfly`, or `dragonfly-` and more. */
  readonly secret: string;
  /** Who logs in; undefined: whom the Secret's key `username` names, and without one the default user. */
  readonly user?: string | undefined;
}

/** One try from inside a namespace. */
export interface WantedProbe {
  readonly cluster: string;
  readonly namespace: string;
  /** The running pod to try it in; undefined: a throwaway pod of its own. */
  readonly pod?: string | undefined;
  readonly credentials?: CredentialsReference | undefined;
  /** The image that has the probe in it. */
  readonly image: string;
  /** What the probe is asked, as on its command line. */
  readonly args: readonly string[];
  /** Joins the pods of one run; a label's value. */
  readonly run: string;
}

/** Why a cluster would not have the probe: what its namespaces, quotas and policies say of pods, or what the pod to try it in is. */
export const refusals = [
  "namespace-missing",
  "pod-missing",
  "pod-not-running",
  "pod-full",
  "no-ephemeral-containers",
  "namespace-ending",
  "quota",
  "limit-range",
  "pod-security",
  "admission",
  "not-allowed",
  "other",
] as const;
export type Refusal = (typeof refusals)[number];

/** Why a probe that was made came to nothing. */
export const endings = [
  /** Its image cannot be pulled. */
  "image",
  /** The node's runtime cannot make or start its container. */
  "not-started",
  /** It ended without having said what it found. */
  "failed",
  /** The pod that it was in ended, was deleted, or is another one of that name by now. */
  "pod-gone",
  /** Its node does not say what has become of it. */
  "node-silent",
  /** It was not started in time: no node for it, or a slow one. */
  "late",
] as const;
export type Ending = (typeof endings)[number];

export type ProbeOutcome =
  /** It ran to its end, well or not; the log is what it printed. */
  | { readonly kind: "ended"; readonly pod: string; readonly log: string }
  /** Nothing was made; `said` is the API server's own sentence. */
  | { readonly kind: "refused"; readonly why: Refusal; readonly said: string }
  /** The probe was made and did not run to its end in time; `said` is what its status has to say. */
  | { readonly kind: "stuck"; readonly why: Ending; readonly pod: string; readonly said: string };

/** Throwaway pods that run the connectivity probe. They hold nothing, may do nothing, and end by themselves. */
export interface ProbePods {
  /**
   * Makes a pod, waits until it has ended, reads what it printed, and removes it whatever happens, also when the signal
   * aborts. In a pod that is there it is a container instead, which ends by itself and cannot be removed; one that asks the same
   * and has not ended is waited for, not joined by a second. Takes a minute and a half at the most. Throws BotError `kubernetes.*`
   * when the API server cannot be asked.
   */
  run(wanted: WantedProbe, signal: AbortSignal): Promise<ProbeOutcome>;
  /** Removes the pods of probes that are older than this, in all namespaces of a cluster; returns `namespace/name` of each. */
  removeLeftovers(cluster: string, olderThanMs: number, signal: AbortSignal): Promise<readonly string[]>;
}
