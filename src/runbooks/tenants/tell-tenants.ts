import { read } from "../../platform/reading.ts";
import type { Finding } from "../../reports/model.ts";
import type { DurableContext } from "../durable/definition.ts";
import { finding } from "../instance/findings.ts";
import type { TenantDeps } from "./deps.ts";
import type { Notice } from "./follow-aim.ts";

/** A Slack id of a channel or a person, as an owner may be given. */
const slackId = /^[CGUW][A-Z0-9]{6,}$/;

const tellWithinMs = 20_000;

/** Tells each tenant that it is served and how to connect, once; where nobody is known, those who operate the platform. */
export async function tellTenants(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  notices: readonly Notice[],
  iid: number,
): Promise<readonly Finding[]> {
  const { config } = deps;
  const findings: Finding[] = [];
  for (const { tenant, owner, text } of notices) {
    const to = slackId.test(owner) ? owner : config.slack.channels.operations;
    const id = `told.${tenant}`;
    const section = "Tenant";
    if (to === undefined) {
      const title = `Nobody was told how ${tenant} connects`;
      const detail = "Its owner is no Slack id, and dfbot.yaml has no slack.channels.operations.";
      findings.push(finding({ id, section, verdict: "warn", title, detail }));
      continue;
    }
    const problem = await context.effect(
      `tell ${tenant}`,
      {
        find: async () => undefined,
        apply: async ({ signal }) => {
          const note = {
            key: `${context.runId}/tenant/${tenant}/${iid}`,
            to,
            text,
          };
          const said = await read({ command: "Slack", timeoutMs: tellWithinMs, signal }, (inner) =>
            deps.tell(note, inner),
          );
          return said.ok ? "" : said.reason;
        },
      },
      { timeoutMs: tellWithinMs * 2 },
    );
    findings.push(
      problem === ""
        ? finding({ id, section, verdict: "ok", title: `${tenant} was told how to connect` })
        : finding({
            id,
            section,
            verdict: "warn",
            title: `${tenant} could not be told how to connect`,
            detail: problem,
          }),
    );
  }
  return findings;
}
