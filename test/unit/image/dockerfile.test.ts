import { readFileSync } from "node:fs";
import { validate } from "dockerfile-utils";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { botCommand } from "../../../sandbox/bot-process.ts";

const dockerfile = readFileSync("Dockerfile", "utf8");
const lines = dockerfile.split("\n");
const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
const manifest = z
  .object({ devDependencies: z.object({ node: z.string() }) })
  .parse(JSON.parse(readFileSync("package.json", "utf8")));

describe("Dockerfile", () => {
  it("has no finding of the Dockerfile linter", () => {
    expect(validate(dockerfile)).toEqual([]);
  });

  it("runs on the Node version that the checkout pins, in every stage", () => {
    const stages = lines.filter((line) => line.startsWith("FROM "));
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) expect(stage).toContain(`node:${manifest.devDependencies.node}-`);
  });

  it("runs as a numeric user that is not root, which is what runAsNonRoot can check", () => {
    const users = last.filter((line) => line.startsWith("USER "));
    expect(users.at(-1)).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
  });

  it("has a health check and writes only to its volume", () => {
    expect(last.some((line) => line.startsWith("HEALTHCHECK "))).toBe(true);
    expect(last.filter((line) => line.startsWith("VOLUME "))).toEqual(['VOLUME ["/var/lib/dfbot"]']);
  });

  it("starts the service as the sandbox and the benchmarks do", () => {
    const [flag] = botCommand;
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "${flag}", "/app/src/main.ts"]\nCMD ["serve"]`);
  });

  it("has the compiled code of everything that may be loaded, and of both programs", () => {
    for (const entry of ["script/fill-compile-cache.ts", "src/main.ts", "src/probe/main.ts"]) {
      expect(dockerfile).toMatch(new RegExp(`(?:RUN|&&) node ${entry.replaceAll(".", "\\.")}\\b`));
    }
  });

  it("installs with the same command as script/bootstrap, less the development packages", () => {
    const bootstrap = readFileSync("script/bootstrap", "utf8");
    const command =
      /npm install (--no-save .*--loglevel=error)/.exec(bootstrap)?.[1] ?? "not found in script/bootstrap";
    expect(dockerfile).toContain(`npm install --omit=dev ${command}`);
  });
});
