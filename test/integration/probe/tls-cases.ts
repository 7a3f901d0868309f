import { describe, expect, it } from "vitest";
import { afterTls, codes, detail, quick, to, withTls, writing } from "./looking.ts";
import { certifiedName } from "./names.ts";
import type { ProbeWorld } from "./world.ts";
import { files } from "./world-files.ts";

/** Certificates, and who speaks TLS when. */
export function tlsCases(world: () => ProbeWorld): void {
  describe("tells by the TLS handshake", () => {
    it("a good certificate", async () => {
      const ran = await world().probe([
        ...to("tls"),
        "--tls-name",
        certifiedName,
        ...withTls(world(), files.authority),
        ...writing,
      ]);
      expect(codes(ran)).toEqual([
        ...[
          "dns.ok",
          "tcp.ok",
          "tls.ok",
          "auth.no-credentials",
          "ping.ok",
          "role.primary",
          "write-read.ok",
          "latency.ok",
        ],
      ]);
      expect(detail(ran, "tls")).toContain(certifiedName);
    });

    it.each([
      ["an expired one", "tls-expired", files.authority, "expired"],
      ["one of an authority that is not known", "tls", files.stranger, "unknown-ca"],
    ] as const)("%s", async (_, name, authority, cause) => {
      const ran = await world().probe([...to(name), "--tls-name", certifiedName, ...withTls(world(), authority)]);
      expect(codes(ran)).toEqual(["dns.ok", "tcp.ok", `tls.${cause}`, ...afterTls]);
      expect(ran.result.reached).toBe("server");
    });

    it("one for another name", async () => {
      const ran = await world().probe([...to("tls-alias"), ...withTls(world(), files.authority)]);
      expect(codes(ran)).toEqual(["dns.ok", "tcp.ok", "tls.wrong-name", ...afterTls]);
    });

    it("a server without TLS, and one that never answers", async () => {
      const [plain, hanging] = await Promise.all([
        world().probe([...to("plain"), ...withTls(world(), files.authority), ...quick]),
        world().probe([...to("hanging"), ...withTls(world(), files.authority), ...quick]),
      ]);
      expect(codes(plain)).toEqual(["dns.ok", "tcp.ok", "tls.plain", ...afterTls]);
      expect(codes(hanging)).toEqual(["dns.ok", "tcp.ok", "tls.timeout", ...afterTls]);
      expect(hanging.result.reached).toBe("port");
    });

    it("a server that wants TLS, or a certificate of the client", async () => {
      expect(codes(await world().probe(to("tls")))).toContain("ping.tls-expected");
      const strict = await world().probe([
        ...to("tls-strict"),
        "--tls-name",
        certifiedName,
        ...withTls(world(), files.authority),
      ]);
      expect(codes(strict)).toContain("ping.client-certificate");
    });
  });
}
