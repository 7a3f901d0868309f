import { pino } from "pino";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { GitHint } from "../../../src/http/gitlab-event.ts";
import { createHttpServer } from "../../../src/http/server.ts";
import { branch, proposed, startProject } from "./project.ts";

/** Webhooks as GitLab delivers them, each of them signed in every way that it knows. */

async function listener(secret: string) {
  const hints: GitHint[] = [];
  const logger = pino({ level: "silent" });
  const server = createHttpServer({
    logger,
    readiness: () => ({ ready: true, dependencies: [] }),
    metrics: async () => "",
    slack: undefined,
    gitlab: { secret, onHint: (hint) => void hints.push(hint), logger },
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return { url: `${url}/webhooks/gitlab`, hints };
}

const plain = "a-plain-secret-token";
const signing = `whsec_${Buffer.from("twenty-four-bytes-of-key").toString("base64")}`;

describe.each<readonly ["token" | "signed" | "both", string]>([
  ["token", plain],
  ["signed", signing],
  ["both", signing],
])("what GitLab tells with the form %s", (form, secret) => {
  it("of a merge request's whole life are hints at it, each once, and all are taken", async () => {
    const bot = await listener(secret);
    const webhook = { url: () => bot.url, secret, signing: form };
    const test = await startProject({ webhook, approvalsRequired: 1, pipeline: { takesMs: 10 } });
    const { iid, head } = await proposed(test);
    await test.gitlab.people.comment("ada", iid, "Looks good");
    await test.gitlab.people.approve("ada", iid);
    await test.gitlab.people.passPipeline(iid).catch(() => undefined);
    const merged = await vi.waitFor(
      async () => {
        const outcome = await test.git.changes.merge(iid, { head, message: "Merge" }, AbortSignal.timeout(30_000));
        expect(outcome.kind).toBe("merged");
        return outcome;
      },
      { interval: 50 },
    );
    expect(merged.kind).toBe("merged");
    await test.gitlab.webhook?.idle();
    const deliveries = [...(test.gitlab.webhook?.deliveries ?? [])];
    expect(new Set(deliveries.map(({ event }) => event))).toEqual(
      new Set(["Push Hook", "Merge Request Hook", "Note Hook", "Pipeline Hook"]),
    );
    expect(deliveries.filter(({ status }) => status !== 200)).toEqual([]);
    await vi.waitFor(() => expect(bot.hints).toHaveLength(deliveries.length));
    expect(bot.hints).toContainEqual({ mergeRequest: iid, branch });
    expect(bot.hints).toContainEqual({ mergeRequest: undefined, branch: "main" });

    const again = await test.gitlab.webhook?.resend(deliveries[0]?.id ?? 0);
    expect(again?.status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(bot.hints).toHaveLength(deliveries.length);
  });
});

it("what GitLab tells with another secret is taken by none of the forms", async () => {
  for (const form of ["token", "signed", "both"] as const) {
    const bot = await listener(`whsec_${Buffer.from("twenty-four-other-bytes!").toString("base64")}`);
    const test = await startProject({ webhook: { url: () => bot.url, secret: signing, signing: form } });
    await test.gitlab.people.push("ada", { branch: "x", message: "X", files: { x: "x" } });
    await test.gitlab.webhook?.idle();
    expect(test.gitlab.webhook?.deliveries.map(({ status }) => status)).toEqual([401]);
    expect(bot.hints).toEqual([]);
  }
});
