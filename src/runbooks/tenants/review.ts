import { z } from "zod";
import { defineRunbook } from "../define.ts";
import type { TenantDeps } from "./deps.ts";
import { mergeRequestParameter } from "./revert.ts";

/** A merge request that people opened in GitLab: held against the same rules, decided about here, merged as it was approved. */
export const review = (deps: TenantDeps) =>
  defineRunbook({
    effect: "change",
    id: "review",
    title: "Review a merge request",
    description: "Checks a merge request that people opened in GitLab, asks for approval here, and merges exactly that",
    params: z.strictObject({ mergeRequest: mergeRequestParameter }),
    positional: ["mergeRequest"],
    lock: ({ mergeRequest }) => `merge-request/${mergeRequest}`,
    run: async (context) => {
      const { carryThrough } = await import("./merge-flow.ts");
      const { params, runId, requester } = context;
      const iid = params.mergeRequest;
      const change = { kind: "theirs", runbook: "review", target: `merge-request/${iid}`, iid } as const;
      return await carryThrough(context, deps, change, { runId, runbook: "review", requester: requester.id });
    },
  });
