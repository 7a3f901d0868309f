import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { places } from "../../../../sandbox/world/places.ts";
import { troubles } from "../status.ts";
import { type Ground, layGround } from "./ground.ts";
import { isTried, remember } from "./mutation.ts";
import { mutations } from "./mutations/index.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await layGround();
}, 60_000);
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
  }, 60_000);

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
    expect(worse.summary).toMatch(/; 1 worse than on /);
    await ground.keep(worse);
    suspend(false);
    const without = await ground.verify({ probes: false });
    expect(without.summary, "it is no whole one").not.toMatch(/ on /);
    await ground.keep(without);
    expect((await ground.verify()).summary).toMatch(/; 1 better than on /);
  });

  it("turns exactly the expected checks red, one mutation at a time", async () => {
    expect(mutations.length).toBeGreaterThanOrEqual(60);
    const { world } = ground;
    world.freeze();
    // What was under way when it froze is over.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const rows: { readonly name: string; readonly expected: string; readonly red: string }[] = [];
    // The kubelets run only for those with probes, and these come first: a pod that was taken out and put back is a new one to them.
    const inOrder = mutations.toSorted((a, b) => Number(b.tried ?? false) - Number(a.tried ?? false));
    for (const { name, red, tried = false, make } of inOrder) {
      const restores = world.clusters.map(({ objects }) => remember(objects));
      world.freeze(tried ? "pods" : undefined);
      const takeBack = await make(world, ground.alertmanager);
      rows.push({ name, expected: red.toSorted().join(" "), red: (await reds(tried)).join(" ") });
      for (const restore of restores) restore();
      await takeBack?.();
    }
    const right = rows.filter(({ expected, red }) => expected === red);
    const width = Math.max(...rows.map(({ name }) => name.length));
    const line = ({ name, expected, red }: (typeof rows)[number]) =>
      `${expected === red ? "caught" : "WRONG "}  ${name.padEnd(width)}  ${red === "" ? "nothing" : red}`;
    process.stdout.write(`${rows.map(line).join("\n")}\n${right.length} of ${rows.length} mutations caught exactly\n`);
    expect(rows.filter(({ expected, red }) => expected !== red)).toEqual([]);
    const caught = new Set(mutations.flatMap(({ red }) => red));
    const checks = (await ground.verify({ probes: false })).findings.map(({ id }) => id);
    expect(new Set(checks).size, "each check has a name of its own").toBe(checks.length);
    expect(checks.filter((id) => !caught.has(id)).toSorted()).toEqual(provedOnPlainData);
    expect(await reds(false).then((left) => left.filter((id) => !/sync/.test(id)))).toEqual([]);
  }, 240_000);
});
