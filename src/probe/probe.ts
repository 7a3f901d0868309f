import { isIP } from "node:net";
import { createScrubber } from "../secrets.ts";
import { probeAddress } from "./address.ts";
import { lookUp } from "./dns.ts";
import type { ProbeOptions } from "./options.ts";
import type { ProbeResult, Reached } from "./result.ts";
import { runStage, skipped } from "./stage.ts";

/** Behind a name there may be many; a handful tells enough, and all at once they do not disturb a server. */
const mostAddresses = 8;
/** What is left of the deadline for printing. */
const marginMs = 200;
const byReach: readonly Reached[] = ["server", "port", "nothing"];

/**
 * Looks the name up, then tries all its addresses at once. Resolves before the deadline, counted from the start of the
 * process, whatever the network does; `stop` ends it earlier. What was not done by then has the code `<stage>.deadline`.
 */
export async function probe(options: ProbeOptions, stop: AbortSignal): Promise<ProbeResult> {
  const { host, port } = options;
  const startedAt = new Date();
  const scrub = createScrubber(options.credentials === undefined ? [] : [options.credentials.password]);
  const started = performance.now();
  const timeLeft = new AbortController();
  const timer = setTimeout(() => timeLeft.abort(), Math.max(0, options.deadlineMs - marginMs - started));
  const deadline = AbortSignal.any([stop, timeLeft.signal]);
  try {
    let found: readonly string[] = isIP(host) === 0 ? [] : [host];
    const dns = await runStage("dns", { stageMs: options.stageMs, deadline }, async (signal) => {
      if (found.length > 0) return skipped("An address was given, there is no name to look up.", "literal");
      return lookUp(host, signal, (addresses) => {
        found = addresses;
      });
    });
    const tried = found.slice(0, mostAddresses);
    const addresses = await Promise.all(tried.map((address) => probeAddress(address, options, { deadline, scrub })));
    const outcomes = [dns, ...addresses.flatMap(({ stages }) => stages)];
    return {
      version: 1,
      target: { host, port, tls: options.tls !== undefined, credentials: options.credentials !== undefined },
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(performance.now() - started),
      verdict: outcomes.some(({ verdict }) => verdict === "fail") ? "fail" : "ok",
      reached: byReach.find((reach) => addresses.some(({ reached }) => reached === reach)) ?? "nothing",
      dns,
      addresses,
      addressesLeftOut: found.length - tried.length,
    };
  } finally {
    clearTimeout(timer);
  }
}
