import { describe, expect, it } from "vitest";
import { until } from "../../../sandbox/faults/wait.ts";
import { addresses, ipv4, ipv6, nowhere } from "./addresses.ts";
import { afterPing, afterTcp, as, at, codes, quick, soonMs, to, writing } from "./looking.ts";
import { finish, type ProbeWorld } from "./world.ts";

/** What is on the way to it: policies, Services, DNS; and that the probe ends in time whatever that is. */
export function networkCases(world: () => ProbeWorld): void {
  describe("tells by what the network does", () => {
    it.each([
      ["dropped packets", "dropped", "timeout"],
      ["a rejection with a TCP reset", "rejected-reset", "refused"],
      ["a rejection with ICMP administratively prohibited", "rejected-icmp", "unreachable"],
      ["a Service without endpoints", "no-endpoint", "refused"],
    ] as const)("%s", async (_, name, cause) => {
      const ran = await world().probe([...to(name), ...writing, ...quick], as("team"));
      expect(codes(ran)).toEqual(["dns.ok", `tcp.${cause}`, ...afterTcp]);
      expect(ran.result).toMatchObject({ verdict: "fail", reached: "nothing" });
      // At once when something answers, after the stage's time when nothing does.
      expect(ran.wallMs).toBeLessThan(soonMs);
    });

    it("an address that nothing has, within the time of a stage", async () => {
      const ran = await world().probe(to("nobody"));
      expect(codes(ran)).toEqual(["dns.ok", "tcp.unreachable", ...afterTcp]);
    });

    it("an address without a route, also as the wrong answer of DNS", async () => {
      for (const ran of await Promise.all([world().probe(["--host", nowhere]), world().probe(to("elsewhere"))])) {
        expect(codes(ran).slice(1)).toEqual(["tcp.no-route", ...afterTcp]);
      }
      expect(codes(await world().probeAlone(at("plain")))).toEqual(["dns.literal", "tcp.no-route", ...afterTcp]);
    });

    it.each([
      ["that is cut without a word", "dropped-later", "timeout"],
      ["that is reset", "reset-later", "reset"],
    ] as const)("a connection %s in the middle", async (_, name, cause) => {
      const ran = await world().probe([...to(name), ...writing, ...quick], as("ops"));
      const found = codes(ran);
      expect(found.slice(0, 4)).toEqual(["dns.ok", "tcp.ok", "tls.not-asked", "auth.ok"]);
      const broken = found.findIndex((code) => code.endsWith(`.${cause}`));
      expect(broken).toBeGreaterThan(3);
      expect(found.slice(broken + 1).every((code) => code.endsWith(".not-reached"))).toBe(true);
      expect(ran.result).toMatchObject({ verdict: "fail", reached: "server" });
      expect(ran.wallMs).toBeLessThan(soonMs);
    });

    it("all addresses of a name, each by itself and at the same time", async () => {
      const [ran, many] = await Promise.all([
        world().probe([...to("pair"), ...quick]),
        world().probe([...to("many"), ...quick]),
      ]);
      expect(codes(ran, ipv4(addresses.plain))[1]).toBe("tcp.ok");
      expect(codes(ran, ipv4(addresses.dropped))[1]).toBe("tcp.timeout");
      expect(ran.result).toMatchObject({ verdict: "fail", reached: "server" });
      expect(many.result.addresses).toHaveLength(8);
      expect(many.result.addressesLeftOut).toBe(2);
      expect(many.wallMs).toBeLessThan(soonMs);
    });

    it("both families of addresses", async () => {
      const ran = await world().probe(to("dual"));
      expect(ran.result.addresses.map(({ address }) => address)).toEqual([
        ipv4(addresses.plain),
        ipv6(addresses.plain),
      ]);
      expect(ran.result.verdict).toBe("ok");
    });
  });

  describe("tells by what DNS says", () => {
    it.each([
      ["a name that does not exist", "no-such-store", "nxdomain"],
      ["a DNS server that could not find out", "broken", "servfail"],
      ["a name without an address", "empty", "no-address"],
      ["a DNS server that never answers", "silent", "timeout"],
    ] as const)("%s", async (_, name, cause) => {
      const ran = await world().probe([...to(name), ...quick]);
      expect(ran.result).toMatchObject({
        verdict: "fail",
        reached: "nothing",
        dns: { code: `dns.${cause}` },
        addresses: [],
      });
      // The name as the search list completes it.
      expect(ran.result.dns.detail).toContain(
        cause === "timeout" ? "DNS server" : `${name}.dragonfly.svc.cluster.test`,
      );
      expect(ran.wallMs).toBeLessThan(soonMs);
    });

    it("that there is no DNS server", async () => {
      expect((await world().probeAlone([...to("plain"), ...quick])).result.dns.code).toBe("dns.refused");
    });

    it("the addresses that getaddrinfo gives to any other program", async () => {
      const names = [
        "dual.dragonfly.svc",
        "pair.dragonfly",
        "pair.dragonfly.svc.cluster.test",
        "tls.dragonfly.svc.cluster.test.",
      ];
      const check = async (name: string) => {
        const said = await world().run("getent", ["ahosts", name]);
        const theirs = [...new Set(said.split("\n").flatMap((line) => line.split(/\s+/)[0] || []))];
        const ours = (await world().probe(["--host", name, ...quick])).result.addresses;
        expect(ours.map(({ address }) => address).toSorted()).toEqual(theirs.toSorted());
      };
      await Promise.all(names.map(check));
    });
  });

  describe("keeps its word", () => {
    it("ends before its deadline with what it knows", async () => {
      const [ran, silent] = await Promise.all([
        world().probe([...to("hanging"), "--stage-ms", "60000", "--deadline-ms", "5000"]),
        world().probe([...to("silent"), "--stage-ms", "60000", "--deadline-ms", "3000"]),
      ]);
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.no-credentials", "ping.deadline", ...afterPing],
      ]);
      // And not when a stage would have.
      expect(ran.result.durationMs).toBeLessThan(soonMs);
      expect(silent.result.dns.code).toBe("dns.deadline");
      expect(silent.result.durationMs).toBeLessThan(soonMs);
    });

    it("says what it knows when it is asked to end", async () => {
      const child = world().start([...at("dropped"), "--stage-ms", "60000", "--deadline-ms", "60000"]);
      const ran = finish(child);
      await until("it waits for an answer", async () => {
        const waiting = await world().run("ss", ["-Htnp", "state", "syn-sent"]);
        return waiting.includes(`pid=${child.pid},`);
      });
      child.kill("SIGTERM");
      expect(codes(await ran)).toEqual(["dns.literal", "tcp.deadline", ...afterTcp]);
    });

    it("leaves no key behind", async () => {
      await world().probe([...at("plain"), "--key-prefix", "left:"]);
      const keys = await world().run("redis-cli", ["-h", ipv4(addresses.plain), "keys", "left:*"]);
      expect(keys.trim()).toBe("");
    });
  });
}
