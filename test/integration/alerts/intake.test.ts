import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpServer } from "../../../src/http/server.ts";
import { openAlertJournal } from "../../../src/journal/alert-journal.ts";

const token = "fake-alertmanager-token";
const logger = pino({ level: "silent" });
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "dfbot-alerts-"));
  cleanups.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function server(accept: (body: string) => Promise<void>) {
  const made = createHttpServer({
    logger,
    readiness: () => ({ ready: true, dependencies: [] }),
    metrics: async () => "",
    slack: undefined,
    alertmanager: { token, accept, logger },
  });
  cleanups.push(() => made.close());
  return (payload: string, authorization = `Bearer ${token}`, contentType = "application/json") =>
    made.inject({
      method: "POST",
      url: "/webhooks/alertmanager",
      headers: { authorization, "content-type": contentType },
      payload,
    });
}

const notification = (n: number) =>
  JSON.stringify({
    version: "4",
    groupKey: "g",
    groupLabels: { alertname: "X" },
    alerts: [
      {
        status: "firing",
        labels: { alertname: "X" },
        startsAt: "2026-01-02T12:00:00Z",
        fingerprint: n.toString(16).padStart(4, "0"),
      },
    ],
  });

describe("the intake of alerts", () => {
  it("answers 200 for what is on the disk: also a reader of another process finds all of it", async () => {
    const directory = folder();
    const journal = openAlertJournal(directory);
    cleanups.push(() => journal.close());
    const send = server((body) => journal.accept(body, new Date()));
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => send(notification(n))));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const script = `import { DatabaseSync } from "node:sqlite";
      console.log(new DatabaseSync(${JSON.stringify(join(directory, "alerts.sqlite"))}, { readOnly: true }).prepare("SELECT count(*) AS n FROM batch").get().n)`;
    const read = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(read.stdout.trim()).toBe("200");
  });

  it("answers 503, to be sent again, when it cannot be kept, and takes it when it can again", async () => {
    let full = true;
    const kept: string[] = [];
    const send = server(async (body) => {
      if (full) throw new Error("no space left on device");
      kept.push(body);
    });
    const refused = await send(notification(1));
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "5"]);
    expect(refused.body).not.toContain("no space");
    full = false;
    expect((await send(notification(1))).statusCode).toBe(200);
    expect(kept).toHaveLength(1);
  });

  it("of a directory that cannot be used is an error that names it", () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    expect(() => openAlertJournal(file)).toThrow(/cannot be kept in .*file/);
  });

  it("takes 5 MB and no more", async () => {
    const send = server(async () => undefined);
    const padded = (bytes: number) => notification(1).padEnd(bytes, " ");
    expect((await send(padded(5 * 1024 * 1024))).statusCode).toBe(200);
    expect((await send(padded(5 * 1024 * 1024 + 1))).statusCode).toBe(413);
  });

  it.each(["application/json", "text/plain", "nonsense", ""])(
    "takes a notification whatever it calls itself: %j",
    async (type) => {
      const kept: string[] = [];
      const send = server(async (body) => void kept.push(body));
      expect((await send(notification(1), `Bearer ${token}`, type)).statusCode).toBe(200);
      expect(kept).toEqual([notification(1)]);
    },
  );

  it("asks for the token before it reads anything", async () => {
    const send = server(async () => undefined);
    for (const authorization of ["", "Bearer", "Bearer wrong", `Basic ${token}`, `Bearer ${token}x`]) {
      expect((await send("{", authorization)).statusCode).toBe(401);
    }
    expect((await send(notification(1), `bearer ${token}`)).statusCode).toBe(200);
  });

  it("takes or refuses any mutation of a notification, and never fails", { timeout: 60_000 }, async () => {
    const send = server(async () => undefined);
    const whole = notification(1);
    const mutated = fc
      .tuple(fc.nat(whole.length), fc.nat(12), fc.string({ maxLength: 6 }))
      .map(([at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut));
    await fc.assert(
      fc.asyncProperty(mutated, async (body) => {
        const { statusCode } = await send(body);
        expect([200, 400]).toContain(statusCode);
      }),
      { numRuns: 5_000 },
    );
  });
});
