#!/usr/bin/env node
import { userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodeOfError, exitCodes } from "./cli/exit-codes.ts";
import { loadSettings, requireSettings } from "./config/load.ts";
import { explain } from "./errors.ts";
import type { Runbook } from "./runbooks/definition.ts";
import type { OwnRunbooks } from "./runbooks/own/load.ts";
import type { Runner } from "./runbooks/runner.ts";

/** The process: the command line with the real things behind it. The service and the adapters load only when asked for. */
const stop = new AbortController();
const onSignal = () => stop.abort();
process.once("SIGINT", onSignal);

// The reader of a pipe may stop early (`dfbot status | head`); that is no failure to speak of.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  throw error;
});

const argv = process.argv.slice(2);
/** For the pods of probes that were on their way when the person gave up. A second Ctrl-C does not wait. */
const removeWithinMs = 3_000;
let probesAreGone: () => Promise<unknown> = async () => undefined;
// The service is on its own from the first line: it needs neither the command line's parser nor its renderers.
const code = argv.length === 1 && argv[0] === "serve" ? await runService().catch(sayWhy) : await runCommandLine();
await Promise.race([probesAreGone(), sleep(removeWithinMs)]);
// A large report to a pipe is written in pieces: wait for the last one. Open sockets to hanging sources do not hold us.
process.stdout.write("", () => process.exit(code ?? exitCodes.ok));

/** A container may run as a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

async function runService(): Promise<number> {
  const settings = requireSettings(process.env, "serve");
  const { serve } = await import("./serve.ts");
  process.off("SIGINT", onSignal);
  return serve(settings);
}

function sayWhy(error: unknown): number {
  process.stderr.write(`dfbot: ${explain(error)}\n`);
  return exitCodeOfError(error);
}

/** Those of RUNBOOKS_DIR; without it nothing is loaded. */
async function ownRunbooks(): Promise<OwnRunbooks> {
  if (process.env["RUNBOOKS_DIR"] === undefined) return { reads: [], changes: [] };
  const { loadOwn } = await import("./own-runbooks.ts");
  const { compose } = await import("./compose.ts");
  const settings = requireSettings(process.env, "cli");
  return loadOwn(settings, compose(settings));
}

/** One for all rounds of a watch: it keeps its connections, and knows where the servers were last seen. */
async function createCliRunner(runbooks: readonly Runbook[]): Promise<Runner> {
  const settings = requireSettings(process.env, "cli");
  const [{ composePlatform }, { createRunner }, { createScrubber }, { trackProbes }] = await Promise.all([
    import("./compose.ts"),
    import("./runbooks/runner.ts"),
    import("./secrets.ts"),
    import("./cli/probes-underway.ts"),
  ]);
  const platform = composePlatform(settings);
  const { probes, settled } = trackProbes(platform.probes);
  probesAreGone = settled;
  return createRunner({
    runbooks,
    config: settings.config,
    platform: { ...platform, probes },
    scrub: createScrubber(settings.environment.secrets),
    now: () => new Date(),
  });
}

async function runCommandLine(): Promise<number> {
  // Whatever was drawn on the terminal is taken off it again.
  process.once("SIGTERM", onSignal);
  const [{ runCli }, { catalog }, { changeIds }] = await Promise.all([
    import("./cli/cli.ts"),
    import("./runbooks/catalog/index.ts"),
    import("./runbooks/changes/ids.ts"),
  ]);
  const own = await ownRunbooks().catch((error: unknown) => {
    process.stderr.write(`dfbot: ${explain(error)}\n`);
    return exitCodeOfError(error);
  });
  if (typeof own === "number") return own;
  const runbooks = [...catalog, ...own.reads];
  let runner: Promise<Runner> | undefined;
  return runCli(argv, {
    runbooks,
    changes: [...changeIds, ...own.changes.map(({ id }) => id)],
    async runs() {
      const { compose } = await import("./compose.ts");
      return (await compose(requireSettings(process.env, "cli")).runs.list()).map(({ record }) => record);
    },
    async run(request, signal) {
      runner ??= createCliRunner(runbooks);
      return (await runner).run(request, signal);
    },
    serve: runService,
    checkConfig() {
      const result = loadSettings(process.env, process.env["SLACK_BOT_TOKEN"] === undefined ? "cli" : "serve");
      if (!result.ok) return { ok: false, lines: result.problems };
      const { config, source } = result.settings;
      const clusters = config.clusters.map(({ name }) => name).join(", ");
      return {
        ok: true,
        lines: [
          `Configuration is valid (${source}): clusters ${clusters}; shared instance ${config.shared.cluster}/${config.shared.namespace}/${config.shared.name}`,
        ],
      };
    },
    async verifyAudit(heads) {
      const [{ verifyChain }, { readAuditJournal }] = await Promise.all([
        import("./audit/chain.ts"),
        import("./journal/audit-journal.ts"),
      ]);
      return verifyChain(readAuditJournal(requireSettings(process.env, "cli").environment.dataDir), heads);
    },
    user: userName(),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    isTerminal: process.stdout.isTTY === true && process.stderr.isTTY === true,
    // Heeds NO_COLOR, FORCE_COLOR and dumb terminals.
    colour: process.stdout.isTTY === true && process.stdout.hasColors(),
    columns: process.stdout.columns,
    screen: process.stdout.isTTY === true && process.env["TERM"] !== "dumb" ? process.stdout : undefined,
    signal: stop.signal,
  });
}
