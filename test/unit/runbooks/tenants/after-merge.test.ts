import { describe, expect, it } from "vitest";
import { BotError } from "../../../../src/errors.ts";
import { access, payments } from "./people.ts";
import { conclusionOf, trial, verdictOf, type World } from "./world.ts";

describe("after the merge", () => {
  it("waits for Flux, and does not take an older revision for the change", async () => {
    let world: World | undefined;
    let looks = 0;
    const made = trial("access-allow", {
      meanwhile: (record) => {
        const last = record.checkpoints.at(-1);
        if (last?.kind === "sleep" && ++looks === 4 && world !== undefined) world.cluster.fluxAt = undefined;
        return record;
      },
    });
    world = made.world;
    world.cluster.fluxAt = world.git.branches.get("main");
    const { record } = await made.kit.run(access);
    expect(verdictOf(record, "flux.infra-databases-dragonfly")).toBe("ok");
    expect(record.checkpoints.filter(({ name }) => name.startsWith("waits: Flux has not applied"))).toHaveLength(4);
  });

  it("fails with the cause and the way back when it does not serve in its time; the merge stays", async () => {
    const { kit, world } = trial("tenant-propose", {}, ({ cluster }) => {
      cluster.secretsSynced = false;
    });
    const { record } = await kit.run(payments);
    expect(record.state).toBe("succeeded");
    const failed = conclusionOf(record).findings.find(({ verdict }) => verdict === "fail");
    expect(failed).toMatchObject({
      id: "secret.dragonfly-system",
      next: [{ runbook: "revert", params: { mergeRequest: 1 }, label: "Take !1 back" }],
    });
    expect(conclusionOf(record).summary).toMatch(/^!1 is merged as .*, but: /);
    expect(world.told).toEqual([]);
  });

  it("counts an upgrade as done only when every pod has the image", async () => {
    const { kit } = trial("upgrade", {}, ({ cluster }) => {
      cluster.image = "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1";
    });
    const { record } = await kit.run({ image: "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.2" });
    expect(verdictOf(record, "instance.dragonfly")).toBe("fail");
    expect(conclusionOf(record).summary).toContain("3 of 3 pods of dragonfly do not run");
  });

  it("leaves unknown what cannot be read", async () => {
    const { kit } = trial("access-allow", {}, ({ cluster }) => {
      cluster.failing.kustomizations = new BotError("kubernetes.unreachable", "refused", "");
    });
    const { record } = await kit.run(access);
    expect(verdictOf(record, "flux.infra-databases-dragonfly")).toBe("unknown");
  });
});
