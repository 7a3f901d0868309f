import { BotError } from "../../errors.ts";
import { read } from "../../platform/reading.ts";
import { tenantsOf } from "../../tenants/inventory.ts";
import { type ChangeDeps, lookAtMembers, targetOf } from "../changes/members.ts";
import { saveData } from "../changes/save-data.ts";
import type { DurableContext } from "../durable/definition.ts";
import { finding } from "../instance/findings.ts";
import { consumerChecks, instanceOf } from "./consumers.ts";
import type { TenantDeps } from "./deps.ts";
import type { First } from "./merge-flow.ts";
import { baseOf } from "./plan-change.ts";
import { readTree } from "./tree.ts";

interface Leaving {
  readonly name: string;
  readonly force: boolean;
}

/** What is done for a tenant that leaves, right before it goes: nobody is connected, and its data is saved a last time. */
export async function lastSnapshot(deps: TenantDeps, context: DurableContext<Leaving>): Promise<First> {
  const { name, force } = context.params;
  const { instance } = await context.step("look who leaves", async ({ signal }) => {
    const { tree } = await treeNow(deps, signal);
    const tenant = tenantsOf(tree, deps.config).find((one) => one.name === name)?.tenant;
    if (tenant?.isolation !== "own") return { instance: null };
    const found = instanceOf(tenant, deps);
    const members = await lookIn(deps, targetOf(found), signal);
    // The draft's checks refuse it where it cannot be saved, unless that was asked for.
    return { instance: members.ok ? targetOf(found) : null };
  });
  const own = instance === null ? [] : [instance];
  return {
    effects: own.map((target) => ({
      key: `snapshot/${target}`,
      description: `Save the data of ${target} a last time, and check that it was saved`,
    })),
    run: async () => {
      await context.step("look that nobody is connected", async ({ signal }) => {
        const { tree } = await treeNow(deps, signal);
        const checks = await consumerChecks(deps, name, tree, force, signal);
        const failing = checks.find(({ verdict }) => verdict === "fail");
        if (failing === undefined) return checks.map(({ title }) => title);
        throw new BotError(
          "change.refused",
          `${failing.title}. ${failing.detail}`,
          "Mend that, then let this run go on",
        );
      });
      if (instance === null) return [];
      const members = await context.step("look at its servers", ({ signal }) => lookAtMembers(instance, deps, signal));
      const { savedAt, pod } = await saveData(context, deps, members);
      const title = `${pod} saved the data of ${name} at ${savedAt}`;
      return [finding({ id: "snapshot.final", section: "Snapshot", verdict: "ok", title })];
    },
  };
}

async function treeNow(deps: TenantDeps, signal: AbortSignal) {
  const sha = await baseOf(deps, signal);
  return { tree: await readTree(deps.platform.git, deps.config, sha, signal) };
}

function lookIn(deps: ChangeDeps, target: string, signal: AbortSignal) {
  const { readTimeoutMs } = deps.config;
  return read({ command: `status ${target}`, timeoutMs: readTimeoutMs * 2, signal }, (inner) =>
    lookAtMembers(target, deps, inner),
  );
}
