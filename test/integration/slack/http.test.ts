import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpServer, type HttpOptions } from "../../../src/http/server.ts";

let server: FastifyInstance | undefined;
let logs: string[] = [];
afterEach(async () => {
  await server?.close();
  server = undefined;
  logs = [];
});

async function start(more: Partial<HttpOptions> = {}): Promise<string> {
  server = createHttpServer({
    logger: pino({ level: "warn" }, { write: (line: string) => void logs.push(line) }),
    readiness: () => ({ ready: true, dependencies: [] }),
    metrics: async () => "# HELP dfbot_x x\n",
    slack: { path: "/slack/events", accepts: () => true, listener: (_request, response) => void response.end("taken") },
    ...more,
  });
  return server.listen({ host: "127.0.0.1", port: 0 });
}

describe("the bot's own routes", () => {
  it.each([
    [true, 200],
    [false, 503],
  ])("readiness %s is answered with %i, and with what it depends on", async (ready, status) => {
    const dependencies = [{ name: "slack", state: "down" as const, detail: "no answer", checkedAt: null, ageMs: null }];
    const response = await fetch(`${await start({ readiness: () => ({ ready, dependencies }) })}/readyz`);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ ready, dependencies });
  });

  it("the process is alive however unready it is", async () => {
    const url = await start({ readiness: () => ({ ready: false, dependencies: [] }) });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it("metrics come as Prometheus text", async () => {
    const response = await fetch(`${await start()}/metrics`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain("dfbot_x");
  });

  it("what goes wrong inside is logged, and its inside not told", async () => {
    const url = await start({ metrics: async () => Promise.reject(new TypeError("secret inside")) });
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/secret inside|\.ts:/);
    expect(logs.join("")).toContain("secret inside");
  });

  it("has no Slack route when Slack comes over a socket", async () => {
    const response = await fetch(`${await start({ slack: undefined })}/slack/events`, { method: "POST", body: "x=1" });
    expect(response.status).toBe(404);
  });

  it("answers only POST on the Slack route", async () => {
    expect((await fetch(`${await start()}/slack/events`)).status).toBe(404);
  });
});

describe("a body for Slack's route", () => {
  it("reaches the listener as it came, byte for byte, whatever its type", async () => {
    const bodies: unknown[] = [];
    const url = await start({
      slack: {
        path: "/slack/events",
        accepts: () => true,
        listener(request, response) {
          bodies.push("rawBody" in request ? request.rawBody : undefined);
          response.end();
        },
      },
    });
    const bytes = Buffer.from("a=%20b+c\u00e9&a=\r\n", "utf8");
    for (const type of ["application/x-www-form-urlencoded", "application/json", "text/weird"])
      await fetch(`${url}/slack/events`, { method: "POST", headers: { "content-type": type }, body: bytes });
    expect(bodies).toEqual([bytes, bytes, bytes]);
  });

  it("announced as larger than a megabyte is refused with 413 before it is sent", async () => {
    let reached = false;
    const url = new URL(
      await start({
        slack: {
          path: "/slack/events",
          accepts: () => true,
          listener(_request, response) {
            reached = true;
            response.end();
          },
        },
      }),
    );
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname);
      socket.once("data", (data) => {
        resolve(String(data));
        socket.destroy();
      });
      socket.once("error", reject);
      socket.write(
        "POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1048577\r\n\r\n{",
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(reached).toBe(false);
  });

  it("of exactly a megabyte is taken", async () => {
    const response = await fetch(`${await start()}/slack/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "x".repeat(1024 * 1024),
    });
    expect(await response.text()).toBe("taken");
  });
});
