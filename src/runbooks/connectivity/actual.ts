import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import { jsonOf } from "../../platform/json.ts";
import type { Ending, ProbeOutcome, Refusal } from "../../platform/probes.ts";
import type { Reading } from "../../platform/reading.ts";
import { type ProbeResult, probeResultSchema } from "../../probe/result.ts";

/** What a probe found out about the way to an instance. */
export type Actual =
  /** By a server's answer, or only by a port that took the connection. */
  | { readonly kind: "reached"; readonly by: "server" | "port"; readonly result: ProbeResult }
  /** The connection request was not answered: what a policy does to it. */
  | { readonly kind: "dropped"; readonly result: ProbeResult }
  /** Something else was in the way, before a policy could show. */
  | { readonly kind: "not-reached"; readonly code: string; readonly detail: string; readonly result: ProbeResult }
  /** This cluster has no such namespace. */
  | { readonly kind: "no-namespace" }
  /** The namespace has no such pod, or this cluster has no such namespace. */
  | { readonly kind: "no-pod" }
  /** No probe was made, or it came to nothing. */
  | { readonly kind: "not-tried"; readonly why: string; readonly detail: string };

const refusalWords: Readonly<Record<Refusal, string>> = {
  "namespace-missing": "the namespace does not exist",
  "namespace-ending": "the namespace is being deleted",
  "pod-missing": "the pod does not exist",
  "pod-not-running": "the pod does not run, so nothing can be tried in it",
  "pod-full": "the pod has taken as many probes as one may",
  "no-ephemeral-containers": "the cluster has no ephemeral containers",
  quota: "the namespace's quota has no room for a probe pod",
  "limit-range": "the namespace's limit range does not take a probe pod",
  "pod-security": "the namespace's Pod Security level does not take a probe",
  admission: "an admission policy does not take a probe",
  "not-allowed": "the bot may not make probes there",
  other: "the API server does not take a probe",
};

/** What it came to, and what to do about it. */
const endingWords: Readonly<Record<Ending, readonly [why: string, next: string]>> = {
  image: [
    "the probe's image cannot be pulled",
    "Look at probes.image, and whether the node reaches the registry; in a pod that is there it is pulled with that pod's imagePullSecrets.",
  ],
  "not-started": [
    "the node cannot start the probe",
    "It is the node's runtime that says so: look at the events of the pod and at the node.",
  ],
  failed: [
    "the probe ended before it had said what it found",
    "Look at what it printed: kubectl logs of that container.",
  ],
  "pod-gone": ["the pod went away meanwhile", "Ask again, for the pod that is there now."],
  "node-silent": [
    "the pod's node does not say what became of the probe",
    "Look at the node: kubectl get nodes. A probe that it starts later ends by itself.",
  ],
  late: ["the probe was not started in time", "Look at what it waits for, and ask again."],
};

/** Reads an outcome; what the probe printed is checked, because a pod's log may be anything. */
export function actualOf(reading: Reading<ProbeOutcome>): Actual {
  if (!reading.ok) return { kind: "not-tried", why: "no probe could be made", detail: reading.reason };
  const outcome = reading.value;
  switch (outcome.kind) {
    case "refused": {
      if (outcome.why === "namespace-missing") return { kind: "no-namespace" };
      if (outcome.why === "pod-missing") return { kind: "no-pod" };
      // A container in a pod that is there takes nothing of a quota, and of no limit range.
      const detail =
        outcome.why === "quota" || outcome.why === "limit-range"
          ? `${outcome.said.replace(/\.$/, "")}. From a pod that runs there it can be tried all the same: from=pod/NAME.`
          : outcome.said;
      return { kind: "not-tried", why: refusalWords[outcome.why], detail };
    }
    case "stuck": {
      const [why, next] = endingWords[outcome.why];
      return { kind: "not-tried", why, detail: `${outcome.said.replace(/\.$/, "")}. ${next}` };
    }
    case "ended":
      return fromLog(outcome.log);
  }
}

function fromLog(log: string): Actual {
  const parsed = probeResultSchema.safeParse(jsonOf(log));
  if (!parsed.success) {
    return { kind: "not-tried", why: "the probe did not say what it found", detail: log.slice(0, 300) };
  }
  const result = parsed.data;
  if (result.reached !== "nothing") return { kind: "reached", by: result.reached, result };
  const [first] = [result.dns, ...result.addresses.flatMap(({ stages }) => stages)].filter(
    ({ verdict }) => verdict === "fail",
  );
  const requests = result.addresses.flatMap(({ stages }) => stages.filter(({ stage }) => stage === "tcp"));
  if (requests.length > 0 && requests.every(({ code }) => code === "tcp.timeout")) return { kind: "dropped", result };
  return { kind: "not-reached", code: first?.code ?? "dns.no-address", detail: first?.detail ?? "", result };
}

/** The image to probe with. Throws BotError `probes.not-configured`. */
export function probeImage({ probes }: Config): string {
  if (probes.image !== undefined) return probes.image;
  throw new BotError(
    "probes.not-configured",
    "No image to probe with is configured, so nothing is tried",
    "Set probes.image in dfbot.yaml to the bot's own image",
  );
}
