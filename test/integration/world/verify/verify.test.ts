import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { parseObjects } from "../../../../sandbox/gitops/objects.ts";
import { applyAsFlux } from "../../../../sandbox/world/flux/server-side-apply.ts";
import { places } from "../../../../sandbox/world/places.ts";
import { instance } from "../../../../sandbox/world/world.ts";
import { troubles } from "../status.ts";
import { watchGitObjects } from "./git-objects.ts";
import { type Ground, layGround } from "./ground.ts";
import { isTried, remember } from "./mutation.ts";
import { mutations } from "./mutations/index.ts";
import { paths, somebody } from "./writers.ts";

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

  describe("names who wrote what differs from Git, as the API server keeps it:", () => {
    const check = "drift.infra-databases-dragonfly.fields";
    /** What is said of each object that differs, line by line, while nothing in the cluster moves. */
    const saidOf = async (change: () => unknown) => {
      const { world } = ground;
      const thaw = world.freeze();
      const restore = remember(world.infra.objects);
      try {
        await change();
        const found = (await ground.verify({ probes: false })).findings.find(({ id }) => id === check);
        const lines = found?.evidence.slice(1).flatMap(({ output }) => output.split("\n")) ?? [];
        return { verdict: found?.verdict, lines: lines.filter((line) => !/^\d+ objects read/.test(line)) };
      } finally {
        restore();
        thaw();
      }
    };
    const today = () => new Date().toISOString().slice(0, 10);
    const by = (client: string) => new RegExp(`written by ${client} on ${today()} \\d\\d:\\d\\d UTC$`);
    const spec = (replicas: number) => ({
      apiVersion: "dragonflydb.io/v1alpha1",
      kind: "Dragonfly",
      metadata: { name: "dragonfly" },
      spec: { replicas },
    });

    it("a person with an editor", async () => {
      const { verdict, lines } = await saidOf(async () => {
        const person = somebody(ground.world, "kubectl-edit");
        await person.patch(paths.dragonfly, { spec: { replicas: 2 } });
        const port = { name: "redis", port: 6379, protocol: "TCP", targetPort: 9999 };
        await person.patch(paths.service, { spec: { ports: [port] } });
      });
      expect(verdict).toBe("fail");
      expect(lines).toEqual([
        expect.stringMatching(/^spec\.replicas is 2, and 3 in Git; /),
        expect.stringMatching(/^spec\.ports\[6379\/TCP\]\.targetPort is 9999, and /),
      ]);
      for (const line of lines) expect(line).toMatch(by("kubectl-edit"));
    });

    it("a person who applies: the API server refuses what Flux owns, and names it, until it is forced", async () => {
      const refused = await saidOf(async () => {
        const answer = await somebody(ground.world, "kubectl").apply(paths.dragonfly, spec(2), false);
        const message = 'Apply failed with 1 conflict: conflict with "kustomize-controller": .spec.replicas';
        expect(answer).toMatchObject({ code: 409, body: { reason: "Conflict", message } });
      });
      expect(refused.verdict).toBe("ok");
      const { lines } = await saidOf(() => somebody(ground.world, "kubectl").apply(paths.dragonfly, spec(2), true));
      expect(lines).toEqual([expect.stringMatching(by("kubectl"))]);
    });

    it("the operator, but not for its status, nor for what it adds", async () => {
      const operator = somebody(ground.world, "manager");
      const { verdict } = await saidOf(async () => {
        await operator.patch(`${paths.dragonfly}/status`, { status: { phase: "RollingUpdate" } });
        await operator.patch(paths.dragonfly, {
          metadata: { finalizers: ["dragonflydb.io/x"], annotations: { a: "b" } },
        });
      });
      expect(verdict).toBe("ok");
      const { lines } = await saidOf(() => operator.patch(paths.dragonfly, { spec: { replicas: 2 } }));
      expect(lines).toEqual([expect.stringMatching(by("manager"))]);
    });

    it("Flux itself, where it has applied something else", async () => {
      const { world } = ground;
      const { lines } = await saidOf(() => {
        const [object] = parseObjects(JSON.stringify({ ...spec(2), metadata: instance }), "dragonfly");
        if (object !== undefined) applyAsFlux(world.infra.objects, object);
      });
      expect(lines).toContainEqual(expect.stringMatching(/^spec\.replicas is 2, and 3 in Git; written by kustomize-/));
    });

    it("who added a label or a field that Git does not have", async () => {
      const { lines } = await saidOf(async () => {
        await somebody(ground.world, "kubectl-label").patch(paths.podMonitor, { metadata: { labels: { a: "b" } } });
        await somebody(ground.world, "kubectl-patch").patch(paths.podMonitor, { spec: { sampleLimit: 5 } });
        await somebody(ground.world, "some-controller").patch(paths.podMonitor, { metadata: { labels: { c: "d" } } });
      });
      expect(lines).toEqual([
        expect.stringMatching(/^metadata\.labels\.a is "b", and not in Git; written by kubectl-label on /),
        expect.stringMatching(/^spec\.sampleLimit is 5, and not in Git; written by kubectl-patch on /),
      ]);
    });

    it("nobody for what was taken away, which the API server does not keep, but who else has written there", async () => {
      const take = () =>
        somebody(ground.world, "kubectl-edit").patch(paths.podMonitor, { spec: { podTargetLabels: null } });
      const gone = "spec.podTargetLabels is not there, and 1 entry in Git";
      expect((await saidOf(take)).lines).toEqual([gone]);
      const { lines } = await saidOf(async () => {
        await somebody(ground.world, "kubectl-annotate").patch(paths.podMonitor, {
          metadata: { annotations: { a: "b" } },
        });
        await take();
      });
      expect(lines[0]).toMatch(
        /in Git; who took it away is not kept; another field was last written by kubectl-annotate on /,
      );
    });
  });

  it("turns exactly the expected checks red, one mutation at a time", async () => {
    expect(mutations.length).toBeGreaterThanOrEqual(190);
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
  }, 300_000);
});
