import type { InstanceConfig } from "../../config/file.ts";
import { attention, type Finding } from "../../reports/model.ts";
import { plural } from "./units.ts";

/** The verdict in one line: what is wrong first, and how much more there is. */
export function summarise(instance: InstanceConfig, findings: readonly Finding[], healthy: string): string {
  const name = `${instance.name} (${instance.cluster}/${instance.namespace})`;
  const [worst, ...rest] = attention({ findings });
  if (worst === undefined) return `${name} is healthy: ${healthy}`;
  const failed = findings.filter(({ verdict }) => verdict === "fail").length;
  const unknown = findings.filter(({ verdict }) => verdict === "unknown").length;
  const state = failed > 0 ? "is in trouble" : unknown > 0 ? "could not be checked in full" : "works, with warnings";
  return `${name} ${state}: ${worst.title}${rest.length === 0 ? "" : ` (and ${plural(rest.length, "more finding")})`}`;
}
