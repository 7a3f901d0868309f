import type { Reading } from "../../platform/reading.ts";
import type { Evidence } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import * as lines from "./lines.ts";
import type { VerifyObservation } from "./observe.ts";

/** A reading with what it proves: the command that a person would run, and what came back. */
export type Shown<T> = Reading<T> & { readonly evidence: Evidence };

/** What of the answer a check rests on, in lines; `asYaml` where kubectl's table does not have it. */
export function shown<T>(
  reading: Reading<T>,
  text: (value: T) => string,
  { asYaml = false }: { readonly asYaml?: boolean } = {},
): Shown<T> {
  const command = asYaml
    ? `${reading.command.replace(/ -o (?:wide|yaml|jsonpath=\S+)(?: -L \S+)?$/, "")} -o yaml`
    : reading.command;
  const read = { ...reading, command };
  return { ...read, evidence: evidence(read, read.ok ? text(read.value) : "") };
}

const inYaml = { asYaml: true } as const;

/** Everything that was read of Kubernetes and the metrics store, each with what came back. The checks take their evidence from here. */
export function showAll(seen: VerifyObservation) {
  return {
    ...seen,
    operator: shown(seen.operator, lines.deployment, inYaml),
    operatorBudgets: shown(seen.operatorBudgets, lines.each(lines.budget), inYaml),
    release: shown(seen.release, lines.release),
    chart: shown(seen.chart, lines.chart),
    crd: shown(seen.crd, lines.crd, inYaml),
    resource: shown(seen.resource, lines.resource, inYaml),
    statefulSet: shown(seen.statefulSet, lines.statefulSet, inYaml),
    pods: shown({ ...seen.pods, command: `${seen.pods.command} -L role` }, lines.each(lines.pod)),
    nodes: shown(seen.nodes, lines.each(lines.node)),
    claims: shown(seen.claims, lines.each(lines.claim)),
    budgets: shown(seen.budgets, lines.each(lines.budget), inYaml),
    podMonitors: shown(seen.podMonitors, lines.each(lines.monitor), inYaml),
    services: shown(seen.services, lines.each(lines.service), inYaml),
    endpoints: shown(seen.endpoints, lines.each(lines.endpoint)),
    policies: shown(seen.policies, lines.each(lines.policy), inYaml),
    ciliumPolicies: shown(seen.ciliumPolicies, lines.each(lines.policy), inYaml),
    remotes: seen.remotes.map((remote) => ({
      ...remote,
      services: shown(remote.services, lines.each(lines.service), inYaml),
      endpoints: shown(remote.endpoints, lines.each(lines.endpoint)),
    })),
    samples: shown(seen.samples, lines.each(lines.sampleTime)),
    watchdog: shown(seen.watchdog, lines.each(lines.sample)),
  };
}

export type ShownVerification = ReturnType<typeof showAll>;
