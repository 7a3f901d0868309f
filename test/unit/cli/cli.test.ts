import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { runCli } from "../../../src/cli/cli.ts";
import type { CliDeps } from "../../../src/cli/deps.ts";
import { BotError } from "../../../src/errors.ts";
import { reportSchema, type Verdict } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { defineRunbook } from "../../../src/runbooks/define.ts";
import type { RunRequest } from "../../../src/runbooks/definition.ts";
import { finding, report } from "../../fakes/report.ts";

const probe = defineRunbook({
  id: "probe",
  title: "Probe",
  description: "Asks an instance a few things",
  params: z.strictObject({
    instance: z
      .string()
      .regex(/^[a-z-]+$/, "must be a name")
      .optional()
      .describe("which one"),
    lines: z.number().int().min(1).optional().describe("how many"),
    mode: z.enum(["quick", "full"]).default("quick").describe("how deep"),
    labels: z.boolean().default(true).describe("compare labels"),
    "dry-run": z.boolean().optional().describe("only say what would be done"),
  }),
  positional: ["instance"],
  effect: "read",
  run: async () => ({ summary: "", findings: [], tables: [] }),
});

/** Runs the command line with fakes around it, and tells all that came out. */
async function dfbot(argv: readonly string[], more: Partial<CliDeps> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const requests: RunRequest[] = [];
  const code = await runCli(argv, {
    runs: async () => [],
    changes: ["snapshot"],
    verifyAudit: () => ({ entries: 0, heads: {}, problems: [] }),
    runbooks: [...catalog, probe],
    run: async (request) => {
      requests.push(request);
      return report({ runbook: request.runbook });
    },
    serve: async () => 0,
    checkConfig: () => ({ ok: true, lines: ["Configuration is valid"] }),
    user: "ada",
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    isTerminal: false,
    signal: new AbortController().signal,
    ...more,
  });
  return { code, stdout: out.join(""), stderr: err.join(""), requests };
}

const runs = (verdict: Verdict) => ({
  run: async () => report({ verdict, findings: [finding({ verdict })] }),
});

describe("dfbot <runbook>", () => {
  it("runs the runbook for the person at the terminal and prints the report", async () => {
    const { code, stdout, stderr, requests } = await dfbot(["status"]);
    expect(requests).toEqual([{ runbook: "status", params: {}, requester: { surface: "cli", id: "ada" } }]);
    expect(stdout).toMatch(/^OK {2}dragonfly .* is healthy/);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("takes parameters by position, by option, and in their own types", async () => {
    const argv = ["probe", "cache-one", "--lines", "5", "--mode", "full", "--no-labels", "--dry-run"];
    const { requests, stderr } = await dfbot(argv);
    expect(stderr).toBe("");
    expect(requests[0]?.params).toEqual({
      instance: "cache-one",
      lines: 5,
      mode: "full",
      labels: false,
      "dry-run": true,
    });
  });

  it("leaves out what was not given, so that the schema's own defaults hold", async () => {
    const { requests } = await dfbot(["probe"]);
    expect(requests[0]?.params).toEqual({ mode: "quick", labels: true });
  });

  it.each([
    ["ok", 0],
    ["warn", 0],
    ["fail", 1],
    ["unknown", 3],
  ] as const)("exits for a verdict of %s with %i", async (verdict, wanted) => {
    expect((await dfbot(["status"], runs(verdict))).code).toBe(wanted);
  });

  it("prints exactly one JSON document with --json, and nothing else", async () => {
    const { stdout, stderr } = await dfbot(["status", "--json"]);
    expect(reportSchema.parse(JSON.parse(stdout)).runbook).toBe("status");
    expect(stderr).toBe("");
  });

  it("keeps stdout to the document when somebody watches, too", async () => {
    const { stdout, stderr } = await dfbot(["status", "--json"], { isTerminal: true });
    expect(reportSchema.safeParse(JSON.parse(stdout)).success).toBe(true);
    expect(stderr).toBe("Reading status…\n");
  });

  it("prints Markdown when asked", async () => {
    expect((await dfbot(["status", "--markdown"])).stdout).toMatch(/^# status: ok\n/);
  });

  it("refuses two documents on one stdout", async () => {
    const { code, stderr, requests } = await dfbot(["status", "--json", "--markdown"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^dfbot: Option '--json' cannot be used with option '--markdown'/);
    expect(requests).toEqual([]);
  });

  it("uses colour and shows progress only for somebody who watches", async () => {
    const watched = await dfbot(["status"], { isTerminal: true });
    expect(watched.stdout).toContain("\u001b[32m");
    expect(watched.stderr).toContain("Reading status");
    const piped = await dfbot(["status"]);
    expect(piped.stdout).not.toContain("\u001b");
    expect(piped.stderr).toBe("");
    const plain = await dfbot(["status"], { isTerminal: true, colour: false });
    expect(plain.stdout).not.toContain("\u001b");
  });

  it("wraps to the width it is given", async () => {
    const run = async () => report({ summary: "many words ".repeat(30) });
    const { stdout } = await dfbot(["status"], { run, columns: 60 });
    expect(
      Math.max(
        ...stdout
          .split("\n")
          .slice(0, 5)
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(60);
  });
});

describe("--junit", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dfbot-junit-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("writes the file beside the report that is printed", async () => {
    const path = join(folder, "report.xml");
    const { code, stdout } = await dfbot(["status", "--json", "--junit", path], runs("fail"));
    expect(code).toBe(1);
    expect(reportSchema.safeParse(JSON.parse(stdout)).success).toBe(true);
    expect(readFileSync(path, "utf8")).toContain('failures="1"');
  });

  it.each([
    ["a directory that does not exist", "missing/report.xml"],
    ["a directory", "."],
    ["a file where a directory should be", "file/report.xml"],
  ])("into %s is refused before anything is read", async (_, path) => {
    writeFileSync(join(folder, "file"), "");
    const { code, stderr, requests } = await dfbot(["status", "--junit", join(folder, path)]);
    expect(code).toBe(2);
    expect(stderr).toContain("cannot be written");
    expect(requests).toEqual([]);
  });

  it("costs the exit code but not the report when it fails after the run", async () => {
    const run = async () => {
      rmSync(folder, { recursive: true });
      return report();
    };
    const { code, stdout, stderr } = await dfbot(["status", "--json", "--junit", join(folder, "r.xml")], { run });
    expect(code).toBe(2);
    expect(reportSchema.safeParse(JSON.parse(stdout)).success).toBe(true);
    expect(stderr).toMatch(/^dfbot: The JUnit file .* could not be written/);
  });
});

describe("wrong usage", () => {
  it.each([
    [["statsu"], 'There is no command "statsu". Did you mean: dfbot status'],
    [["rol", "dragonfly"], "Did you mean: dfbot role"],
    [["status", "--instnce", "x"], "Did you mean --instance?"],
    [["config", "chekc"], "Did you mean check?"],
    [["probe", "--mode", "fulll"], "mode"],
    [["probe", "--lines", "many"], "lines"],
    [["probe", "Not;a|name"], "must be a name"],
    [["probe", "one", "two"], "too many"],
    [["probe", "one", "--instance", "two"], "instance is given twice"],
    [["status", "--instance"], "argument missing"],
    [["status", "$(reboot)"], "must be an instance name"],
  ])("%j exits with 2 and says what to do on one line, without a stack trace", async (argv, words) => {
    const { code, stdout, stderr, requests } = await dfbot(argv);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^dfbot: [^\n]+\n$/);
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
    expect(requests).toEqual([]);
  });

  it("shows the help when no command is given", async () => {
    const { code, stdout, stderr } = await dfbot([]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^Usage: dfbot/);
  });

  it("lets nothing that was typed act on the terminal", async () => {
    const { stderr } = await dfbot(["\u001b]0;owned\u0007status"]);
    expect(stderr.trimEnd()).not.toMatch(/\p{Cc}/u);
  });
});

describe("help", () => {
  it.each([[["--help"]], [["help"]]])("%j lists every command and exits with 0", async (argv) => {
    const { code, stdout, stderr } = await dfbot(argv);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const word of ["serve", "runbooks", "config", "status", "role", "probe"]) expect(stdout).toContain(word);
  });

  it("of a runbook shows its parameters with types and meaning", async () => {
    const { code, stdout } = await dfbot(["probe", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: dfbot probe [instance] [options]");
    expect(stdout).toMatch(/--lines <number>\s+how many/);
    expect(stdout).toMatch(/--mode <quick\|full>\s+how deep/);
    expect(stdout).toMatch(/--labels\s+compare labels/);
  });
});

describe("a run that fails", () => {
  const throws = (error: unknown): Partial<CliDeps> => ({
    run: async () => {
      throw error;
    },
  });

  it.each([
    ["config.invalid", 2],
    ["instance.unknown", 2],
    ["runbook.parameters", 2],
    ["instance.unresolved", 3],
    ["kubernetes.unreachable", 3],
  ])("with %s exits with %i, message and next step, no stack", async (code, wanted) => {
    const answer = await dfbot(["status"], throws(new BotError(code, "It went wrong", "Mend it")));
    expect(answer).toMatchObject({ code: wanted, stdout: "", stderr: "dfbot: It went wrong. Mend it.\n" });
  });

  it("for a reason nobody foresaw says whose fault it is, and exits with 3: nothing was checked", async () => {
    const { code, stderr } = await dfbot(["status"], throws(new TypeError("x is not a function")));
    expect(code).toBe(3);
    expect(stderr).toBe(
      "dfbot: x is not a function. This is a fault in dfbot itself; please report it with the command you gave.\n",
    );
  });

  it.each([
    [
      ["status", "--json"],
      throws(new BotError("kubernetes.unreachable", "No answer", "Wait")),
      "kubernetes.unreachable",
    ],
    [["statsu", "--json"], {}, "cli.unknown-command"],
    [["status", "--json", "--bogus"], {}, "commander.unknownOption"],
  ])("%j still prints exactly one JSON document, which names the error", async (argv, more, code) => {
    const { stdout, stderr } = await dfbot(argv, more);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code, message: expect.any(String), next: expect.any(String) },
    });
    expect(stderr).toMatch(/^dfbot: /);
  });
});

describe("Ctrl-C", () => {
  it("ends a run that listens with 130, and prints no report", async () => {
    const stop = new AbortController();
    const run = (_: RunRequest, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new BotError("aborted", "stopped", "")));
        stop.abort();
      });
    expect(await dfbot(["status"], { run, signal: stop.signal })).toMatchObject({ code: 130, stdout: "", stderr: "" });
  });

  it("ends a run that does not listen, too", async () => {
    const stop = new AbortController();
    const run = () => {
      setImmediate(() => stop.abort());
      return new Promise<never>(() => {});
    };
    expect(await dfbot(["status"], { run, signal: stop.signal })).toMatchObject({ code: 130, stdout: "" });
  });

  it("before the run keeps it from starting", async () => {
    expect(await dfbot(["status"], { signal: AbortSignal.abort() })).toMatchObject({ code: 130, requests: [] });
  });
});

describe("the other commands", () => {
  it("runbooks lists each with its effect and parameters", async () => {
    const { code, stdout } = await dfbot(["runbooks"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^status {2}.* \(read\)$/m);
    expect(stdout).toMatch(/^ {4}--lines \(number\) {2}how many$/m);
  });

  it("config check says what is right on stdout, and what is wrong on stderr with 2", async () => {
    expect(await dfbot(["config", "check"])).toMatchObject({ code: 0, stdout: "Configuration is valid\n", stderr: "" });
    const checkConfig = async () => ({ ok: false, lines: ["PORT: found x", "STORE_URL: not set"] });
    expect(await dfbot(["config", "check"], { checkConfig })).toMatchObject({
      code: 2,
      stdout: "",
      stderr: "PORT: found x\nSTORE_URL: not set\n",
    });
  });

  it("serve exits as the service did", async () => {
    expect((await dfbot(["serve"], { serve: async () => 7 })).code).toBe(7);
  });
});
