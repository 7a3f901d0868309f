import { describe, expect, it } from "vitest";
import { planSchema } from "../../../../src/approvals/plan.ts";
import { BotError } from "../../../../src/errors.ts";
import { tenants } from "../../../../src/runbooks/catalog/tenants.ts";
import { tenantSchema } from "../../../../src/tenants/change.ts";
import { draftChange } from "../../../../src/tenants/drafting.ts";
import { userRulesIn } from "../../../../src/tenants/user-rules.ts";
import { approved } from "./people.ts";
import { asked, conclusionOf, config, deeds, trial, verdictOf, type World } from "./world.ts";

const payments = {
  ...{ name: "payments", namespace: "payments-prod", owner: "C0PAYMENTS", purpose: "jobs", memory: "512Mi" },
  isolation: "shared",
};
const pods = ["dragonfly-0", "dragonfly-1", "dragonfly-2"];

function proposed(prepare: (world: World) => void = () => {}, options: Parameters<typeof trial>[1] = {}) {
  const made = trial("tenant-propose", { decide: () => approved, ...options }, prepare);
  return made.kit.run(payments).then((ended) => ({ ...ended, ...made }));
}

/** Who may log in on a pod. */
const users = (world: World, pod: string) => world.cluster.loaded.get(pod)?.map(({ name }) => name);
const loads = (world: World) => world.did.filter((what) => what.startsWith("load "));
const findingsOf = (record: Parameters<typeof conclusionOf>[0]) =>
  conclusionOf(record)
    .findings.filter(({ id }) => id.startsWith("acl"))
    .map(({ id, verdict }) => `${id} ${verdict}`);

/** Puts a change of somebody else onto main. */
function pushed(world: World, kind: "propose" | "offboard", name: string): void {
  const tenant = tenantSchema.parse({ ...payments, name, namespace: `${name}-prod` });
  const change = kind === "propose" ? ({ kind, tenant } as const) : ({ kind, name } as const);
  const { edits } = draftChange(change, world.git.files("main"), config);
  world.git.people.push("main", Object.fromEntries(edits.map(({ path, after }) => [path, after])));
}

describe("a new user of the shared instance", () => {
  it("is loaded on every pod, the one that serves last, as the approved plan says", async () => {
    const { record, world } = await proposed();
    expect(record.failure).toBeUndefined();
    const plan = planSchema.parse(asked(record)[0]?.plan);
    expect(
      plan.effects.find(({ key }) => key === "access-list/dragonfly-system/dragonfly/load")?.description,
    ).toContain("the access list is loaded anew");
    expect(world.did).toEqual(["load dragonfly-1", "load dragonfly-2", "load dragonfly-0"]);
    for (const pod of pods) expect(users(world, pod)).toContain("payments");
    expect(findingsOf(record)).toEqual(pods.map((pod) => `acl.${pod} ok`));
    expect(conclusionOf(record).summary).toMatch(/and serves$/);
    expect(world.told).toHaveLength(1);
  });

  it("waits parked for the file to come, and closes no connection in vain meanwhile", async () => {
    const { record, world } = await proposed(({ cluster }) => {
      for (const pod of ["dragonfly-1", "dragonfly-2"]) cluster.mountedLate.set(pod, new Date("2026-01-02T12:01:20Z"));
    });
    expect(findingsOf(record)).toEqual(pods.map((pod) => `acl.${pod} ok`));
    expect(loads(world).filter((one) => one === "load dragonfly-1").length).toBeGreaterThan(2);
    expect(loads(world).filter((one) => one === "load dragonfly-0")).toHaveLength(1);
    expect(
      record.checkpoints.some(({ kind, name }) => kind === "sleep" && /dragonfly-1 does not have the new/.test(name)),
    ).toBe(true);
  });

  it("does not serve when the file does not come in time, and nobody is told that it does", async () => {
    const { record, world } = await proposed(({ cluster }) => {
      cluster.mountedLate.set("dragonfly-2", new Date("2030-01-01T00:00:00Z"));
    });
    expect(findingsOf(record)).toEqual(["acl.dragonfly-0 fail", "acl.dragonfly-1 ok", "acl.dragonfly-2 fail"]);
    const late = conclusionOf(record).findings.find(({ id }) => id === "acl.dragonfly-2");
    expect(late).toMatchObject({ title: expect.stringContaining("payments is missing") });
    expect(late).toMatchObject({ next: [{ runbook: "revert", params: { mergeRequest: 1 } }] });
    expect(world.told).toEqual([]);
  });

  it("killed at every boundary of the load, is loaded all the same, and merged once", async () => {
    const { boundaries } = await proposed();
    const around = [...boundaries.keys()].filter((index) => /load|log in|has by now/.test(boundaries[index] ?? ""));
    expect(around.length).toBeGreaterThan(10);
    for (const index of around) {
      const { record, world } = await proposed(() => {}, { crashAt: [index] });
      const at = boundaries[index];
      expect([at, record.state, record.failure]).toEqual([at, "succeeded", undefined]);
      expect([at, findingsOf(record)]).toEqual([at, pods.map((pod) => `acl.${pod} ok`)]);
      expect([at, new Set(loads(world)).size, loads(world).length]).toEqual([at, 3, 3]);
      expect([at, deeds(world).filter((one) => one === "merge")]).toEqual([at, ["merge"]]);
    }
  }, 120_000);

  it("is not loaded on the pod that serves when a replica refuses the file, whose words are said", async () => {
    const { record, world } = await proposed(({ cluster }) => {
      cluster.refuses.set("dragonfly-1", "Unrecognized parameter +NOSUCH");
    });
    expect(loads(world)).not.toContain("load dragonfly-0");
    expect(findingsOf(record)).toEqual(["acl.dragonfly-0 fail", "acl.dragonfly-1 fail", "acl.dragonfly-2 ok"]);
    const refused = conclusionOf(record).findings.find(({ id }) => id === "acl.dragonfly-1");
    expect(refused).toMatchObject({
      title: "The server in dragonfly-1 refuses its access list: Unrecognized parameter +NOSUCH",
      next: [{ runbook: "revert" }],
    });
    expect(conclusionOf(record).summary).toContain("but:");
    expect(world.told).toEqual([]);
  });

  it("is not loaded before Flux and the Secret are there", async () => {
    const { record, world } = await proposed(({ cluster }) => {
      cluster.secretsSynced = false;
    });
    expect(loads(world)).toEqual([]);
    const [one] = conclusionOf(record).findings.filter(({ id }) => id === "acl.dragonfly-0");
    expect(one).toMatchObject({ verdict: "fail", detail: expect.stringContaining("It was not loaded, because") });
  });

  it("comes to a pod that is replaced meanwhile, and to one that is there only later", async () => {
    const { record, world } = await proposed((made) => {
      const { platform, cluster } = made;
      const real = platform.cluster;
      const infra = real("infra");
      let looks = 0;
      Object.assign(platform, {
        cluster: (name: string) => ({
          ...real(name),
          pods: async (...given: Parameters<typeof infra.pods>) => {
            const all = await infra.pods(...given);
            const isShared = given[1] === "app=dragonfly" && cluster.loaded.size > 0;
            if (!isShared) return all;
            looks++;
            // Gone, and then there again with what its file had at the start.
            if (looks === 3) cluster.loaded.delete("dragonfly-2");
            return looks === 2 ? all.slice(0, 2) : all;
          },
        }),
      });
    });
    expect(findingsOf(record)).toEqual(pods.map((pod) => `acl.${pod} ok`));
    expect(loads(world).filter((one) => one === "load dragonfly-2")).toHaveLength(2);
  });
});

describe("what a load brings besides", () => {
  const withUser = (world: World, pod: string, user: string) =>
    world.cluster.loaded.set(pod, [
      ...(world.cluster.loaded.get(pod) ?? asNow()),
      { name: user, enabled: true, rules: ["~x*", "+@read"] },
    ]);
  const asNow = () => [{ name: "default", enabled: false, rules: ["+auth", "+hello"] }];

  it("is a failing finding when somebody loses rights that were given by hand", async () => {
    const { record } = await proposed((world) => withUser(world, "dragonfly-1", "by-hand"));
    expect(verdictOf(record, "acl.dragonfly-1.others")).toBe("fail");
    const one = conclusionOf(record).findings.find(({ id }) => id === "acl.dragonfly-1.others");
    expect(one?.title).toContain("by-hand is gone");
    expect(verdictOf(record, "acl.dragonfly-2")).toBe("ok");
  });

  it("is no fault when another change of Git explains it", async () => {
    const { record, world } = await proposed((made) => {
      made.cluster.mountedLate.set("dragonfly-1", new Date("2026-01-02T12:00:40Z"));
      const { users: real } = made.platform.servers;
      let done = false;
      Object.assign(made.platform.servers, {
        users: async (...given: Parameters<typeof real>) => {
          if (!done && loads(made).length > 0) {
            done = true;
            pushed(made, "propose", "shop");
          }
          return await real(...given);
        },
      });
    });
    expect(users(world, "dragonfly-1")).toContain("shop");
    expect(findingsOf(record)).toEqual(pods.map((pod) => `acl.${pod} ok`));
  });

  it("is said when a server is open to everybody afterwards", async () => {
    const { record } = await proposed((world) => {
      const { users: real } = world.platform.servers;
      Object.assign(world.platform.servers, {
        users: async (...given: Parameters<typeof real>) => {
          const list = await real(...given);
          return given[0].pod === "dragonfly-2"
            ? list.map((one) => (one.name === "default" ? { ...one, enabled: true } : one))
            : list;
        },
      });
    });
    const one = conclusionOf(record).findings.find(({ id }) => id === "acl.dragonfly-2");
    expect(one).toMatchObject({ verdict: "fail", title: expect.stringContaining("open to everybody") });
  });
});

describe("a user that goes", () => {
  const offboarded = async () => {
    const made = trial("tenant-offboard", { decide: () => approved }, (world) => pushed(world, "propose", "payments"));
    const everybody = [...(await made.world.platform.servers.users(address("dragonfly-0"), signal()))];
    for (const pod of pods)
      made.world.cluster.loaded.set(pod, [...everybody, { name: "payments", enabled: true, rules: ["~{payments}*"] }]);
    return { ...made, ...(await made.kit.run({ name: "payments" })) };
  };
  const address = (pod: string) => ({ cluster: "infra", namespace: "dragonfly-system", pod, ip: undefined });
  const signal = () => AbortSignal.timeout(1_000);

  it("may log in nowhere afterwards", async () => {
    const { record, world } = await offboarded();
    expect(record.failure).toBeUndefined();
    for (const pod of pods) expect(users(world, pod)).not.toContain("payments");
    expect(findingsOf(record)).toEqual(pods.map((pod) => `acl.${pod} ok`));
  });
});

describe("a change that was merged past the bot", () => {
  it("loads nothing: nobody approved that here", async () => {
    let world: World | undefined;
    const made = trial("tenant-propose", {
      decide: () => {
        world?.git.people.merge(1, "ada");
        return { state: "voided", by: [] };
      },
    });
    world = made.world;
    const { record } = await made.kit.run(payments);
    expect(record.state).toBe("succeeded");
    expect(loads(world)).toEqual([]);
    const one = conclusionOf(record).findings.find(({ id }) => id === "acl.dragonfly-0");
    expect(one).toMatchObject({ verdict: "fail", detail: expect.stringContaining("Nobody approved here") });
    expect(world.told).toEqual([]);
  });
});

describe("the runbook tenants", () => {
  const verdicts = async (prepare: (world: World) => void) => {
    const { world } = trial("tenant-propose", {}, (made) => {
      pushed(made, "propose", "payments");
      prepare(made);
    });
    const { platform } = world;
    const signal = AbortSignal.timeout(5_000);
    const { findings } = await tenants.run({ params: {}, config, platform, signal, now: () => new Date() });
    return Object.fromEntries(findings.map(({ id, verdict }) => [id, verdict]));
  };
  const loaded = (world: World, ...names: readonly string[]) => {
    const list = userRulesIn(world.git.files("main"), config);
    for (const name of names) world.cluster.loaded.set(name, list);
  };

  it("says of every pod whether it has the users of Git", async () => {
    expect(await verdicts((world) => loaded(world, ...pods))).toMatchObject({
      ...{ "acl.dragonfly-0": "ok", "acl.dragonfly-1": "ok", "acl.dragonfly-2": "ok", "payments.acl": "ok" },
    });
    expect(await verdicts((world) => loaded(world, "dragonfly-0", "dragonfly-2"))).toMatchObject({
      ...{ "acl.dragonfly-0": "ok", "acl.dragonfly-1": "fail", "acl.dragonfly-2": "ok", "payments.acl": "fail" },
    });
  });

  it("does not take an answer that it has not got for one", async () => {
    const away = new BotError("kubernetes.unreachable", "away", "");
    expect(
      await verdicts((world) => {
        world.cluster.failing.pods = away;
      }),
    ).toMatchObject({ acl: "unknown", "payments.acl": "unknown" });
  });
});
