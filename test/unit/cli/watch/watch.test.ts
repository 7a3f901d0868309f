import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runCli } from "../../../../src/cli/cli.ts";
import type { CliDeps } from "../../../../src/cli/deps.ts";
import { parseEvery } from "../../../../src/cli/watch/every.ts";
import { watch } from "../../../../src/cli/watch/watch.ts";
import { BotError } from "../../../../src/errors.ts";
import type { Report, Verdict } from "../../../../src/reports/model.ts";
import { catalog } from "../../../../src/runbooks/catalog/index.ts";
import { finding, report } from "../../../fakes/report.ts";

const of = (verdict: Verdict) => report({ verdict, findings: [finding({ verdict })] });

/** Everything around a watch, what came out of it, and Ctrl-C. */
function terminal(more: Partial<CliDeps> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const deps: CliDeps = {
    runs: async () => [],
    changes: [],
    verifyAudit: () => ({ entries: 0, heads: {}, problems: [] }),
    runbooks: catalog,
    run: async () => of("ok"),
    serve: async () => 0,
    checkConfig: () => ({ ok: true, lines: [] }),
    user: "ada",
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    isTerminal: false,
    signal: stop.signal,
    ...more,
  };
  return { deps, stop: () => stop.abort(), stdout: () => out.join(""), stderr: () => err.join("") };
}

/** Watches with these rounds, Ctrl-C in the pause after the last one, or in the round itself when that one hangs. */
async function rounds(all: readonly (() => Promise<Report | undefined>)[], more: Partial<CliDeps> = {}) {
  const around = terminal(more);
  let made = 0;
  const round = async () => {
    const next = all[made++];
    if (made === all.length) setTimeout(around.stop, 5);
    return next?.();
  };
  const code = await watch({ name: "verify", everyMs: 1, round, leastPauseMs: 15 }, around.deps);
  return { ...around, code };
}

describe("dfbot <runbook> --watch", () => {
  it.each([
    ["ok", 0],
    ["warn", 0],
    ["fail", 1],
    ["unknown", 3],
  ] as const)("whose last round is %s exits with %i", async (verdict, code) => {
    expect((await rounds([async () => of("fail"), async () => of(verdict)])).code).toBe(code);
  });

  it("prints one line for each change to a pipe, and no control characters", async () => {
    const { stdout, stderr } = await rounds([async () => of("ok"), async () => of("ok"), async () => of("fail")]);
    expect(stdout().trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^2026-01-02T12:00:00Z {2}ok {6}dragonfly .* is healthy/),
      expect.stringMatching(/^2026-01-02T12:00:00Z {2}FAIL {4}dragonfly .* \(was ok\)$/),
      expect.stringMatching(/^2026-01-02T12:00:00Z {2}FAIL {4}replication.dragonfly-1: Replica .* \(was ok\)$/),
    ]);
    expect(stdout().replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(stderr()).toBe("");
  });

  it("goes on after a round that could not be made, which counts as unknown", async () => {
    const away = async () => {
      throw new BotError("kubernetes.unreachable", "infra does not answer", "Look at it");
    };
    const { stdout, code } = await rounds([async () => of("ok"), away, async () => of("fail")]);
    expect(stdout()).toMatch(/UNKNOWN This round could not be made: infra does not answer.*\n.*FAIL/);
    expect(code).toBe(1);
    expect((await rounds([async () => of("ok"), away])).code).toBe(3);
  });

  it("ends at once when the first round says that something was typed or configured wrongly, and not later", async () => {
    const unknown = async () => {
      throw new BotError("instance.unknown", "There is no instance x", "There are: y");
    };
    await expect(rounds([unknown])).rejects.toThrow("There is no instance x");
    expect((await rounds([async () => of("ok"), unknown])).code).toBe(3);
  });

  it("never makes two rounds at once", async () => {
    let running = 0;
    const slow = async () => {
      running++;
      expect(running).toBe(1);
      await sleep(10);
      running--;
      return of("ok");
    };
    const { code } = await rounds([slow, slow, slow, async () => of("ok")]);
    expect(code).toBe(0);
  });

  it("ends at once on Ctrl-C in the middle of a round that hangs: with the last round's code, or 130 before the first", async () => {
    const around = terminal();
    const run = () => {
      setTimeout(around.stop, 5);
      return new Promise<Report>(() => undefined);
    };
    expect(await runCli(["status", "--watch"], { ...around.deps, run })).toBe(130);
    expect((await rounds([async () => of("fail"), async () => undefined])).code).toBe(1);
  });
});

describe("on a terminal", () => {
  const screen = () => Object.assign(new EventEmitter(), { columns: 60, rows: 12 });

  it("draws over the alternate screen, and leaves the terminal as it was with the changes on it", async () => {
    const { stdout } = await rounds([async () => of("ok"), async () => of("fail")], {
      screen: screen(),
      colour: false,
    });
    const [before, during = "", left = ""] = stdout().split(/.\[\?1049[hl]/u);
    expect(before).toBe("");
    expect(during).toMatch(/^.\[\?25l.\[\?7l.\[H/u);
    expect(during).toMatch(/.\[\?7h.\[\?25h$/u);
    expect(during).toContain("Needs attention");
    expect(left).toMatch(/^2026-01-02T12:00:00Z {2}ok .*\n2026-01-02T12:00:00Z {2}FAIL /);
    expect(left.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  it("draws anew, on a cleared screen, when the size changes, and listens no longer at the end", async () => {
    const its = screen();
    const resize = async () => {
      Object.assign(its, { columns: 50, rows: 2 });
      its.emit("resize");
      return of("ok");
    };
    const { stdout } = await rounds([async () => of("fail"), resize], { screen: its, colour: false });
    const drawn = stdout().split("\u001b[2J")[1]?.split("\u001b[J")[0] ?? "";
    expect(drawn.split("\r\n")).toHaveLength(2);
    expect(its.listenerCount("resize")).toBe(0);
  });

  it("keeps colour off where there should be none, and uses it otherwise", async () => {
    const colours = /.\[\d+m/u;
    expect((await rounds([async () => of("fail")], { screen: screen(), colour: false })).stdout()).not.toMatch(colours);
    expect((await rounds([async () => of("fail")], { screen: screen(), colour: true })).stdout()).toMatch(colours);
  });

  it("is given back when the watch breaks", async () => {
    const around = terminal({ screen: screen() });
    const round = async () => {
      throw new BotError("config.invalid", "STORE_URL is missing", "Set it");
    };
    await expect(watch({ name: "verify", everyMs: 1, round }, around.deps)).rejects.toThrow("STORE_URL");
    expect(around.stdout()).toMatch(/.\[\?1049l$/u);
  });
});

describe("wrong usage of --watch", () => {
  it.each([
    [["status", "--watch", "--json"], "'--watch' cannot be used with option '--json'"],
    [["status", "--watch", "--markdown"], "'--watch' cannot be used with option '--markdown'"],
    [["status", "--watch", "--junit", "x.xml"], "'--watch' cannot be used with option '--junit <file>'"],
    [["status", "--every", "5s"], "--every is how often --watch looks"],
    [["status", "--watch", "--every", "1s"], '--every: found "1s"; allowed: from 2s to 1h'],
    [["status", "--watch", "--every", "2h"], "allowed: from 2s to 1h"],
    [["status", "--watch", "--every", "soon"], "allowed: from 2s to 1h"],
  ])("%j exits with 2 before anything is read", async (argv, words) => {
    let asked = 0;
    const around = terminal({
      run: async () => {
        asked++;
        return of("ok");
      },
    });
    expect(await runCli(argv, around.deps)).toBe(2);
    expect(around.stderr()).toContain(words);
    expect(around.stderr()).toMatch(/^dfbot: [^\n]+\n$/);
    expect(asked).toBe(0);
  });

  it.each([
    ["5", 5_000],
    ["5s", 5_000],
    ["2m", 120_000],
    ["1h", 3_600_000],
  ])("%s is %i ms", (text, ms) => {
    expect(parseEvery(text)).toBe(ms);
  });
});
