import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { BotError } from "../../../src/errors.ts";
import type { StorePlace } from "../../../src/kubernetes/run-store.ts";
import type { RecordStore } from "../../../src/records/store.ts";
import { policiesCalled, refusals, review } from "./admission.ts";

/** Under which name each store of src/kubernetes keeps a record, and a lock: asked of the stores themselves. */
async function namesOfRecords(): Promise<readonly string[]> {
  const folder = join(import.meta.dirname, "../../../src/kubernetes");
  const files = readdirSync(folder).filter((file) => file.endsWith("-store.ts") && file !== "record-store.ts");
  const asked = new Set<string>();
  const call: StorePlace["call"] = async ({ path, body }) => {
    asked.add(
      z.object({ metadata: z.object({ name: z.string() }) }).safeParse(body).data?.metadata.name ?? basename(path),
    );
    throw new BotError("kubernetes.not-found", "there is nothing here", "");
  };
  const place = { cluster: "infra", namespace: "dragonfly-bot", call, timeoutMs: 1_000, onUnreadable: undefined };
  for (const file of files) {
    const module: Record<string, (at: StorePlace) => RecordStore<unknown>> = await import(join(folder, file));
    const [create] = Object.values(module);
    if (create === undefined) throw new Error(`${file} exports no store`);
    const store = create(place);
    await store.get("some.id-1");
    await store.claim("some/lock", "some-id").catch(() => undefined);
  }
  return [...asked];
}

describe.each(policiesCalled("dfbot-records"))("the policy for the bot's own records in $name", (policy) => {
  const named = (name: string) => ({ metadata: { name } });

  it("lets it write and delete whatever record and lock the code keeps", async () => {
    const names = await namesOfRecords();
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) {
      expect([name, refusals(policy, review("CREATE", named(name), null))]).toEqual([name, []]);
      expect([name, refusals(policy, review("UPDATE", named(name), named(name)))]).toEqual([name, []]);
      expect([name, refusals(policy, review("DELETE", null, named(name)))]).toEqual([name, []]);
    }
  });

  it("names no kind of record that the code does not keep", async () => {
    const kept = new Set((await namesOfRecords()).map((name) => name.split("-")[1]));
    for (const { expression } of policy.policy.spec.validations) {
      expect(new Set(/\[(.*?)\]/.exec(expression)?.[1]?.match(/[a-z]+/g))).toEqual(kept);
    }
  });

  it("lets it write and delete nothing else", () => {
    const only = "its runs, incidents, heartbeats, arrivals, results, schedules and locks only";
    for (const name of [
      "dfbot-config-45c4btf96m",
      "dfbot-dashboard",
      "kube-root-ca.crt",
      "dfbot-runs",
      "x-dfbot-run-1",
    ]) {
      expect(refusals(policy, review("CREATE", named(name), null))).toEqual([`the bot writes ${only}`]);
      expect(refusals(policy, review("UPDATE", named(name), named(name)))).toEqual([`the bot writes ${only}`]);
      expect(refusals(policy, review("DELETE", null, named(name)))).toEqual([`the bot deletes ${only}`]);
    }
  });

  it("is about ConfigMaps, and nobody else's business", () => {
    expect(policy.rules[0]?.resources).toEqual(["configmaps"]);
    expect(refusals(policy, review("DELETE", null, named("x"), "system:serviceaccount:harbor:default"))).toEqual([]);
  });
});
