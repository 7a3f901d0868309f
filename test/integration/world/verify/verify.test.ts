import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { places } from "../../../../sandbox/world/places.ts";
import { troubles } from "../status.ts";
import { type Ground, layGround } from "./ground.ts";
import { remember } from "./mutation.ts";
import { mutations } from "./mutations/index.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await layGround();
}, 60_000);
afterAll(() => ground?.stop());

/** What only a probe from those namespaces can tell. */
const probes = ["ac3.apps.connects", "ac4.enforced"];
/** What the world cannot have otherwise at once; test/unit/runbooks/verify.test.ts makes these fail. */
const provedOnPlainData = [...probes, "ac5.loaded", "ac5.evaluated", "hardening.probes.effective"].toSorted();

const reds = async () =>
  troubles(await ground.verify())
    .map((line) => line.replace(/^\w+ /, ""))
    .filter((id) => !probes.includes(id))
    .toSorted();

describe("verify on the shipped manifests", () => {
  it("finds every check to hold, and says of two that only a probe can tell", async () => {
    let last: readonly string[] = [];
    await vi
      .waitUntil(
        async () => {
          last = troubles(await ground.verify());
          return last.length === probes.length;
        },
        { timeout: 30_000, interval: 500 },
      )
      .catch(() => undefined);
    expect(last).toEqual(probes.map((id) => `unknown ${id}`));
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
    expect((await ground.verify()).summary).toMatch(/; 1 better than on /);
  });

  it("turns exactly the expected checks red, one mutation at a time", async () => {
    expect(mutations.length).toBeGreaterThanOrEqual(60);
    const { world } = ground;
    world.freeze();
    // What was under way when it froze is over.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const rows: { readonly name: string; readonly expected: string; readonly red: string }[] = [];
    for (const { name, red, make } of mutations) {
      const restores = world.clusters.map(({ objects }) => remember(objects));
      const takeBack = await make(world);
      rows.push({ name, expected: red.toSorted().join(" "), red: (await reds()).join(" ") });
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
    const checks = (await ground.verify()).findings.map(({ id }) => id);
    expect(new Set(checks).size, "each check has a name of its own").toBe(checks.length);
    expect(checks.filter((id) => !caught.has(id)).toSorted()).toEqual(provedOnPlainData);
    expect(await reds().then((left) => left.filter((id) => !/sync/.test(id)))).toEqual([]);
  }, 240_000);
});
