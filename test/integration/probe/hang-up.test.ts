import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { selfSigned } from "../../../sandbox/kubernetes/certificate.ts";
import { whyHungUp } from "../../../src/probe/handshake.ts";

/** The second look at a server that hung up; on the loopback, because whether the first look is enough is a matter of luck. */

const servers: Server[] = [];
let folder: string;
let identity: { readonly key: string; readonly cert: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dfbot-hang-up-"));
  const { private: key, cert } = await selfSigned();
  identity = { key, cert };
  writeFileSync(join(folder, "ca.pem"), cert);
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function look(server: Server, withTls: boolean) {
  servers.push(server);
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const tls = withTls ? { name: "localhost", caFile: join(folder, "ca.pem") } : undefined;
  return whyHungUp({ address: "127.0.0.1", port }, tls, AbortSignal.timeout(10_000));
}

it("sees that TLS was expected, whether or not the certificate would do", async () => {
  expect(await look(createTlsServer(identity), false)).toBe("tls-expected");
});

it("sees that a certificate of the client was expected", async () => {
  const strict = createTlsServer({ ...identity, requestCert: true, rejectUnauthorized: true, ca: identity.cert });
  strict.on("tlsClientError", () => {});
  expect(await look(strict, true)).toBe("client-certificate");
});

it("sees nothing in a server that hangs up on everybody", async () => {
  const rude = () => createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end()));
  expect(await look(rude(), false)).toBeUndefined();
  expect(await look(rude(), true)).toBeUndefined();
});

it("sees nothing in a server with TLS that says no more after the handshake", async () => {
  expect(
    await look(
      createTlsServer(identity, (socket) => socket.end()),
      true,
    ),
  ).toBeUndefined();
});
