import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolvConf } from "./names.ts";
import { makeNamespaces } from "./namespaces.ts";
import { networkCases } from "./network-cases.ts";
import { rules } from "./rules.ts";
import { serverCases } from "./server-cases.ts";
import { tlsCases } from "./tls-cases.ts";
import { openWorld, type ProbeWorld, whyNot } from "./world.ts";

/** The probe as a process, on real packets: Linux network namespaces, nftables, a DNS server, real stores. */

const reason = whyNot();
const mustRun = process.env["CI"] === "true" && process.getuid?.() === 0;
if (reason !== undefined && !mustRun) process.stderr.write(`\nSKIPPED test/integration/probe: ${reason}\n`);

// One world for all cases: most of a case is waiting, so they run beside each other.
const title = reason === undefined ? "the probe" : `the probe: ${reason}`;
describe.skipIf(reason !== undefined)(title, { concurrent: true }, () => {
  let world: ProbeWorld;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.close());

  serverCases(() => world);
  networkCases(() => world);
  tlsCases(() => world);
});

describe("network namespaces", () => {
  it("are there where they have to be", () => {
    expect(mustRun ? reason : undefined).toBeUndefined();
  });

  it.skipIf(reason !== undefined)("are gone afterwards, those of a run that was killed too", () => {
    const list = () => execFileSync("ip", ["netns", "list"], { encoding: "utf8" });
    const ended = spawnSync("true").pid;
    execFileSync("ip", ["netns", "add", `dfbot-probe-${ended}-client`]);
    makeNamespaces(resolvConf, rules).remove();
    expect(list()).not.toMatch(new RegExp(`dfbot-probe-(?:${process.pid}|${ended})-`));
    expect(existsSync(`/etc/netns/dfbot-probe-${process.pid}-client`)).toBe(false);
  });
});
