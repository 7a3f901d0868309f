import { BotError } from "../../../../src/errors.ts";
import type { ReachedServer } from "../../../../src/platform/canary.ts";
import type { PlatformChanges } from "../../../../src/platform/changes.ts";
import type { Pod } from "../../../../src/platform/kubernetes.ts";
import type { Platform } from "../../../../src/platform/ports.ts";
import type { ServerState } from "../../../../src/platform/server.ts";
import type { ChangeDeps } from "../../../../src/runbooks/changes/members.ts";
import type { ChangeRunbook } from "../../../../src/runbooks/durable/definition.ts";
import { createTestKit, type TestKit, type TestKitOptions } from "../../../../src/runbooks/test-kit.ts";
import { type FakeCanary, fakeCanary } from "../../../fakes/canary.ts";
import { config, fakePlatform, ips, pod, primaryState, replicaState } from "../../../fakes/platform.ts";

const notConfigured = async (): Promise<never> => {
  throw new BotError("metrics.not-configured", "nothing of the kind is configured", "");
};

/** A small world that changes when it is told to, counts what it was told, and may die at every boundary. */
export interface World {
  readonly servers: Record<string, ServerState>;
  readonly pods: Pod[];
  readonly did: string[];
  /** Saves fail from now on. */
  saveFails: boolean;
  /** Who answers where clients go, and how long they are refused when the primary is evicted. */
  reached: ReachedServer;
  outageMs: number;
  /** Acknowledged writes that are gone afterwards. */
  missing: readonly number[];
  /** What the canary's tries fail with before anybody evicted anything. */
  dirty: string | undefined;
  readonly canaries: FakeCanary[];
}

export type Make = (deps: ChangeDeps) => ChangeRunbook;
export const made = (runbook: unknown) => runbook as ChangeRunbook;

export function world(
  make: Make,
  prepare: (world: World) => void = () => {},
  { platform: more, ...options }: Partial<TestKitOptions> & { readonly platform?: Partial<Platform> } = {},
) {
  const state: World = {
    servers: {
      "dragonfly-0": primaryState(),
      "dragonfly-1": replicaState(),
      "dragonfly-2": replicaState(),
    },
    pods: [0, 1, 2].map((n) => pod(n)),
    did: [],
    saveFails: false,
    reached: { role: "primary", replicationId: "1234" },
    outageMs: 1_000,
    missing: [],
    dirty: undefined,
    canaries: [],
  };
  prepare(state);
  let kit: TestKit;
  const base = fakePlatform();
  const platform: Platform = {
    ...base,
    metrics: { query: notConfigured, range: notConfigured, rules: notConfigured },
    alerting: { ...base.alerting, activeAlerts: notConfigured },
    canary: {
      reached: async () => state.reached,
      start: async (everyMs) => {
        const canary = fakeCanary(everyMs, state);
        state.canaries.push(canary);
        return canary.running;
      },
    },
    cluster: (name) => ({ ...base.cluster(name), pods: async () => state.pods }),
    servers: {
      ...base.servers,
      state: async ({ pod: name }) => {
        const found = state.servers[name];
        if (found === undefined) throw new Error(`${name} is away`);
        return found;
      },
    },
    ...more,
  };
  const doing = (what: string, change: () => void) => {
    kit.boundary(`before ${what}`);
    state.did.push(what);
    change();
    kit.boundary(`after ${what}`);
  };
  const replace = (name: string, change: Partial<ServerState>) => {
    const before = state.servers[name];
    if (before !== undefined) state.servers[name] = { ...before, ...change };
  };
  const changes: PlatformChanges = {
    loadAccessList: async () => undefined,
    snapshot: async ({ pod: name }) =>
      doing(`save ${name}`, () => {
        const at = kit.now().toISOString();
        const { snapshot: before } = state.servers[name] ?? primaryState();
        const after = state.saveFails
          ? { ...before, lastFailureAt: at, lastError: "No space left on device" }
          : { ...before, lastSuccessAt: at };
        replace(name, { snapshot: after });
      }),
    follow: async ({ pod: name }, host) =>
      doing(`follow ${name} ${host}`, () => {
        replace(name, {
          role: { kind: "replica", link: { host, port: 9999, up: true, syncInProgress: false, lastIoSecondsAgo: 0 } },
        });
      }),
    evictPod: async ({ name, uid }) =>
      doing(`evict ${name}`, () => {
        const at = state.pods.findIndex(({ meta }) => meta.uid === uid);
        const old = state.pods[at];
        if (old !== undefined) state.pods[at] = { ...old, meta: { ...old.meta, uid: `${uid}-new` } };
        if (state.servers[name]?.role.kind !== "primary") return;
        for (const canary of state.canaries) canary.cut();
        // The operator's election: of equals the lowest ordinal, which the others then follow.
        const [elected] = Object.keys(state.servers).filter((one) => one !== name);
        const host = ips[Number(elected?.at(-1))] ?? "";
        for (const one of Object.keys(state.servers)) {
          const link = { host, port: 9999, up: true, syncInProgress: false, lastIoSecondsAgo: 0 };
          const at = state.pods.findIndex(({ meta }) => meta.name === one);
          const found = state.pods[at];
          if (found !== undefined) state.pods[at] = { ...found, roleLabel: one === elected ? "master" : "replica" };
          state.servers[one] = one === elected ? primaryState() : replicaState({ role: { kind: "replica", link } });
        }
      }),
  };
  kit = createTestKit({ ...options, runbooks: [make({ config, platform, changes })] });
  return { state, kit };
}
