import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { places } from "../../../../sandbox/world/places.ts";
import { troubles } from "../status.ts";
import { watchGitObjects } from "./git-objects.ts";
import { type Ground, layGround } from "./ground.ts";
import { isTried, remember } from "./mutation.ts";
import { mutations } from "./mutations/index.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await layGround();
});
afterAll(() => ground?.stop());

/** What the world cannot have otherwise at once; test/unit/runbooks/verify.test.ts makes these fail. */
const provedOnPlainData = ["ac5.evaluated", "ac5.loaded", "hardening.probes.effective"];

const reds = async (probes: boolean) =>
  troubles(await ground.verify({ probes }))
    .map((line) => line.replace(/^\w+ /, ""))
    .filter((id) => probes || !isTried(id))
    .toSorted();

describe("verify on the shipped manifests", () => {
  it("finds every check to hold", async () => {
    let last: readonly string[] = [];
    await vi
      .waitUntil(
        async () => {
          last = troubles(await ground.verify());
          return last.length === 0;
        },
        { timeout: 30_000, interval: 500 },
      )
      .catch(() => undefined);
    expect(last).toEqual([]);
  });

  it("is compared with the last run, which is kept in the cluster under the bot's own rights", async () => {
    const first = await ground.verify();
    expect(first.summary).not.toMatch(/ than on | as on |not compared/);
    await ground.keep(first);
    expect((await ground.verify()).summary).toMatch(/; as on /);
    const { objects } = ground.world.infra;
    const where = ["flux-system", "infra-dfbot"] as const;
    const suspend = (on: boolean) =>
      objects.patch(places.kustomizations, ...where, (object) => {
        Object.assign(object, { spec: { ...Object(object["spec"]), suspend: on } });
      });
    suspend(true);
    const worse = await ground.verify();
    expect(worse.summary).toMatch(/; 2 worse than on /);
    await ground.keep(worse);
    suspend(false);
    const without = await ground.verify({ probes: false });
    expect(without.summary, "it is no whole one").not.toMatch(/ on /);
    await ground.keep(without);
    expect((await ground.verify()).summary).toMatch(/; 2 better than on /);
  });

  it("compares with Git by rights that are each needed, and says which one is missing", async () => {
    const role = (name: string, namespace: string | undefined, cluster: "infra" | "apps" = "infra") => {
      const plural = namespace === undefined ? "clusterroles" : "roles";
      return {
        objects: ground.world[cluster].objects,
        place: { group: "rbac.authorization.k8s.io", plural },
        namespace,
        name,
      };
    };
    const home = role("dfbot-home", "dragonfly-bot");
    const reader = role("dfbot-instance-reader", undefined);
    const bot = "drift.infra-dfbot.fields";
    const shared = "drift.infra-databases-dragonfly.fields";
    const rights = [
      [home, "configmaps", bot],
      [home, "services", bot],
      [home, "poddisruptionbudgets", bot],
      [home, "servicemonitors", bot],
      [home, "prometheusrules", bot],
      [home, "externalsecrets", bot],
      [reader, "configmaps", shared],
      [reader, "externalsecrets", shared],
      [reader, "resourcequotas", "drift.infra-databases-tenants.fields"],
      [role("dfbot-flux-reader", "flux-system"), "configmaps", "drift.infra.flux"],
      [role("dfbot-flux-reader", "flux-system", "apps"), "configmaps", "drift.apps.flux"],
    ] as const;
    for (const [{ objects, place, namespace, name }, resource, check] of rights) {
      const before = objects.get(place, namespace, name)?.["rules"];
      const rules = z.array(z.looseObject({ resources: z.array(z.string()) })).parse(before);
      const write = (changed: unknown) =>
        objects.patch(place, namespace, name, (object) => {
          object["rules"] = changed;
        });
      write(rules.map((rule) => ({ ...rule, resources: rule.resources.filter((one) => one !== resource) })));
      const { findings } = await ground.verify({ probes: false });
      write(before);
      const found = findings.find(({ id }) => id === check);
      expect(found, `${resource} of ${name}`).toMatchObject({ verdict: "unknown" });
      expect(found?.title).toMatch(new RegExp(`could not be read: .*cannot .* resource "${resource}"`));
    }
  });

  it("turns exactly the expected checks red, one mutation at a time", async () => {
    expect(mutations.length).toBeGreaterThanOrEqual(60);
    const { world } = ground;
    world.freeze();
    // What was under way when it froze is over.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const caught = new Set<string>();
    const rows: { readonly name: string; readonly expected: string; readonly red: string }[] = [];
    // The kubelets run only for those with probes, and these come first: a pod that was taken out and put back is a new one to them.
    const inOrder = mutations.toSorted((a, b) => Number(b.tried ?? false) - Number(a.tried ?? false));
    for (const { name, red, tried = false, make } of inOrder) {
      const restores = world.clusters.map(({ objects }) => remember(objects));
      world.freeze(tried ? "pods" : undefined);
      const drifted = watchGitObjects(world);
      const takeBack = await make(world, ground.alertmanager);
      const expected = [...new Set([...red, ...drifted()])].toSorted();
      for (const id of expected) caught.add(id);
      rows.push({ name, expected: expected.join(" "), red: (await reds(tried)).join(" ") });
      for (const restore of restores) restore();
      await takeBack?.();
    }
    const right = rows.filter(({ expected, red }) => expected === red);
    const width = Math.max(...rows.map(({ name }) => name.length));
    const line = ({ name, expected, red }: (typeof rows)[number]) =>
      `${expected === red ? "caught" : "WRONG "}  ${name.padEnd(width)}  ${red === "" ? "nothing" : red}`;
    process.stdout.write(`${rows.map(line).join("\n")}\n${right.length} of ${rows.length} mutations caught exactly\n`);
    expect(rows.filter(({ expected, red }) => expected !== red)).toEqual([]);
    const checks = (await ground.verify({ probes: false })).findings.map(({ id }) => id);
    expect(new Set(checks).size, "each check has a name of its own").toBe(checks.length);
    expect(checks.filter((id) => !caught.has(id)).toSorted()).toEqual(provedOnPlainData);
    expect(await reds(false).then((left) => left.filter((id) => !/sync/.test(id)))).toEqual([]);
  }, 240_000);
});
