import { describe, expect, it } from "vitest";
import { keptResultSchema } from "../../../src/records/kept-result.ts";
import type { Finding, Verdict } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { changesSince, changeWords, keepResult, resultId, verdictsOf } from "../../../src/runbooks/last-result.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { config, fakePlatform } from "../../fakes/platform.ts";
import { memoryRecordStore } from "../../fakes/record-store.ts";
import { report as someReport } from "../../fakes/report.ts";

const found = (verdicts: Readonly<Record<string, Verdict>>): readonly Finding[] =>
  Object.entries(verdicts).map(([id, verdict]) => ({
    id,
    verdict,
    title: id,
    detail: "",
    evidence: [],
    next: [],
    section: "Checks",
  }));

describe("what a run is compared with", () => {
  it("is the last one about the same instance, however that is written", () => {
    const ids = [undefined, "dragonfly", "dragonfly-system/dragonfly"].map((instance) =>
      resultId({ runbook: "verify", params: { instance } }, config),
    );
    expect(new Set(ids)).toEqual(new Set(["verify.dragonfly-system.dragonfly"]));
    expect(resultId({ runbook: "verify", params: { instance: "payments/dragonfly-payments" } }, config)).toBe(
      "verify.payments.dragonfly-payments",
    );
  });

  it("is another matrix for a matrix, and nothing for one way or for part of the matrix", () => {
    const id = (params: object) => resultId({ runbook: "connectivity", params: { ...params } }, config);
    expect(id({ matrix: true })).toBe("connectivity.dragonfly-system.dragonfly");
    expect(id({ matrix: true, cluster: "apps" })).toBeUndefined();
    expect(id({ matrix: false, namespace: "harbor" })).toBeUndefined();
    expect(resultId({ runbook: "status", params: {} }, config)).toBeUndefined();
  });

  it("is kept in place of the one before, and nothing of a run that is not compared", async () => {
    const store = memoryRecordStore({ kind: "result", schema: keptResultSchema, isOpen: () => false });
    const report = { ...someReport(), runbook: "verify", params: {}, findings: found({ "ac1.x": "ok" }) };
    await keepResult(report, config, store);
    await keepResult({ ...report, runId: "2", findings: found({ "ac1.x": "fail" }) }, config, store);
    await keepResult({ ...report, runbook: "status" }, config, store);
    expect((await store.list()).map(({ record }) => record)).toEqual([
      { id: "verify.dragonfly-system.dragonfly", at: report.startedAt, runId: "2", verdicts: { "ac1.x": "fail" } },
    ]);
  });
});

describe("the changes since the last run", () => {
  it("begin with what got worse: it fails, nothing can be said of it any more, or it is gone", () => {
    const last = { verdicts: { a: "ok", b: "ok", c: "fail", d: "unknown", e: "fail", f: "ok", same: "fail" } };
    const now = found({ a: "fail", b: "unknown", c: "unknown", d: "fail", e: "ok", same: "fail", new: "ok" });
    const changes = changesSince(last, now);
    expect(changes.map(({ id, before, now, worse }) => `${id} ${before} ${now} ${worse}`)).toEqual([
      "a ok fail true",
      "b ok unknown true",
      "c fail unknown true",
      "d unknown fail true",
      "f ok not there true",
      "e fail ok false",
    ]);
    expect(changeWords(changes)).toBe("5 worse and 1 better");
  });

  it("are about whole ways, not about their stages", () => {
    const before = found({ "connectivity.infra.harbor": "ok", "connectivity.infra.harbor.latency": "ok" });
    const now = found({ "connectivity.infra.harbor": "ok", "connectivity.infra.harbor.latency": "warn" });
    expect(verdictsOf(before)).toEqual({ "connectivity.infra.harbor": "ok" });
    expect(changesSince({ verdicts: verdictsOf(before) }, now)).toEqual([]);
  });
});

describe("a matrix asked for by a person", () => {
  const ask = async (params: Readonly<Record<string, unknown>>, verdicts: Readonly<Record<string, Verdict>>) => {
    const platform = {
      ...fakePlatform({ probe: async () => ({ kind: "refused", why: "quota", said: "exceeded quota" }) }),
      lastResults: { last: async () => ({ at: "2026-01-01T02:30:00.000Z", runId: "1", verdicts }) },
    };
    const deps = { runbooks: catalog, config: { ...config, probes: { ...config.probes, image: "dfbot:1" } }, platform };
    const runner = createRunner({ ...deps, scrub: (text) => text, now: () => new Date() });
    return await runner.run({ runbook: "connectivity", params, requester: { surface: "slack", id: "U0ADA" } });
  };
  const ways = ["infra", "apps"].flatMap((cluster) =>
    ["gitlab-system", "harbor", "others"].map((namespace): [string, Verdict] => [
      `connectivity.${cluster}.${namespace}`,
      "unknown",
    ]),
  );

  it("says how it compares with the last one, and has a table of what is otherwise", async () => {
    const same = await ask({ matrix: true }, Object.fromEntries(ways));
    expect(same.summary).toMatch(/; as on 2026-01-01 02:30 UTC$/);
    const worse = await ask({ matrix: true }, Object.fromEntries(ways.map(([id]) => [id, "ok"])));
    expect(worse.summary).toMatch(/; 6 worse than on 2026-01-01 02:30 UTC$/);
    expect(worse.tables.map(({ title }) => title)).toEqual(["Otherwise than on 2026-01-01 02:30 UTC", "Ways"]);
  });

  it("is compared with nothing when it is about one namespace", async () => {
    expect((await ask({ namespace: "harbor" }, {})).summary).not.toMatch(/ on 2026/);
  });
});
