import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { classifyLookup, codeOf } from "./classify.ts";
import type { FailureOf } from "./codes.ts";
import { fullNames, parseSearchRules, type SearchRules } from "./search-list.ts";
import { ok, StageFailure, type Success } from "./stage.ts";

/**
 * Looks a name up. Not with `dns.lookup`, whose getaddrinfo tells NXDOMAIN from nothing else and cannot be called off: a
 * thread that waits for a dead DNS server would hold the process beyond its deadline. The questions go out one by one
 * instead, completed by the pod's own search list as getaddrinfo does it. /etc/hosts is not looked at: in a pod it has
 * nothing but the pod itself, unless `hostAliases` are set.
 */
export async function lookUp(
  name: string,
  signal: AbortSignal,
  onAddresses: (addresses: readonly string[]) => void,
): Promise<Success> {
  const rules = parseSearchRules(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
  const resolver = new Resolver({ timeout: 1_000, tries: 3 });
  signal.addEventListener("abort", () => resolver.cancel(), { once: true });
  const { fullName, addresses } = await firstWithAddresses(name, rules, (one) => ask(resolver, one, signal));
  onAddresses(addresses);
  return ok(`${fullName} has ${addresses.length === 1 ? "the address" : "the addresses"} ${addresses.join(", ")}.`);
}

type Answer = { readonly addresses: readonly string[] } | { readonly reason: FailureOf<"dns"> };

/** A name that one of the search domains cannot answer for may still be found in the next; without an answer there is no next. */
async function firstWithAddresses(name: string, rules: SearchRules, lookup: (fullName: string) => Promise<Answer>) {
  const names = fullNames(name, rules);
  const reasons: FailureOf<"dns">[] = [];
  for (const fullName of names) {
    const answer = await lookup(fullName);
    if ("addresses" in answer) return { fullName, addresses: answer.addresses };
    reasons.push(answer.reason);
    if (answer.reason === "timeout" || answer.reason === "refused") break;
  }
  const asked = names.slice(0, reasons.length).join(", ");
  throw new StageFailure<"dns">(worst(reasons), `asked for ${asked}`);
}

const byWeight: readonly FailureOf<"dns">[] = [
  "timeout",
  "refused",
  "unexpected",
  "servfail",
  "no-address",
  "nxdomain",
];

function worst(reasons: readonly FailureOf<"dns">[]): FailureOf<"dns"> {
  return byWeight.find((reason) => reasons.includes(reason)) ?? "unexpected";
}

/** Addresses of the families that this pod has itself, as getaddrinfo's AI_ADDRCONFIG: others it could not reach. */
async function ask(resolver: Resolver, name: string, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  const own = ownFamilies();
  const answers = await Promise.allSettled([
    ...(own.v4 ? [resolver.resolve4(name)] : []),
    ...(own.v6 ? [resolver.resolve6(name)] : []),
  ]);
  signal.throwIfAborted();
  const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (addresses.length > 0) return { addresses: [...new Set(addresses)] };
  return {
    reason: worst(
      answers.map((answer) => (answer.status === "rejected" ? classifyLookup(codeOf(answer.reason)) : "no-address")),
    ),
  };
}

function ownFamilies() {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const v6 = own.some(({ family }) => family === "IPv6");
  return { v4: !v6 || own.some(({ family }) => family === "IPv4"), v6 };
}
