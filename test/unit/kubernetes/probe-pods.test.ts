import { describe, expect, it } from "vitest";
import { answerError } from "../../../src/kubernetes/errors.ts";
import { createProbePods } from "../../../src/kubernetes/probe-pods.ts";
import type { ApiRequest } from "../../../src/kubernetes/request.ts";

const wanted = { cluster: "infra", namespace: "harbor", image: "dfbot:1", args: ["--host", "x"], run: "c-1" };

const methods = { GET: "get", POST: "post", PUT: "post", DELETE: "remove" } as const;

/** Probe pods with an API server that answers by method; errors are thrown. */
function probes(answers: Partial<Record<"get" | "post" | "remove", (request: ApiRequest) => unknown>>) {
  const calls: string[] = [];
  const pods = createProbePods(() => async (request) => {
    calls.push(`${request.method} ${request.path.replace(/dfbot-probe-[0-9a-f]{8}/, "*")}`);
    const answer = answers[methods[request.method]]?.(request);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { calls, run: () => pods.run(wanted, AbortSignal.timeout(5_000)) };
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
    expect(await run()).toMatchObject({ kind: "stuck", said: "Failed; StartError: exec: node: not found" });
    expect(calls.at(-1)).toBe(`DELETE ${pods}/*`);
  });

  it("that may not be looked at is removed all the same, and the error is the look's", async () => {
    const { calls, run } = probes({ get: () => refusal(403, "cannot get"), remove: () => refusal(500, "no") });
    await expect(run()).rejects.toMatchObject({ code: "kubernetes.forbidden" });
    expect(calls.at(-1)).toBe(`DELETE ${pods}/*`);
  });
});
