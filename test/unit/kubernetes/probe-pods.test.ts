import { afterEach, describe, expect, it, vi } from "vitest";
import { answerError } from "../../../src/kubernetes/errors.ts";
import { createProbePods } from "../../../src/kubernetes/probe-pods.ts";
import type { ApiRequest } from "../../../src/kubernetes/request.ts";

const wanted = { cluster: "infra", namespace: "harbor", image: "dfbot:1", args: ["--host", "x"], run: "c-1" };

const methods = { GET: "get", POST: "post", PUT: "post", PATCH: "patch", DELETE: "remove" } as const;

/** Probe pods with an API server that answers by method; errors are thrown. */
function probes(
  answers: Partial<Record<"get" | "post" | "patch" | "remove", (request: ApiRequest) => unknown>>,
  signal = AbortSignal.timeout(5_000),
) {
  const calls: string[] = [];
  const pods = createProbePods(() => async (request) => {
    calls.push(`${request.method} ${request.path.replace(/dfbot-probe-[0-9a-f]{8}/, "*")}`);
    const answer = answers[methods[request.method]]?.(request);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return {
    calls,
    run: () => pods.run(wanted, signal),
    runIn: (pod: string) => pods.run({ ...wanted, pod }, signal),
  };
}
const refusal = (code: number, message: string) => answerError("infra", "/pods", code, JSON.stringify({ message }));

describe("a probe pod", () => {
  const pods = "/api/v1/namespaces/harbor/pods";

  it("is made, waited for, read and removed", async () => {
    let looks = 0;
    const { calls, run } = probes({
      get: ({ path }) =>
        path.endsWith("/log") ? "{}" : { status: { phase: looks++ === 0 ? "Pending" : "Succeeded" } },
    });
    expect(await run()).toMatchObject({ kind: "ended", log: "{}" });
    expect(calls).toEqual([`POST ${pods}`, `GET ${pods}/*`, `GET ${pods}/*`, `GET ${pods}/*/log`, `DELETE ${pods}/*`]);
  });

  it.each([
    [404, 'namespaces "harbor" not found', "namespace-missing"],
    [
      403,
      'pods "x" is forbidden: unable to create new content in namespace harbor because it is being terminated',
      "namespace-ending",
    ],
    [403, 'pods "x" is forbidden: exceeded quota: all, requested: pods=1, used: pods=5, limited: pods=5', "quota"],
    [403, 'pods "x" is forbidden: failed quota: all: must specify limits.ephemeral-storage', "quota"],
    [403, 'pods "x" is forbidden: minimum memory usage per Container is 256Mi, but request is 64Mi', "limit-range"],
    [403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile', "pod-security"],
    [
      422,
      "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'images' denied request: no",
      "admission",
    ],
    [403, 'admission webhook "validate.kyverno.svc-fail" denied the request: no', "admission"],
    [
      403,
      'pods is forbidden: User "dfbot" cannot create resource "pods" in API group "" in the namespace "harbor"',
      "not-allowed",
    ],
    [
      403,
      'pods "x" is forbidden: error looking up service account harbor/default: serviceaccount "default" not found',
      "other",
    ],
  ])(
    "that is refused with %i %s is a refusal by %s, in these words, and there is nothing to remove",
    async (code, message, why) => {
      const { calls, run } = probes({ post: () => refusal(code, message) });
      expect(await run()).toMatchObject({ kind: "refused", why, said: expect.stringContaining(message) });
      expect(calls).toEqual([`POST ${pods}`]);
    },
  );

  it("of which nobody knows whether it was made is removed", async () => {
    const { calls, run } = probes({ post: () => refusal(500, "timeout") });
    await expect(run()).rejects.toMatchObject({ code: "kubernetes.server-error" });
    expect(calls.at(-1)).toBe(`DELETE ${pods}/*`);
  });

  it("that failed tells why, and is removed", async () => {
    const terminated = { reason: "StartError", message: "exec: node: not found" };
    const status = { phase: "Failed", containerStatuses: [{ state: { terminated } }] };
    const { calls, run } = probes({ get: () => ({ status }) });
    expect(await run()).toMatchObject({
      kind: "stuck",
      why: "not-started",
      said: "Failed; StartError: exec: node: not found",
    });
    expect(calls.at(-1)).toBe(`DELETE ${pods}/*`);
  });

  it.each([
    ["ImagePullBackOff", "image"],
    ["CreateContainerConfigError", "not-started"],
  ])("that waits with %s is not waited for", async (reason, why) => {
    const status = { phase: "Pending", containerStatuses: [{ state: { waiting: { reason, message: "says why" } } }] };
    const { calls, run } = probes({ get: () => ({ status }) });
    expect(await run()).toMatchObject({ kind: "stuck", why, said: `Pending; ${reason}: says why` });
    expect(calls.at(-1)).toBe(`DELETE ${pods}/*`);
  });

  it("that may not be looked at is removed all the same, and the error is the look's", async () => {
    const { calls, run } = probes({ get: () => refusal(403, "cannot get"), remove: () => refusal(500, "no") });
    await expect(run()).rejects.toMatchObject({ code: "kubernetes.forbidden" });
    expect(calls.at(-1)).toBe(`DELETE ${pods}/*`);
  });
});

describe("a probe in a pod that is there", () => {
  const web = "/api/v1/namespaces/harbor/pods/web-0";
  const metadata = { resourceVersion: "7" };

  /** A pod that takes containers, each of which ends at once, well unless told otherwise. */
  function takingPod({ state = { terminated: { exitCode: 0 } }, spec = {}, phase = "Running", meta = {} } = {}) {
    const containers: { readonly name: string }[] = [];
    const pod = () => ({
      metadata: { ...metadata, ...meta },
      spec: { ephemeralContainers: containers, ...spec },
      status: { phase, ephemeralContainerStatuses: containers.map(({ name }) => ({ name, state })) },
    });
    return {
      containers,
      get: ({ path }: ApiRequest) => (path.endsWith("/log") ? "{}" : pod()),
      patch: ({ body }: ApiRequest) => {
        const { spec: sent } = body as { spec: { ephemeralContainers: { name: string }[] } };
        containers.push(...sent.ephemeralContainers);
        return {};
      },
    };
  }

  it("is added, waited for and read, and nothing is deleted", async () => {
    const pod = takingPod();
    const { calls, runIn } = probes(pod);
    expect(await runIn("web-0")).toEqual({ kind: "ended", pod: "web-0", log: "{}" });
    expect(calls).toEqual([`GET ${web}`, `PATCH ${web}/ephemeralcontainers`, `GET ${web}`, `GET ${web}/log`]);
    expect(pod.containers.map(({ name }) => name)).toEqual([expect.stringMatching(/^dfbot-probe-[0-9a-f]{8}-c-1$/)]);
  });

  it("is found by whoever asks the same while it runs, and asked once", async () => {
    const pod = takingPod();
    await probes(pod).runIn("web-0");
    const [known] = pod.containers;
    let looks = 0;
    const running = () => ({
      metadata,
      spec: { ephemeralContainers: [known] },
      status: {
        phase: "Running",
        ephemeralContainerStatuses: [
          { name: known?.name, state: looks++ === 0 ? { running: {} } : { terminated: { exitCode: 0 } } },
        ],
      },
    });
    const { calls, runIn } = probes({ get: ({ path }) => (path.endsWith("/log") ? "{}" : running()) });
    expect(await runIn("web-0")).toMatchObject({ kind: "ended" });
    expect(calls).not.toContain(`PATCH ${web}/ephemeralcontainers`);
  });

  it("is asked again when it has ended", async () => {
    const pod = takingPod();
    await probes(pod).runIn("web-0");
    const { calls, runIn } = probes(pod);
    await runIn("web-0");
    expect(calls).toContain(`PATCH ${web}/ephemeralcontainers`);
  });

  it("looks again when the pod has changed meanwhile", async () => {
    const pod = takingPod();
    const conflict = answerError("infra", web, 409, JSON.stringify({ message: "modified", reason: "Conflict" }));
    let tries = 0;
    const { calls, runIn } = probes({ ...pod, patch: (request) => (tries++ === 0 ? conflict : pod.patch(request)) });
    expect(await runIn("web-0")).toMatchObject({ kind: "ended" });
    expect(calls.slice(0, 4)).toEqual(
      [`GET ${web}`, ...[1, 2].flatMap(() => [`PATCH ${web}/ephemeralcontainers`, `GET ${web}`])].slice(0, 4),
    );
    expect(pod.containers).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof probes>[0], string, RegExp]>([
    ["is not there", { get: () => refusal(404, 'pods "web-0" not found') }, "pod-missing", /not found/],
    ["has not started", takingPod({ phase: "Pending" }), "pod-not-running", /is Pending/],
    ["has ended", takingPod({ phase: "Succeeded" }), "pod-not-running", /is Succeeded/],
    [
      "is being deleted",
      takingPod({ meta: { deletionTimestamp: "2026-01-02T12:00:00Z" } }),
      "pod-not-running",
      /being deleted/,
    ],
    [
      "has as many as it may have",
      takingPod({
        spec: { ephemeralContainers: Array.from({ length: 20 }, (_, i) => ({ name: `dfbot-probe-x${i}` })) },
      }),
      "pod-full",
      /20 probes/,
    ],
    [
      "is in a cluster without such containers",
      { ...takingPod(), patch: () => refusal(404, "the server could not find the requested resource") },
      "no-ephemeral-containers",
      /requested resource/,
    ],
    [
      "is in a namespace whose level refuses",
      {
        ...takingPod(),
        patch: () => refusal(403, 'pods "web-0" is forbidden: violates PodSecurity "restricted:latest": x'),
      },
      "pod-security",
      /restricted/,
    ],
    [
      "may not be changed by the bot",
      { ...takingPod(), patch: () => refusal(403, 'User "dfbot" cannot patch resource "pods/ephemeralcontainers"') },
      "not-allowed",
      /cannot patch/,
    ],
    [
      "is static",
      { ...takingPod(), patch: () => refusal(422, "static pods do not support ephemeral containers") },
      "other",
      /static pods/,
    ],
  ])("refuses where the pod %s, in words", async (_, api, why, said) => {
    expect(await probes(api).runIn("web-0")).toMatchObject({
      kind: "refused",
      why,
      said: expect.stringMatching(said),
    });
  });

  it.each([
    ["image", { waiting: { reason: "ImagePullBackOff", message: "no such image" } }, /ImagePullBackOff: no such image/],
    ["not-started", { waiting: { reason: "CreateContainerError", message: "no device" } }, /CreateContainerError: no/],
    ["not-started", { terminated: { exitCode: 128, reason: "StartError", message: "no node" } }, /StartError: no node/],
    ["failed", { terminated: { exitCode: 2, reason: "Error" } }, /Error/],
    ["failed", { terminated: { exitCode: 137, reason: "OOMKilled" } }, /OOMKilled/],
  ])("is stuck by %s that ends as %j, and says so", async (why, state, said) => {
    const pod = takingPod({ state: state as { terminated: { exitCode: number } } });
    expect(await probes(pod).runIn("web-0")).toMatchObject({ kind: "stuck", why, said: expect.stringMatching(said) });
  });

  it("is waited for, not joined by another, while the node goes on trying to pull its image", async () => {
    const pod = takingPod({ state: { waiting: { reason: "ImagePullBackOff" } } as never });
    await probes(pod).runIn("web-0");
    const { calls, runIn } = probes(pod);
    expect(await runIn("web-0")).toMatchObject({ kind: "stuck", why: "image" });
    expect(calls).not.toContain(`PATCH ${web}/ephemeralcontainers`);
  });

  it.each<[string, (look: number) => unknown, RegExp]>([
    ["is deleted", () => ({ deletionTimestamp: "2026-01-02T12:00:00Z" }), /being deleted/],
    ["is replaced by another one of its name", () => ({ uid: "other" }), /another one by now/],
    ["is gone", () => refusal(404, 'pods "web-0" not found'), /not there any more/],
  ])("says that the pod went away when it %s meanwhile", async (_, then, said) => {
    const pod = takingPod({ state: { running: {} } as never, meta: { uid: "first" } });
    let looks = 0;
    const get = (request: ApiRequest) => {
      const now = then(looks++);
      if (looks <= 2) return pod.get(request);
      if (now instanceof Error) return now;
      const body = pod.get(request) as { readonly metadata: object };
      return { ...body, metadata: { ...body.metadata, ...Object(now) } };
    };
    const { runIn } = probes({ ...pod, get });
    expect(await runIn("web-0")).toMatchObject({ kind: "stuck", why: "pod-gone", said: expect.stringMatching(said) });
  });

  it("says that the pod went away when its log does", async () => {
    const pod = takingPod();
    const get = (request: ApiRequest) =>
      request.path.endsWith("/log") ? refusal(404, 'pods "web-0" not found') : pod.get(request);
    expect(await probes({ ...pod, get }).runIn("web-0")).toMatchObject({ kind: "stuck", why: "pod-gone" });
  });

  describe("ends in bounded time", () => {
    afterEach(() => vi.useRealTimers());

    it.each<[string, unknown, number, string, RegExp]>([
      ["the node takes nothing up", undefined, 21, "node-silent", /node-1 has not said/],
      ["the node is lost while it runs", { running: {} }, 76, "node-silent", /node-1 has not said/],
      ["it waits and waits", { waiting: { reason: "ContainerCreating" } }, 76, "late", /ContainerCreating/],
      ["pulling fails each time", { waiting: { reason: "ErrImagePull", message: "503" } }, 76, "image", /503/],
    ])("when %s", async (_, state, seconds, why, said) => {
      vi.useFakeTimers();
      const pod = takingPod({ state: state as never, spec: { nodeName: "node-1" } });
      const get = (request: ApiRequest) => {
        const body = pod.get(request);
        return state === undefined ? { ...Object(body), status: { phase: "Running" } } : body;
      };
      const { runIn } = probes({ ...pod, get }, new AbortController().signal);
      const outcome = runIn("web-0");
      await vi.advanceTimersByTimeAsync(seconds * 1_000);
      expect(await outcome).toMatchObject({ kind: "stuck", why, said: expect.stringMatching(said) });
    });
  });
});
