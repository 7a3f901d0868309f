import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { configSchema } from "../../../src/config/file.ts";
import { changeCatalog } from "../../../src/runbooks/changes/catalog.ts";
import { createDice } from "../random/dice.ts";
import { type Attempt, attempt } from "./attempt.ts";
import { controlVariable } from "./control.ts";
import { asks, withoutGitProject } from "./runbooks.ts";

/** The bot as a process of its own, killed with SIGKILL at what it does; then the next one, and what came of the run. */

/** `all`, a runbook, or a runbook and some of its boundaries: `snapshot:15-20`. */
const [wanted, range] = process.env["CHAOS_KILL"]?.split(":") ?? [];
const seed = Number(process.env["CHAOS_SEED"] ?? 1);
const sample = Number(process.env["CHAOS_SAMPLE"] ?? 2);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const catalog = changeCatalog({ config: configSchema.parse({}) } as Parameters<typeof changeCatalog>[0]);
const chosen = catalog
  .map(({ id }) => id)
  .filter((id) => !withoutGitProject.includes(id))
  .filter((id) => wanted === undefined || wanted === "all" || wanted === id);

async function start(): Promise<{ readonly sandbox: Sandbox; readonly control: string }> {
  const control = mkdtempSync(join(tmpdir(), "dfbot-chaos-"));
  cleanups.push(() => rmSync(control, { recursive: true, force: true }));
  const preload = pathToFileURL(join(import.meta.dirname, "preload.ts")).href;
  const sandbox = await startSandbox({
    page: false,
    world: { metrics: false, restartDelayMs: 200, operatorDelayMs: 200 },
    env: { NODE_OPTIONS: `--import=${preload}`, [controlVariable]: control },
  });
  cleanups.push(() => sandbox.stop());
  if ("runs" in configSchema.shape) {
    const { DFBOT_CONFIG: path = "" } = sandbox.world.env();
    writeFileSync(path, stringify({ ...parse(sandbox.world.dfbotYaml), runs: { leaseSeconds: 2 } }));
    await sandbox.restartBot("SIGTERM");
  }
  return { sandbox, control };
}

describe("a bot that is killed", () => {
  it.each(chosen)(
    "at any moment of %s leaves a run that the next one ends, once",
    { timeout: 1_200_000 },
    async (id) => {
      const ask = asks[id];
      if (ask === undefined) throw new Error(`${id} is in the catalog and not in runbooks.ts: say how it is asked for`);
      const { sandbox, control } = await start();
      const undisturbed = await attempt(sandbox, control, ask, 0);
      expect({ ...undisturbed, boundaries: [] }).toEqual({
        boundaries: [],
        killedAt: undefined,
        problems: [],
        blemishes: [],
      });
      const all = undisturbed.boundaries.map(({ number }) => number);
      const numbers = wanted === undefined ? sampleOf(all) : all.filter(isInRange);
      process.stdout.write(`${id}: ${numbers.length} of ${all.length} boundaries, seed ${seed}\n`);
      const broken: string[] = [];
      for (const number of numbers) {
        const tried = await attempt(sandbox, control, ask, number);
        process.stdout.write(`${lineOf(number, tried)}\n`);
        if (tried.problems.length > 0) broken.push(lineOf(number, tried));
      }
      expect(broken).toEqual([]);
    },
  );
});

function isInRange(number: number): boolean {
  const [from = 1, to = from] = (range ?? `1-${number}`).split("-").map(Number);
  return from <= number && number <= to;
}

function lineOf(number: number, { killedAt, problems, blemishes }: Attempt): string {
  const what = [...problems.map((problem) => `BROKEN ${problem}`), ...blemishes].join("; ");
  return `${String(number).padStart(3)} ${killedAt ?? "not reached"}: ${what === "" ? "well" : what}`;
}

function sampleOf(all: readonly number[]): readonly number[] {
  const dice = createDice(seed);
  const left = [...all];
  const picked = Array.from({ length: Math.min(sample, all.length) }, () => {
    const [one = 0] = left.splice(dice.between(0, left.length - 1), 1);
    return one;
  });
  return picked.toSorted((a, b) => a - b);
}
