import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogger } from "../../../src/logging.ts";
import { createScrubber, scrubDeep } from "../../../src/secrets.ts";

const secrets = ['fake-Pa55/w0rd"with quotes', "xoxb-1234567890-fake", "glpat-fakefakefake", "fake-signing-secret"];
const scrub = createScrubber(secrets);

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ level: "trace", scrub, out: { write: (line) => void lines.push(line) } }));
  return lines.join("");
}

describe("logs", () => {
  it("never hold a secret, wherever it was put", () => {
    const output = logged((logger) => {
      for (const secret of secrets) {
        const error = new Error(`connect redis://user:${secret}@host failed`, { cause: new Error(secret) });
        logger.error({ err: error }, `failed with ${secret}`);
        logger.info(
          {
            token: secret,
            nested: { deep: { password: secret, list: [secret, { authorization: `Bearer ${secret}` }] } },
          },
          "fields",
        );
        logger.info({ [secret]: "as a key" }, "keys");
        logger.warn(
          { url: `https://x/?t=${encodeURIComponent(secret)}`, basic: Buffer.from(secret).toString("base64") },
          "encoded",
        );
        logger.child({ secret, bound: secret }).info("bound to a child");
        logger.info("format %s and %j", secret, { secret });
      }
    });
    expect(output.split("\n").filter(Boolean)).toHaveLength(secrets.length * 6);
    for (const secret of secrets) {
      for (const form of [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        Buffer.from(secret).toString("base64"),
      ]) {
        expect(output).not.toContain(form);
      }
    }
  });

  it("stay one JSON object a line after redaction", () => {
    const output = logged((logger) => logger.info({ detail: `a "${secrets[0]}" b` }, `line\n${secrets[1]}`));
    expect(JSON.parse(output)).toMatchObject({
      level: "info",
      name: "dfbot",
      detail: 'a "[redacted]" b',
      msg: "line\n[redacted]",
    });
  });

  it("take out credentials that nobody told them about, by their shape", () => {
    const output = logged((logger) =>
      logger.info(
        "xoxb-9-unknown-token glpat-UnknownToken Authorization: Bearer abc.def-ghi rediss://u:unknownpass@h eyJhbGciOiJub25l.eyJzdWIiOiJmYWtl.c2ln",
      ),
    );
    for (const part of ["9-unknown", "UnknownToken", "abc.def", "unknownpass", "eyJzdWIi"])
      expect(output).not.toContain(part);
  });
});

describe("reports", () => {
  it("are scrubbed in depth and keep everything else", () => {
    const report = {
      title: `password is ${secrets[0]}`,
      list: [{ output: secrets[3], count: 3, ok: true, none: null }],
    };
    expect(scrubDeep(report, scrub)).toEqual({
      title: "password is [redacted]",
      list: [{ output: "[redacted]", count: 3, ok: true, none: null }],
    });
  });

  it("hold no known secret for any surrounding text", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 8 }), fc.string(), (before, secret, after) => {
        const clean = createScrubber([secret])(`${before}${secret}${after}`);
        expect(clean.replaceAll("[redacted]", "").includes(secret) && !"[redacted]".includes(secret)).toBe(false);
      }),
    );
  });
});
