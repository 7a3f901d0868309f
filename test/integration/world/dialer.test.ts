import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { primaryOf } from "../../../sandbox/faults/instance-pods.ts";
import { instance, startWorld, type World } from "../../../sandbox/world/world.ts";
import { loadAccess } from "../../../src/kubernetes/access.ts";
import { dialThroughApi } from "../../../src/kubernetes/pod-dialer.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ metrics: false });
});
afterAll(() => world?.stop());

it("a forwarded stream that breaks while nobody listens ends no process, and keeps its reason", async () => {
  const { name, ip } = primaryOf(world);
  const access = { cluster: "infra", context: "infra", inCluster: false, kubeconfigPath: world.adminKubeconfigPath };
  const dial = dialThroughApi(() => loadAccess(access));
  world.kubelet.hold(instance.namespace, name);
  const stream = await dial(
    { cluster: "infra", namespace: instance.namespace, pod: name, ip },
    9999,
    AbortSignal.timeout(30_000),
  );
  // Vitest fails on an error that nobody listens to, as the service would end of it.
  for (let tries = 0; tries < 50 && !stream.destroyed; tries++) await sleep(50);
  expect(String(stream.errored)).toMatch(/cannot be reached: .*container not running|refused/);
});
