import { describe, expect, it } from "vitest";
import { afterPing, as, codes, detail, quick, soonMs, to, writing } from "./looking.ts";
import type { ProbeWorld } from "./world.ts";
import { files, users } from "./world-files.ts";

/** What the store itself does. */
export function serverCases(world: () => ProbeWorld): void {
  describe("finds", () => {
    it("an open path and all that may be done over it", async () => {
      const ran = await world().probe([...to("store"), ...writing], as("ops"));
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.ok", "ping.ok", "role.primary", "write-read.ok", "latency.ok"],
      ]);
      expect(ran.result).toMatchObject({ verdict: "ok", reached: "server", addressesLeftOut: 0 });
      expect(ran.result.addresses[0]).toMatchObject({ role: "primary", latency: { pings: 20 } });
    });

    it("what a tenant may do: the role by another way, and its password from a file", async () => {
      const ran = await world().probe([...to("store"), ...writing], {
        PROBE_USER: "team",
        PROBE_PASSWORD_FILE: world().file(files.password),
      });
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.ok", "ping.ok", "role.primary", "write-read.ok", "latency.ok"],
      ]);
      expect(JSON.stringify(ran.result)).not.toContain(users.team);
    });

    it("what a tenant may do under its own hash tag, and leaves nothing there", async () => {
      const ran = await world().probe([...to("store"), "--own-prefix"], as("team"));
      expect(codes(ran).slice(3)).toEqual(["auth.ok", "ping.ok", "role.primary", "write-read.ok", "latency.ok"]);
      expect(detail(ran, "write-read")).toMatch(/^Wrote, read and deleted \{team\}:dfbot-probe:/);
      expect(JSON.stringify(ran)).not.toContain(users.team);
    });

    it("without credentials that the path is open: being asked for a password is an answer", async () => {
      const ran = await world().probe([...to("store"), ...writing]);
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.no-credentials", "ping.noauth", "role.no-credentials"],
        ...["write-read.no-credentials", "latency.ok"],
      ]);
      expect(ran.result).toMatchObject({ verdict: "ok", reached: "server" });
      expect(detail(ran, "ping")).toContain("proves that the path to it is open");
    });

    it("a wrong password, and that the path is open all the same", async () => {
      const ran = await world().probe([...to("store"), ...writing], {
        PROBE_USER: "team",
        PROBE_PASSWORD: "not-this-one",
      });
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.wrongpass", "ping.noauth", "role.not-logged-in"],
        ...["write-read.not-logged-in", "latency.ok"],
      ]);
      expect(ran.result).toMatchObject({ verdict: "fail", reached: "server" });
    });

    it("a user that may not write, and one whose prefix is another", async () => {
      const [reader, team] = await Promise.all([
        world().probe([...to("store"), ...writing], as("reader")),
        world().probe([...to("store"), "--key-prefix", "other:"], as("team")),
      ]);
      for (const ran of [reader, team]) {
        expect(codes(ran)).toEqual([
          ...[
            "dns.ok",
            "tcp.ok",
            "tls.not-asked",
            "auth.ok",
            "ping.ok",
            "role.primary",
            "write-read.noperm",
            "latency.ok",
          ],
        ]);
      }
    });

    it("a password for a server that has none", async () => {
      const ran = await world().probe([...to("plain"), ...writing], as("team"));
      expect(codes(ran)).toContain("auth.wrongpass");
      const other = await world().probe([...to("plain"), ...writing], { PROBE_PASSWORD: users.team });
      expect(codes(other)).toContain("auth.no-password");
    });

    it("a replica where a primary should be: writes are refused", async () => {
      const ran = await world().probe([...to("replica"), ...writing], as("team"));
      expect(codes(ran)).toEqual([
        ...[
          "dns.ok",
          "tcp.ok",
          "tls.not-asked",
          "auth.ok",
          "ping.ok",
          "role.replica",
          "write-read.readonly",
          "latency.ok",
        ],
      ]);
      expect(ran.result.addresses[0]?.role).toBe("replica");
    });

    it("a server that loads its data", async () => {
      const ran = await world().probe([...to("loading"), ...writing, "--slow-ms", "4000"], as("ops"));
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.ok", "ping.loading", "role.primary", "write-read.loading"],
        "latency.ok",
      ]);
      expect(detail(ran, "ping")).toContain("LOADING Dragonfly is loading the dataset in memory");
    });

    it("a replica that has lost its primary and serves nothing", async () => {
      expect(codes(await world().probe([...to("orphan"), ...writing]))).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.no-credentials", "ping.masterdown", "role.replica"],
        ...["write-read.readonly", "latency.ok"],
      ]);
    });

    it("a server that is out of memory", async () => {
      const ran = await world().probe([...to("full"), ...writing], as("team"));
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.ok", "ping.ok", "role.primary", "write-read.out-of-memory"],
        "latency.ok",
      ]);
    });

    it("a server that has too many clients", async () => {
      const ran = await world().probe(to("crowded"));
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.no-credentials", "ping.max-clients", ...afterPing],
      ]);
      expect(ran.result.reached).toBe("server");
    });

    it("a server that takes connections and never answers", async () => {
      const ran = await world().probe([...to("hanging"), ...quick]);
      expect(codes(ran)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.no-credentials", "ping.timeout", ...afterPing],
      ]);
      expect(ran.result.reached).toBe("port");
      expect(ran.wallMs).toBeLessThan(soonMs);
    });

    it("a slow path, and how slow it is", async () => {
      const [slow, patient] = await Promise.all([
        world().probe([...to("slow"), ...writing, "--pings", "6"]),
        world().probe([...to("slow"), "--slow-ms", "2000", ...quick]),
      ]);
      expect(codes(slow)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.no-credentials", "ping.ok", "role.primary", "write-read.ok"],
        "latency.slow",
      ]);
      expect(slow.result.addresses[0]?.latency?.p50Ms).toBeGreaterThanOrEqual(290);
      expect(codes(patient).at(-1)).toBe("latency.ok");
      // As many as there was time for.
      const { pings } = patient.result.addresses[0]?.latency ?? {};
      expect(pings).toBeGreaterThanOrEqual(3);
      expect(pings).toBeLessThan(20);
    });

    it("a port that belongs to another program, and one that hangs up", async () => {
      const [web, closing] = await Promise.all([world().probe(to("web")), world().probe(to("closing"))]);
      expect(codes(web)).toContain("ping.not-resp");
      expect(detail(web, "ping")).toContain("HTTP/1.1 400 Bad Request");
      expect(codes(closing)).toEqual([
        ...["dns.ok", "tcp.ok", "tls.not-asked", "auth.no-credentials", "ping.closed", ...afterPing],
      ]);
      for (const ran of [web, closing]) expect(ran.result.reached).toBe("port");
    });
  });
}
