import { addresses, type HostName, ipv4 } from "./addresses.ts";
import type { ProbeWorld, Ran } from "./world.ts";
import { users } from "./world-files.ts";

/** What the cases give to a probe, and how they look at what it says. */

export const to = (name: string) => ["--host", `${name}.dragonfly.svc`];
export const at = (name: HostName) => ["--host", ipv4(addresses[name])];
export const as = (user: keyof typeof users) => ({ PROBE_USER: user, PROBE_PASSWORD: users[user] });
export const withTls = (world: ProbeWorld, authority: string) => ["--tls", "--tls-ca-file", world.file(authority)];
export const writing = ["--key-prefix", "team:"];
export const quick = ["--stage-ms", "1200"];

/** In bounded time: the kernel itself would try a connection for two minutes. */
export const soonMs = 30_000;

/** Every stage's code, of the only address or of the one that is named. */
export function codes({ result }: Ran, address = result.addresses[0]?.address): readonly string[] {
  const probed = result.addresses.find((one) => one.address === address);
  return [result.dns, ...(probed?.stages ?? [])].map(({ code }) => code);
}

export function detail({ result }: Ran, stage: string): string {
  return [result.dns, ...(result.addresses[0]?.stages ?? [])].find((one) => one.stage === stage)?.detail ?? "";
}

const untouched = (...names: string[]) => names.map((name) => `${name}.not-reached`);
export const afterTcp = untouched("tls", "auth", "ping", "role", "write-read", "latency");
export const afterTls = untouched("auth", "ping", "role", "write-read", "latency");
export const afterPing = untouched("role", "write-read", "latency");
