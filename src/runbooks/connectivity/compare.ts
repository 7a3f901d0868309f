import type { Verdict } from "../../reports/model.ts";
import type { Actual } from "./actual.ts";
import type { Expectation } from "./expectation.ts";

export interface Comparison {
  readonly verdict: Verdict;
  /** Says of the source, which stands before it: "gets through, as it should". */
  readonly title: string;
  readonly detail: string;
  /** The instance's policies are what is in the way of somebody who should get through, or may want to. */
  readonly offerAccess: boolean;
}

/**
 * What somebody decided: the configuration's lists, or the change that was just merged. `unlisted`: nobody, as far as the bot knows.
 * Then the policies say what should be, as where nothing is wanted, but for those that let everybody in: that is nobody's decision.
 */
export type Wanted = "allowed" | "denied" | "unlisted" | undefined;

/**
 * Compares what should be with what is. What somebody decided counts before what the policies say; where the two differ, the
 * policies are what is wrong. Nothing that is not known is ever called good.
 */
export function compare(wanted: Wanted, policy: Expectation, actual: Actual): Comparison {
  const should = shouldBe(wanted, policy);
  const rule = sentence(policy.because);
  const offerAccess = policy.keptOutByInstance && wanted !== "denied";
  const say = (verdict: Verdict, title: string, detail = rule, offer = false): Comparison => ({
    verdict,
    title,
    detail,
    offerAccess: offer && offerAccess,
  });
  // Who cannot make a probe often cannot read policies either, for the same reason.
  const withPolicies = (detail: string) =>
    detail !== "" && policy.because.includes(detail)
      ? `${ended(detail)} The policies could not be read either.`
      : `${detail === "" ? "" : `${ended(detail)} `}${expected(policy)}`;
  switch (actual.kind) {
    case "no-namespace":
      return say("unknown", "is not a namespace of this cluster", "Look at its name and at the cluster.");
    case "no-pod":
      return say("unknown", "is not there", "Look at the names of the pod, the namespace and the cluster.");
    case "not-tried":
      return say("unknown", `was not tried: ${actual.why}`, withPolicies(actual.detail));
    case "not-reached":
      // Whoever may send nothing may not ask for names either.
      if (should === "denied" && policy.decision === "denied" && actual.code === "dns.timeout") {
        return say("ok", "is blocked, as it should be: it cannot even ask for the name", rule, true);
      }
      return should === "allowed"
        ? say("fail", `does not get through: ${actual.code}`, withPolicies(actual.detail))
        : say("unknown", `does not get as far as the policies: ${actual.code}`, withPolicies(actual.detail));
    case "dropped":
      if (should === "unknown") return say("unknown", "is blocked, and whether it should be cannot be said");
      if (policy.decision === "allowed") {
        return say("fail", "is blocked although the policies allow it", `${rule} ${somethingElse}`);
      }
      return should === "denied"
        ? say("ok", "is blocked, as it should be", rule, true)
        : say("fail", "is blocked, and should get through", rule, true);
    case "reached":
      if (should === "unknown") return say("unknown", "gets through, and whether it should cannot be said");
      if (should === "denied") {
        const why = policy.openToAll ? ` ${everybody}` : policy.decision === "allowed" ? ` ${justThisOne}` : "";
        return policy.decision === "denied"
          ? say("fail", "gets through although the policies deny it", `${rule} ${notEnforced}`)
          : say("fail", "gets through, and should be blocked", `${rule}${why}`);
      }
      if (policy.decision === "denied") {
        return say("fail", "gets through although the policies deny it", `${rule} ${notEnforced}`);
      }
      if (actual.by === "port") {
        return say("fail", "reaches a port where no server answers", "What failed next is said below.");
      }
      if (wanted !== "unlisted") return say("ok", "gets through, as it should");
      return policy.openToAll
        ? say("fail", "gets through, as any namespace does", `${rule} ${everybody}`)
        : say("ok", "gets through, as it should", `${rule} dfbot.yaml, as the bot has read it, does not list it.`);
  }
}

/** What should be, by whoever decides it. */
export function shouldBe(wanted: Wanted, policy: Pick<Expectation, "decision">): Expectation["decision"] {
  return wanted === undefined || wanted === "unlisted" ? policy.decision : wanted;
}

const notEnforced = "The policies are not enforced: look whether Cilium took them (kubectl get cnp, column VALID).";
const somethingElse =
  "Something else drops it: a policy that was just changed, a firewall between nodes or clusters, or an address whose pod is gone.";
const everybody = "Any namespace gets in like this: take away what lets everybody in.";
const justThisOne =
  "Somebody let in just this one: either the policies are wrong, or dfbot.yaml, as the bot has read it.";

function expected({ decision, because }: Expectation): string {
  const should = { allowed: "let it through", denied: "block it", unknown: "leave it open" }[decision];
  return `The policies ${should}: ${sentence(because)}`;
}

function sentence(text: string): string {
  return ended(`${text.charAt(0).toUpperCase()}${text.slice(1)}`);
}

function ended(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
