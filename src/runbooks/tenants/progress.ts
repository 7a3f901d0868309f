import { type Reading, read } from "../../platform/reading.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence, finding } from "../instance/findings.ts";
import { contextOf } from "../instance/observe.ts";
import type { PlanDeps } from "./deps.ts";

/** One thing that a merged change is to bring about, and whether waiting may still help. */
export interface Progress {
  readonly finding: Finding;
  readonly pending: boolean;
}

/** What every look at the clusters needs. */
export interface Look {
  readonly deps: PlanDeps;
  readonly merged: string;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

export const section = "After the merge";

/** Asks a cluster; without one, that of the shared instance. */
export function ask<T>(
  { deps, signal }: Look,
  what: string,
  fn: (inner: AbortSignal) => Promise<T>,
  cluster?: string,
): Promise<Reading<T>> {
  const { config } = deps;
  const command = `kubectl --context=${contextOf(config, cluster ?? config.shared.cluster)} ${what}`;
  return read({ command, timeoutMs: config.readTimeoutMs * 2, signal }, fn);
}

/** It could not be read, and may be the next time. */
export function unread(id: string, title: string, reading: Reading<unknown>): Progress {
  const detail = reading.ok ? "" : reading.reason;
  return {
    finding: finding({ id, section, verdict: "unknown", title, detail, evidence: [evidence(reading, "")] }),
    pending: true,
  };
}

export function reached(id: string, title: string, reading: Reading<unknown>, output = ""): Progress {
  return {
    finding: finding({ id, section, verdict: "ok", title, evidence: [evidence(reading, output)] }),
    pending: false,
  };
}

/** It is not so yet. */
export function missing(id: string, title: string, detail: string, reading: Reading<unknown>, output = ""): Progress {
  return {
    finding: finding({ id, section, verdict: "fail", title, detail, evidence: [evidence(reading, output)] }),
    pending: true,
  };
}
