import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { TestAlerts } from "../../../src/platform/test-alerts.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { config, fakePlatform } from "../../fakes/platform.ts";

/** What `verify` says of its test alert. A real Alertmanager: test/integration/sandbox/alertmanager.test.ts. */

/** An Alertmanager that sends everything back, but for what is given. */
function alertmanager(more: Partial<TestAlerts> = {}): TestAlerts {
  const sent: string[] = [];
  return {
    command: (nonce) => `curl -d ${nonce} $ALERTMANAGER_URL/api/v2/alerts`,
    send: async (nonce) => void sent.push(nonce),
    arrived: async () => sent,
    state: async () => ({ silencedBy: [], inhibitedBy: [], receivers: ["dfbot"] }),
    failedRequests: async () => 3,
    ...more,
  };
}

async function finding(testAlerts: TestAlerts, params: Readonly<Record<string, unknown>> = {}) {
  const runner = createRunner({
    runbooks: catalog,
    config: { ...config, verify: { ...config.verify, testAlertSeconds: 1 } },
    platform: { ...fakePlatform(), testAlerts },
    scrub: (text) => text,
    now: () => new Date("2026-01-02T12:00:00Z"),
  });
  const report = await runner.run({ runbook: "verify", params, requester: { surface: "cli", id: "test" } });
  return report.findings.find(({ id }) => id === "ac5.webhook");
}

const never = { arrived: async () => [] };
const failing = (code: string, message: string) => async () => {
  throw new BotError(code, message, "Look there");
};
let requests = 0;

describe("the test alert of verify", () => {
  it.concurrent.each<readonly [string, RegExp, Partial<TestAlerts>]>([
    ["ok", /^A test alert: came back in 0\.\d s\./, {}],
    [
      "fail",
      /was not taken: Alertmanager answered 400/,
      { send: failing("alertmanager.refused", "Alertmanager answered 400") },
    ],
    [
      "unknown",
      /could not be read\. .*cannot be reached/,
      { send: failing("alertmanager.unreachable", "It cannot be reached") },
    ],
    [
      "unknown",
      /could not be read\. .*API server is away/,
      { arrived: failing("kubernetes.unreachable", "The API server is away") },
    ],
    [
      "unknown",
      /is kept back in Alertmanager by the silence s-1\./,
      { ...never, state: async () => ({ silencedBy: ["s-1"], inhibitedBy: [], receivers: ["dfbot"] }) },
    ],
    ["fail", /not back after \d s; it goes to dfbot; none of its webhooks failed meanwhile/, never],
    [
      "fail",
      /its webhooks failed \d times meanwhile: a wrong token/,
      { ...never, failedRequests: async () => requests++ },
    ],
    [
      "fail",
      /does not say where it went; whether its webhooks fail is not said/,
      { ...never, state: async () => undefined, failedRequests: async () => undefined },
    ],
  ])("is %s: %s", async (verdict, title, more) => {
    const found = await finding(alertmanager(more));
    expect(`${found?.title}. ${found?.detail}`).toMatch(title);
    expect(found?.verdict).toBe(verdict);
    expect(found?.evidence[0]?.command).toMatch(/^curl /);
  });

  it("is not sent by a run that only reads", async () => {
    const sent: string[] = [];
    const found = await finding(alertmanager({ send: async (nonce) => void sent.push(nonce) }), { probes: false });
    expect([found?.verdict, sent]).toEqual(["unknown", []]);
  });
});
