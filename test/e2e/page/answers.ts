import type { Block } from "../../../sandbox/slack/page-api.ts";
import { answerButtons } from "../../../src/commands/buttons.ts";
import type { Finding, Report } from "../../../src/reports/model.ts";
import { slackReport } from "../../../src/reports/render/slack.ts";
import { finding, report } from "../../fakes/report.ts";

/** An answer as the bot's own renderer makes it, with its buttons. */
export function answer(of: Report): { readonly text: string; readonly blocks: readonly Block[] } {
  const { text, blocks } = slackReport(of);
  return { text, blocks: plain([...blocks, ...answerButtons(of, { shareable: true })]) };
}

/** Typed blocks as they come over the wire. */
function plain(blocks: readonly { readonly type: string }[]): readonly Block[] {
  return blocks.map((block) => ({ ...block }));
}

const fine = (section: string, titles: readonly string[]): readonly Finding[] =>
  titles.map((title, index) => finding({ id: `${section}.${index}`, section, title }));

/** A status answer as long as they get: trouble of each kind, a table, and a fold for each section. */
export const statusReport: Report = report({
  verdict: "fail",
  startedAt: new Date().toISOString(),
  summary:
    "dragonfly (infra/dragonfly-system) is in trouble: Replica dragonfly-1 has lost its primary (and 2 more findings)",
  findings: [
    finding({
      id: "replication.dragonfly-1",
      verdict: "fail",
      title: "Replica dragonfly-1 has lost its primary",
      detail: "Its link is down since 4 min; it serves data that grows old. The other replica is in sync.",
      next: [{ runbook: "role", params: {}, label: "Check the roles" }],
    }),
    finding({
      id: "services.apps",
      verdict: "unknown",
      title: "The Services in cluster apps could not be read",
      detail: "No answer from the API server within 5 s.",
      section: "Network",
      evidence: [
        {
          command: "kubectl --context=apps -n dragonfly-system get services,endpointslices -l app=dragonfly",
          output: "",
          at: "2026-01-02T12:00:00.000Z",
        },
      ],
    }),
    finding({
      id: "pdb.data",
      verdict: "warn",
      title: "PodDisruptionBudget dragonfly does not keep 2 of 3 pods",
      detail: "minAvailable is 1: a drain may take two pods at once.",
      section: "Network",
      evidence: [],
    }),
    ...fine("Replication", ["dragonfly-0 is the primary", "Replica dragonfly-2 is in sync, lag 0 records"]),
    ...fine("Operator", ["Operator: 2 of 2 replicas ready", "CRD dragonflies.dragonflydb.io is established"]),
    ...fine("Pods", ["3 pods of 3 exist", "Every pod has a node of its own", "Every pod runs v1.40.1"]),
    ...fine("Storage", ["df-dragonfly-0 is bound, 12 % used", "df-dragonfly-1 is bound, 12 % used"]),
  ],
  tables: [
    {
      title: "Servers",
      columns: [
        { title: "Pod", align: "left" },
        { title: "Role", align: "left" },
        { title: "Link", align: "left" },
        { title: "Lag", align: "right" },
        { title: "Memory", align: "right" },
        { title: "RSS", align: "right" },
        { title: "Clients", align: "right" },
        { title: "Ops/s", align: "right" },
        { title: "Up", align: "right" },
        { title: "Restarts", align: "right" },
      ],
      rows: [
        ["dragonfly-0", "primary", "–", "–", "41 %", "3.4 GiB", "212", "8,410", "12d", "0"],
        ["dragonfly-1", "replica", "down", "12,044", "40 %", "3.3 GiB", "3", "0", "12d", "0"],
        ["dragonfly-2", "replica", "up", "0", "41 %", "3.4 GiB", "3", "2", "3h", "1"],
      ],
    },
  ],
});
