import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseEnvironment } from "../../../src/config/environment.ts";

const serving = {
  SLACK_BOT_TOKEN: "xoxb-fake-bot-token",
  SLACK_SIGNING_SECRET: "fake-signing-secret",
  STORE_URL: "redis://:fake-pass%40word@127.0.0.1:6379",
};

function temporaryFile(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), "dfbot-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "secret");
  writeFileSync(path, content);
  return path;
}

describe("environment", () => {
  it("accepts what the service needs and fills in the defaults", () => {
    const { environment, problems } = parseEnvironment(serving, "serve");
    expect(problems).toEqual([]);
    expect(environment).toMatchObject({
      port: 8080,
      logLevel: "info",
      storePrefix: "{dfbot}",
      slack: { mode: "http" },
    });
  });

  it("names everything that is missing at once, for the service", () => {
    const { problems } = parseEnvironment({}, "serve");
    expect(problems.map((line) => line.split(":")[0])).toEqual([
      "SLACK_BOT_TOKEN",
      "SLACK_SIGNING_SECRET",
      "STORE_URL",
    ]);
  });

  it("asks for the app token, not the signing secret, in socket mode", () => {
    const { problems } = parseEnvironment(
      { ...serving, SLACK_SIGNING_SECRET: undefined, SLACK_MODE: "socket" },
      "serve",
    );
    expect(problems).toEqual([expect.stringMatching(/^SLACK_APP_TOKEN: not set/)]);
  });

  it("demands nothing of Slack or the store from the CLI", () => {
    expect(parseEnvironment({}, "cli").problems).toEqual([]);
  });

  it.each([
    ["SLACK_MODE", "pigeon", /SLACK_MODE: found "pigeon"; allowed: http or socket/],
    ["PORT", "eighty", /PORT: found "eighty"; allowed: a port number/],
    ["PORT", "70000", /PORT: found "70000"/],
    ["STORE_PREFIX", "dfbot", /STORE_PREFIX: found "dfbot"; allowed: a key prefix with a hash tag/],
    ["PROMETHEUS_URL", "ftp://metrics", /PROMETHEUS_URL: found "ftp:\/\/metrics"; allowed: an http/],
    ["LOG_LEVEL", "loud", /LOG_LEVEL: found "loud"/],
  ])("says what is wrong with %s=%s", (name, value, message) => {
    expect(parseEnvironment({ ...serving, [name]: value }, "serve").problems).toEqual([expect.stringMatching(message)]);
  });

  it("masks a malformed secret in its message", () => {
    const { problems } = parseEnvironment({ ...serving, SLACK_BOT_TOKEN: "xoxp-not-a-bot-token" }, "serve");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^SLACK_BOT_TOKEN: found "xoxp-…" \(20 characters\)/);
    expect(problems.join()).not.toContain("not-a-bot-token");
  });

  it("reads a secret from the file that NAME_FILE points to, without its final newline", () => {
    const path = temporaryFile("fake-secret-from-file\n");
    const { environment, problems } = parseEnvironment(
      { ...serving, SLACK_SIGNING_SECRET: undefined, SLACK_SIGNING_SECRET_FILE: path },
      "serve",
    );
    expect(problems).toEqual([]);
    expect(environment.slack?.signingSecret).toBe("fake-secret-from-file");
  });

  it("refuses a secret that is given twice, is empty or cannot be read", () => {
    const empty = temporaryFile("\n");
    const twice = parseEnvironment({ ...serving, SLACK_BOT_TOKEN_FILE: empty }, "serve").problems;
    expect(twice).toEqual([expect.stringMatching(/^SLACK_BOT_TOKEN: set twice/)]);
    const none = parseEnvironment(
      { ...serving, SLACK_BOT_TOKEN: undefined, SLACK_BOT_TOKEN_FILE: empty },
      "cli",
    ).problems;
    expect(none).toEqual([expect.stringMatching(/^SLACK_BOT_TOKEN_FILE: .* is empty/)]);
    const gone = parseEnvironment({ SLACK_BOT_TOKEN_FILE: "/nowhere/at/all" }, "cli").problems;
    expect(gone).toEqual([expect.stringMatching(/cannot be read \(ENOENT\)/)]);
  });

  it("catches a misspelt name, and leaves the variables that Kubernetes injects alone", () => {
    const { problems } = parseEnvironment(
      {
        ...serving,
        SLACK_BOT_TOKN: "x",
        PROMETHEUS_SERVICE_HOST: "10.0.0.1",
        ALERTMANAGER_PORT_9093_TCP: "tcp://10.0.0.2:9093",
      },
      "serve",
    );
    expect(problems).toEqual([]);
    const { problems: unset } = parseEnvironment(
      { ...serving, SLACK_BOT_TOKEN: undefined, SLACK_BOT_TOKN: "x" },
      "serve",
    );
    expect(unset).toContain("SLACK_BOT_TOKN: not a known name; did you mean SLACK_BOT_TOKEN?");
  });

  it("collects every secret, of the store only its password in both spellings", () => {
    const { environment } = parseEnvironment({ ...serving, GITLAB_TOKEN: "glpat-fake" }, "serve");
    expect(environment.secrets).toEqual([
      "xoxb-fake-bot-token",
      "fake-signing-secret",
      "fake-pass%40word",
      "fake-pass@word",
      "glpat-fake",
    ]);
  });
});
