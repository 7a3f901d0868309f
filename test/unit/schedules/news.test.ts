import { describe, expect, it } from "vitest";
import { type ScheduleRecord, scheduleSchema } from "../../../src/records/schedule.ts";
import type { Report, Verdict } from "../../../src/reports/model.ts";
import { worstVerdict } from "../../../src/reports/model.ts";
import { afterTelling, conclude, withoutNews } from "../../../src/schedules/news.ts";
import { finding, report } from "../../fakes/report.ts";

const taken: ScheduleRecord = {
  id: "verify",
  since: "2026-01-01T00:00:00.000Z",
  due: "2026-01-02T02:00:00.000Z",
  by: "dfbot-0",
  beats: 3,
};
const ended = (verdicts: Readonly<Record<string, Verdict>>, runId = "run-2"): Report =>
  report({
    runbook: "verify",
    runId,
    verdict: worstVerdict(Object.values(verdicts)),
    findings: Object.entries(verdicts).map(([id, verdict]) => finding({ id, verdict })),
  });
const knowing = (verdicts: Readonly<Record<string, Verdict>>): ScheduleRecord => ({
  ...taken,
  known: { at: "2026-01-01T02:00:00.000Z", runId: "run-1", verdicts },
});
const failure = (code: string) => ({
  failure: { code, text: "It cannot begin." },
  at: new Date("2026-01-02T02:00:01Z"),
});
/** The record after one run more, and after what it found was told. */
const next = (record: ScheduleRecord, ending: Parameters<typeof conclude>[1]) =>
  afterTelling(conclude({ ...record, by: "dfbot-0" }, ending));

describe("a scheduled run is told of", () => {
  it.each<[string, Record<string, Verdict>, Record<string, Verdict>, string]>([
    ["when something fails", { a: "ok", b: "ok" }, { a: "fail", b: "ok" }, "1 worse"],
    ["when nothing can be said of something any more", { a: "ok" }, { a: "unknown" }, "1 worse"],
    ["when what could not be said is a failure", { a: "unknown" }, { a: "fail" }, "1 worse"],
    ["when nothing can be said of a failure any more", { a: "fail" }, { a: "unknown" }, "1 worse"],
    ["when it is better again", { a: "fail", b: "ok" }, { a: "ok", b: "ok" }, "1 better"],
    ["when one is worse and another better", { a: "fail", b: "ok" }, { a: "ok", b: "fail" }, "1 worse and 1 better"],
    ["when a check is gone", { a: "ok", b: "ok" }, { a: "ok" }, "1 worse"],
  ])("%s", (_, before, now, words) => {
    const after = conclude(knowing(before), { report: ended(now) });
    expect(after.news).toMatchObject({ kind: "changed", words, mark: "run-2", due: taken.due });
    expect(after.by).toBe("dfbot-0");
    expect(afterTelling(after)).toEqual({
      id: "verify",
      since: taken.since,
      due: taken.due,
      beats: 3,
      ran: { at: expect.any(String), runId: "run-2", verdict: worstVerdict(Object.values(now)) },
      known: { at: expect.any(String), runId: "run-2", verdicts: now },
    });
  });

  it("the first time, whatever it found", () => {
    for (const verdict of ["ok", "fail"] as const) {
      expect(conclude(taken, { report: ended({ a: verdict }) }).news).toMatchObject({ kind: "first" });
    }
  });

  it("when none can be made, once and not every night the same, and when it can be made again", () => {
    const first = conclude(knowing({ a: "ok" }), failure("probes.not-configured"));
    expect(first.news).toMatchObject({ kind: "failed", failure: { code: "probes.not-configured" } });
    const told = afterTelling(first);
    expect([told.by, told.failing?.code, told.ran]).toEqual([undefined, "probes.not-configured", undefined]);
    const second = conclude({ ...told, by: "dfbot-0" }, failure("probes.not-configured"));
    expect([second.news, second.by]).toEqual([undefined, undefined]);
    expect(conclude({ ...second, by: "dfbot-0" }, failure("config.unknown")).news).toMatchObject({ kind: "failed" });
    const again = conclude({ ...second, by: "dfbot-0" }, { report: ended({ a: "ok" }) });
    expect(again.news).toMatchObject({ kind: "again" });
    expect(afterTelling(again).failing).toBeUndefined();
    // What has changed while none could be made is more than that they can be.
    expect(conclude({ ...second, by: "x" }, { report: ended({ a: "fail" }) }).news).toMatchObject({ kind: "changed" });
  });
});

describe("a scheduled run is not told of", () => {
  it("when it found the same, however bad; the next one is compared with it", () => {
    const after = conclude(knowing({ a: "fail", b: "unknown" }), { report: ended({ a: "fail", b: "unknown" }) });
    expect([after.news, after.by, after.known?.runId]).toEqual([undefined, undefined, "run-2"]);
  });

  it("when a new check holds", () => {
    expect(conclude(knowing({ a: "ok" }), { report: ended({ a: "ok", b: "ok" }) }).news).toBeUndefined();
  });

  it("when only a stage of a way, or its latency, is otherwise", () => {
    const way = "connectivity.infra.harbor";
    const after = conclude(knowing({ [way]: "ok" }), { report: ended({ [way]: "ok", [`${way}.latency`]: "warn" }) });
    expect(after.news).toBeUndefined();
  });
});

describe("news that could not be told", () => {
  it("are still known as news to the next run, because nobody knows them", () => {
    const untold = conclude(knowing({ a: "ok" }), { report: ended({ a: "fail" }) });
    const later = withoutNews({ ...untold, due: "2026-01-03T02:00:00.000Z" });
    expect(conclude(later, { report: ended({ a: "fail" }, "run-3") }).news).toMatchObject({
      kind: "changed",
      mark: "run-3",
    });
  });

  it("that are told after it was due again do not end what is due now", () => {
    const untold = conclude(knowing({ a: "ok" }), { report: ended({ a: "fail" }) });
    const told = afterTelling({ ...untold, due: "2026-01-03T02:00:00.000Z" });
    expect([told.by, told.known?.verdicts, told.news]).toEqual(["dfbot-0", { a: "fail" }, undefined]);
  });

  it("fit into a record, without the evidence of what is well", () => {
    const evidence = [{ command: "kubectl get x", output: "y".repeat(20_000), at: "2026-01-02T02:00:00.000Z" }];
    const found = report({
      findings: Array.from({ length: 100 }, (_, n) =>
        finding({ id: `c${n}`, verdict: n === 0 ? "fail" : "ok", evidence }),
      ),
    });
    const record = conclude(knowing({ c0: "ok" }), { report: found });
    expect(scheduleSchema.parse(record)).toEqual(record);
    expect(JSON.stringify(record).length).toBeLessThan(100_000);
    expect(record.news?.report?.findings[0]?.evidence).toEqual(evidence);
  });
});

it("nights that find a, then b too, then the same, then neither are told of thrice", () => {
  const nights: Record<string, Verdict>[] = [
    { a: "fail", b: "ok" },
    { a: "fail", b: "fail" },
    { a: "fail", b: "fail" },
    { a: "ok", b: "ok" },
  ];
  let record = knowing({ a: "ok", b: "ok" });
  const told = nights.map((verdicts) => {
    const { news } = conclude({ ...record, by: "dfbot-0" }, { report: ended(verdicts) });
    record = next(record, { report: ended(verdicts) });
    return news?.words;
  });
  expect(told).toEqual(["1 worse", "1 worse", undefined, "2 better"]);
});
