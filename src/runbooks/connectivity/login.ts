import type { CredentialsReference } from "../../platform/probes.ts";
import type { ProbeResult } from "../../probe/result.ts";
import type { Finding } from "../../reports/model.ts";
import { finding } from "../instance/findings.ts";
import type { Place } from "./stage-findings.ts";

/** Whose login is tried too, by a Secret of the namespace. */
export interface WantedLogin extends CredentialsReference {
  /** Nobody has to make that Secret: without it the login is not tried, and that is no trouble. */
  readonly ifThere?: boolean;
}

/** Why nobody logged in although that was wanted; undefined when somebody tried, or nobody came so far. */
export function lackOf(login: WantedLogin | undefined, result: ProbeResult | undefined, namespace: string) {
  if (login === undefined || result?.reached !== "server" || result.target.credentials) return undefined;
  return `Namespace ${namespace} has no Secret ${login.secret} with a key password, so nobody could log in.`;
}

/** The lack as the finding of the stage that it kept from being tried. */
export function lackFinding({ id, section, where, evidence }: Place, lack: string): Finding {
  return finding({
    id: `${id}.auth`,
    section,
    verdict: "unknown",
    title: `${where} could not log in: its Secret is not there`,
    detail: `${lack} Make it in that namespace, with the keys username and password, or name another.`,
    evidence: [evidence],
  });
}
