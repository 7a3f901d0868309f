import { describe, expect, it } from "vitest";
import { projectFiles } from "../../../sandbox/git-project.ts";
import { BotError } from "../../../src/errors.ts";
import { liveObject } from "../../../src/kubernetes/schemas/live-object.ts";
import { buildFlux, fluxKustomizationIn } from "../../../src/manifests/flux-kustomization.ts";
import { buildFolder } from "../../../src/manifests/kustomize/build.ts";
import type { Manifest } from "../../../src/manifests/manifest.ts";
import type { Kustomization } from "../../../src/platform/kubernetes.ts";
import type { LiveObject } from "../../../src/platform/live-object.ts";
import type { Platform } from "../../../src/platform/ports.ts";
import type { Finding } from "../../../src/reports/model.ts";
import { verifyFields } from "../../../src/runbooks/verify/drift/fields.ts";
import { verifyLeftovers } from "../../../src/runbooks/verify/drift/leftovers.ts";
import { observeDrift } from "../../../src/runbooks/verify/drift/observe.ts";
import { fakeGit } from "../../fakes/git.ts";
import { config, fakePlatform, meta } from "../../fakes/platform.ts";
import { asServed } from "../manifests/served.ts";

/** What the comparison with Git says and shows, on plain data. That it finds what is otherwise: test/integration/world/verify. */

const name = "infra-databases-dragonfly";
const shipped = projectFiles();
const own = buildFolder(shipped, "kubernetes/clusters/infra");
const flux = fluxKustomizationIn(own, name);
const objects = flux === undefined ? [] : buildFlux(flux, shipped, own);
const at = "2026-11-29T03:00:00.000Z";

interface World {
  readonly files?: ReadonlyMap<string, string>;
  readonly git?: Platform["git"];
  /** What the cluster has in place of an object of Git; undefined: it is not there. */
  readonly live?: (object: Manifest) => Record<string, unknown> | undefined;
  readonly more?: readonly LiveObject[];
  readonly fails?: BotError;
  readonly kustomization?: Partial<Kustomization>;
}

async function compared(world: World = {}): Promise<readonly Finding[]> {
  const { files = shipped, live = asServed, more = [] } = world;
  const git = fakeGit(files, { now: () => new Date(at) });
  const there = objects.flatMap((object) => {
    const found = live(object);
    return found === undefined ? [] : [{ object, found: liveObject.parse({ ...found, kind: object.kind }) }];
  });
  const unlessAway = <T>(value: T): T => {
    if (world.fails !== undefined) throw world.fails;
    return value;
  };
  const healthy = fakePlatform();
  const platform: Platform = {
    ...healthy,
    git: world.git ?? git.reader,
    cluster: (cluster) => ({
      ...healthy.cluster(cluster),
      objects: async (kind) =>
        unlessAway([
          ...there.filter(({ object }) => object.kind === kind.kind).map(({ found }) => found),
          ...(kind.kind === "PodMonitor" ? more : []),
        ]),
      object: async (kind, _, wanted) =>
        unlessAway(there.find(({ object }) => object.kind === kind.kind && object.metadata.name === wanted)?.found),
    }),
  };
  const kustomization: Kustomization = {
    meta: meta(name),
    ready: true,
    message: "",
    suspended: false,
    appliedRevision: `main@sha1:${git.branches.get("main")}`,
    inventory: ["dragonfly-system_dragonfly_dragonflydb.io_Dragonfly"],
    ...world.kustomization,
  };
  const head = git.branches.get("main") ?? "";
  const stamp = { at, durationMs: 1 };
  const observed = await observeDrift(
    {
      config: { ...config, verify: { ...config.verify, kustomizations: { infra: [name] } } },
      platform,
      signal: new AbortController().signal,
      now: () => new Date(at),
    },
    Promise.resolve([
      {
        cluster: "infra",
        found: {
          ok: true,
          value: [kustomization],
          command: "kubectl --context=infra -n flux-system get kustomizations",
          ...stamp,
        },
      },
    ]),
    Promise.resolve({ ok: true, value: { head }, command: "git ls-remote origin main", ...stamp }),
  );
  const ofKustomization = observed.filter((one) => one.name === name);
  return [
    ...ofKustomization.map(verifyFields),
    ...ofKustomization.flatMap((one) => verifyLeftovers(one, "flux-system")),
  ];
}

const fields = async (world?: World) => (await compared(world))[0] as Finding;
const leftovers = async (world?: World) => (await compared(world))[1] as Finding;

/** One object of the cluster otherwise than in Git. */
const otherwise =
  (kind: string, wanted: string, change: (live: Record<string, unknown>) => void) =>
  (object: Manifest): Record<string, unknown> => {
    const live = asServed(object);
    if (object.kind === kind && object.metadata.name === wanted) change(live);
    return live;
  };

describe("the comparison with Git", () => {
  it("says how many objects are as in Git, at which commit, what nobody looked at, and when", async () => {
    const { verdict, title, detail, evidence } = await fields();
    expect(verdict).toBe("ok");
    expect(title).toBe("Objects of infra-databases-dragonfly: none of 12 objects differs");
    expect(detail).toMatch(/^Expected: every field that Git sets at [0-9a-f]{8} is so in the cluster\.$/);
    expect(evidence[0]?.command).toBe(
      "flux --context=infra -n flux-system diff kustomization infra-databases-dragonfly --path ./kubernetes/workloads/platform/databases/dragonfly-cilium",
    );
    expect(evidence[0]?.output).toMatch(
      /^13 objects at [0-9a-f]{8}; 1 left out: the bot does not read ServiceAccount$/,
    );
    expect(evidence[1]).toMatchObject({ output: "12 objects read, this one first" });
  });

  it("names the object, the field, both values, who wrote it and when, and how Flux puts it back", async () => {
    const live = otherwise("Dragonfly", "dragonfly", (object) => {
      Object.assign(Object(object["spec"]), { replicas: 2 });
      Object.assign(Object(object["metadata"]), {
        managedFields: [
          {
            manager: "kustomize-controller",
            time: "2026-11-28T00:00:00Z",
            fieldsV1: { "f:spec": { "f:replicas": {} } },
          },
          { manager: "kubectl-scale", time: "2026-11-29T02:59:00Z", fieldsV1: { "f:spec": { "f:replicas": {} } } },
        ],
      });
    });
    const { verdict, title, detail, evidence } = await fields({ live });
    expect(verdict).toBe("fail");
    expect(title).toBe(
      "Objects of infra-databases-dragonfly: 1 of 12 objects differs, first Dragonfly dragonfly-system/dragonfly: spec.replicas is 2, and 3 in Git",
    );
    expect(evidence[1]).toMatchObject({
      command: "kubectl --context=infra -n dragonfly-system get dragonfly dragonfly -o yaml --show-managed-fields",
      output: "spec.replicas is 2, and 3 in Git; written by kubectl-scale on 2026-11-29 02:59 UTC",
    });
    expect(detail).toContain(
      "flux --context=infra -n flux-system reconcile kustomization infra-databases-dragonfly --with-source",
    );
  });

  it("names who wrote the object last, as a hint, where a field is gone, and what somebody has added of his own", async () => {
    const live = otherwise("PodMonitor", "dragonfly", (object) => {
      const spec: Record<string, unknown> = Object(object["spec"]);
      delete spec["podTargetLabels"];
      Object.assign(spec, { sampleLimit: 5 });
      Object.assign(Object(object["metadata"]), {
        managedFields: [
          { manager: "kubectl-edit", time: "2026-11-29T02:59:00Z", fieldsV1: { "f:spec": { "f:sampleLimit": {} } } },
        ],
      });
    });
    const { evidence } = await fields({ live });
    expect(evidence[1]?.output.split("\n")).toEqual([
      "spec.podTargetLabels is not there, and 1 entry in Git; who took it away is not kept; another field was last written by kubectl-edit on 2026-11-29 02:59 UTC",
      "spec.sampleLimit is 5, and not in Git; written by kubectl-edit on 2026-11-29 02:59 UTC",
    ]);
  });

  it("shows nothing that could be secret, on either side", async () => {
    const secrets: readonly [string, string, (live: Record<string, unknown>) => void][] = [
      ["Dragonfly", "dragonfly", (live) => Object(live["spec"]).args.splice(0, 1, "--requirepass=hunter2")],
      [
        "Dragonfly",
        "dragonfly",
        (live) => Object.assign(Object(live["spec"]), { env: [{ name: "A", value: "hunter2" }] }),
      ],
      [
        "ConfigMap",
        "dragonfly-readiness",
        (live) => Object.assign(Object(live["data"]), { "readiness-check.sh": "hunter2" }),
      ],
      ["ConfigMap", "dragonfly-readiness", (live) => Object.assign(Object(live["data"]), { more: "hunter2" })],
      [
        "ExternalSecret",
        "dragonfly-acl",
        (live) => Object.assign(Object(live["spec"]).target.template.data, { "dragonfly.acl": "USER a on >hunter2" }),
      ],
    ];
    for (const [kind, wanted, change] of secrets) {
      const finding = await fields({ live: otherwise(kind, wanted, change) });
      expect(finding.verdict, wanted).toBe("fail");
      expect(JSON.stringify(finding), wanted).not.toContain("hunter2");
    }
  });

  it("is bounded, however much differs", async () => {
    const live = (object: Manifest) => ({ metadata: { ...object.metadata, labels: {} }, spec: {} });
    const { evidence, title } = await fields({ live });
    expect(evidence.length).toBeLessThan(10);
    expect(title.length).toBeLessThan(400);
    for (const { output } of evidence) expect(output.length).toBeLessThan(4_000);
  });

  it("finds an object that is not there", async () => {
    const live = (object: Manifest) => (object.kind === "CiliumNetworkPolicy" ? undefined : asServed(object));
    expect((await fields({ live })).title).toMatch(
      /first CiliumNetworkPolicy dragonfly-system\/dragonfly is not there$/,
    );
  });
});

describe("the comparison is unknown, never ok,", () => {
  const away = new BotError("kubernetes.unreachable", "The API server cannot be reached", "Look at the network");
  const noGit = new BotError("git.unreachable", "GitLab cannot be reached", "Look at the network");

  it("with the API server away", async () => {
    const [one, other] = await compared({ fails: away });
    expect([one?.verdict, other?.verdict]).toEqual(["unknown", "unknown"]);
    expect(one?.title).toContain("12 of 12 objects could not be read: The API server cannot be reached.");
  });

  it("with Git away", async () => {
    const reader = fakeGit(shipped, { now: () => new Date(at) }).reader;
    const [one, other] = await compared({ git: { ...reader, files: async () => Promise.reject(noGit) } });
    expect([one?.verdict, other?.verdict]).toEqual(["unknown", "unknown"]);
    expect(one?.title).toContain("could not be compared: GitLab cannot be reached.");
  });

  it.each([
    ["has applied nothing", undefined],
    ["has applied a commit that Git does not have", "main@sha1:1111111111111111111111111111111111111111"],
    ["names its revision as nobody expects", "latest"],
  ])("when Flux %s", async (_, appliedRevision) => {
    expect((await fields({ kustomization: { appliedRevision } })).verdict).toBe("unknown");
  });

  it("when the tree uses what cannot be built, and says what", async () => {
    const path = "kubernetes/workloads/platform/databases/dragonfly/kustomization.yaml";
    const files = new Map(shipped).set(path, `${shipped.get(path)}namePrefix: x-\n`);
    const { verdict, title } = await fields({ files });
    expect(verdict).toBe("unknown");
    expect(title).toContain(`could not be compared: ${path} uses namePrefix, which the bot cannot build.`);
  });

  it("when nothing says what Flux has applied", async () => {
    expect(await leftovers({ kustomization: { inventory: undefined } })).toMatchObject({ verdict: "unknown" });
  });
});

describe("what is left of what Git had", () => {
  const stray = (labels: Record<string, string>, owned = false): LiveObject => ({
    name: "old",
    namespace: "dragonfly-system",
    labels,
    owned,
    managers: [],
    content: {},
  });
  const mark = { "kustomize.toolkit.fluxcd.io/name": name, "kustomize.toolkit.fluxcd.io/namespace": "flux-system" };

  it("is nothing on the shipped tree", async () => {
    expect(await leftovers()).toMatchObject({ verdict: "ok", title: "Leftovers of infra-databases-dragonfly: none" });
  });

  it("is told by Flux's label, also where Flux does not prune", async () => {
    expect((await leftovers({ more: [stray(mark)] })).title).toMatch(/: PodMonitor dragonfly-system\/old$/);
  });

  it.each([
    ["of another Kustomization", stray({ ...mark, "kustomize.toolkit.fluxcd.io/name": "other" })],
    ["that Flux did not apply", stray({})],
    ["that another object made", stray(mark, true)],
  ])("is no object %s", async (_, object) => {
    expect((await leftovers({ more: [object] })).verdict).toBe("ok");
  });

  it("is told by Flux's inventory, of kinds that the bot may not read as well", async () => {
    const inventory = ["_old:role_rbac.authorization.k8s.io_ClusterRole".replace(":", "__"), "nonsense"];
    expect((await leftovers({ kustomization: { inventory } })).title).toMatch(/: ClusterRole old:role$/);
  });
});
