import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseOptions } from "../../../src/probe/options.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dfbot-options-"));
  writeFileSync(join(folder, "password"), "fake-password\n");
  writeFileSync(join(folder, "empty"), "\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const host = ["--host", "store.dragonfly.svc"];

describe("the probe's options", () => {
  it("have limits without being asked", () => {
    expect(parseOptions(host, {})).toEqual({
      options: {
        host: "store.dragonfly.svc",
        port: 6379,
        tls: undefined,
        credentials: undefined,
        keyPrefix: undefined,
        pings: 20,
        slowMs: 100,
        stageMs: 4_000,
        deadlineMs: 20_000,
      },
    });
  });

  it("hold the certificate against the host unless another name is given", () => {
    expect(parseOptions([...host, "--tls"], {})).toMatchObject({
      options: { tls: { name: "store.dragonfly.svc", caFile: undefined } },
    });
    expect(parseOptions([...host, "--tls", "--tls-name", "other", "--tls-ca-file", "/ca.pem"], {})).toMatchObject({
      options: { tls: { name: "other", caFile: "/ca.pem" } },
    });
  });

  it("take credentials from the environment or a file, never from the arguments", () => {
    const credentials = { user: "team", password: "fake-password" };
    expect(parseOptions(host, { PROBE_USER: "team", PROBE_PASSWORD: "fake-password" })).toMatchObject({
      options: { credentials },
    });
    expect(parseOptions(host, { PROBE_USER: "team", PROBE_PASSWORD_FILE: join(folder, "password") })).toMatchObject({
      options: { credentials },
    });
    expect(parseOptions(host, { PROBE_PASSWORD: "fake-password", PROBE_USER: "" })).toMatchObject({
      options: { credentials: { user: undefined } },
    });
    expect(parseOptions([...host, "--password", "fake-password"], {})).toHaveProperty("problem");
  });

  it("log nobody in without a password, as when the Secret that has it is not there", () => {
    expect(parseOptions(host, { PROBE_USER: "team" })).toMatchObject({ options: { credentials: undefined } });
  });

  it("write under the hash tag of whoever logs in", () => {
    const prefixOf = (environment: Record<string, string>) => {
      const parsed = parseOptions([...host, "--own-prefix"], environment);
      return "options" in parsed ? parsed.options.keyPrefix : undefined;
    };
    expect(prefixOf({ PROBE_USER: "team", PROBE_PASSWORD: "fake-password" })).toBe("{team}:");
    expect(prefixOf({ PROBE_PASSWORD: "fake-password" })).toBe("{dfbot-probe}:");
  });

  it.each([
    [[], {}, /--host/],
    [["--host", "a b"], {}, /--host/],
    [[...host, "--port", "0"], {}, /--port: found "0"; allowed: a whole number from 1 to 65535/],
    [[...host, "--stage-ms", "soon"], {}, /--stage-ms/],
    [[...host, "--deadline-ms", "1e9"], {}, /--deadline-ms/],
    [[...host, "--unknown"], {}, /--unknown/],
    [host, { PROBE_PASSWORD: "fake-password", PROBE_PASSWORD_FILE: "/x" }, /set twice/],
    [host, { PROBE_PASSWORD_FILE: "/does/not/exist" }, /cannot be read \(ENOENT\)/],
  ])("%j with %j are refused in one sentence", (argv, environment, problem) => {
    const parsed = parseOptions(argv, environment);
    expect(parsed).toEqual({ problem: expect.stringMatching(problem) });
    expect(JSON.stringify(parsed)).not.toContain("fake-password");
  });

  it("refuse an empty password file", () => {
    expect(parseOptions(host, { PROBE_PASSWORD_FILE: join(folder, "empty") })).toEqual({
      problem: expect.stringMatching(/is empty/),
    });
  });
});
