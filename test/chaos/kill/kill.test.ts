import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { configSchema } from "../../../src/config/file.ts";
import { changeCatalog } from "../../../src/runbooks/changes/catalog.ts";
import { createDice } from "../random/dice.ts";
import type { Ask } from "./ask.ts";
import { type Attempt, attempt } from "./attempt.ts";
import { type Boundary, controlVariable } from "./control.ts";
import { gitlabOf } from "./git-project.ts";
import { asks } from "./runbooks.ts";

/** The bot as a process of its own, killed with SIGKILL at what it does; then the next one, and what came of the run. */

/** `all`, a runbook, or a runbook and some of its boundaries: `snapshot:15-20`, `review:GitLab`, `review:!GitLab/3`, `snapshot:/3`. */
const [wanted, range] = process.env["CHAOS_KILL"]?.split(":") ?? [];
const seed = Number(process.env["CHAOS_SEED"] ?? 1);
const sample = Number(process.env["CHAOS_SAMPLE"] ?? 2);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const catalog = changeCatalog({ config: configSchema.parse({}) } as Parameters<typeof changeCatalog>[0]);
const known = [...new Set([...catalog.map(({ id }) => id), ...Object.keys(asks)])];
/**
 * A change of the Git project is followed for a quarter of a minute: without an order, one of them stands for all. A drill does all that a
 * failover does.
 */
const sampled = (id: string) => (asks[id]?.inGit === undefined && id !== "failover") || id === "access-allow";
const chosen = known.filter((id) => (wanted === undefined ? sampled(id) : wanted === "all" || wanted === id));
/** Share of the requests to GitLab whose answer is lost, after they were done or before; from 0 to 1. */
const lost = Number(process.env["CHAOS_LOST"] ?? 0);

async function start(inGit: boolean): Promise<{ readonly sandbox: Sandbox; readonly control: string }> {
  const control = mkdtempSync(join(tmpdir(), "dfbot-chaos-"));
  cleanups.push(() => rmSync(control, { recursive: true, force: true }));
  const preload = pathToFileURL(join(import.meta.dirname, "preload.ts")).href;
  const sandbox = await startSandbox({
    page: false,
    world: { metrics: false, restartDelayMs: 200, operatorDelayMs: 200, secretsOnDemand: inGit },
    ...(inGit ? { gitlab: { pipeline: { takesMs: 300 }, approvalsRequired: 1 } } : {}),
    env: { NODE_OPTIONS: `--import=${preload}`, [controlVariable]: control },
  });
  cleanups.push(() => sandbox.stop());
  return { sandbox, control };
}

describe("a bot that is killed", () => {
  it.each(chosen)(
    "at any moment of %s leaves a run that the next one ends, once",
    { timeout: wanted === undefined ? 1_200_000 : 24 * 3_600_000 },
    async (id) => {
      const ask = asks[id];
      if (ask === undefined) throw new Error(`${id} is in the catalog and not in runbooks.ts: say how it is asked for`);
      const { sandbox, control } = await start(ask.inGit === true);
      const undisturbed = await attempt(sandbox, control, ask);
      expect({ ...undisturbed, boundaries: [] }).toEqual({
        boundaries: [],
        killedAt: undefined,
        problems: [],
        blemishes: [],
      });
      if (ask.inGit && lost > 0) {
        const faults = [{ kind: "lose-answer" }, { kind: "cut" }] as const;
        gitlabOf(sandbox).faults.atRandom({
          seed,
          rate: lost,
          faults,
          on: ({ username = "" }) => username.startsWith("dfbot"),
        });
      }
      const all = undisturbed.boundaries;
      const picked = wanted === undefined ? sampleOf(all, ask) : selected(all, range);
      process.stdout.write(`${id}: ${picked.length} of ${all.length} boundaries, seed ${seed}\n`);
      const broken: string[] = [];
      for (const boundary of picked) {
        const tried = await attempt(sandbox, control, ask, boundary);
        process.stdout.write(`${lineOf(boundary.number, tried)}\n`);
        if (tried.problems.length > 0) broken.push(lineOf(boundary.number, tried));
      }
      expect(broken).toEqual([]);
    },
  );
});

/** Of those that `range` means every third, say, when it ends in `/3`; without a range all. */
function selected(all: readonly Boundary[], range = ""): readonly Boundary[] {
  const [, which = "", step = "1"] = /^(.*?)(?:\/(\d+))?$/.exec(range) ?? [];
  return all.filter((boundary) => isMeant(which, boundary)).filter((_, at) => at % Number(step) === 0);
}

/** `15`, `15-20`, or by a word of the name: `GitLab` with it, `!GitLab` without it. */
function isMeant(which: string, { number, name }: Boundary): boolean {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(which) ?? [];
  if (from !== undefined) return Number(from) <= number && number <= Number(to);
  return which.startsWith("!") ? !name.includes(which.slice(1)) : name.includes(which);
}

function lineOf(number: number, { killedAt, problems, blemishes }: Attempt): string {
  const what = [...problems.map((problem) => `BROKEN ${problem}`), ...blemishes].join("; ");
  return `${String(number).padStart(3)} ${killedAt ?? "not reached"}: ${what === "" ? "well" : what}`;
}

/** Right after the effect, when it is done and nobody has written so yet; where the runbook says; the others by chance. */
function sampleOf(all: readonly Boundary[], { effect, sampledAt }: Ask): readonly Boundary[] {
  const dice = createDice(seed);
  const sent = all.find(({ name }) => effect?.test(name));
  const done = all.find(({ name }) => name === sent?.name.replace(/^before/, "after"));
  const last = all.findLast(({ name }) => name === sampledAt);
  const sure = [done, last].filter((one) => one !== undefined);
  const left = all.filter((boundary) => !sure.includes(boundary));
  const byChance = Array.from({ length: Math.max(0, Math.min(sample, all.length) - sure.length) }, () =>
    left.splice(dice.between(0, left.length - 1), 1),
  ).flat();
  return [...sure, ...byChance].toSorted((a, b) => a.number - b.number);
}
