import { PassThrough } from "node:stream";
import { KubeConfig, PortForward } from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { kubeconfig } from "../../../sandbox/kubernetes/kubeconfig.ts";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const rbac = () => `/apis/rbac.authorization.k8s.io/v1/namespaces/${subject.namespace}`;
const reader = { authorization: "Bearer fake-reader-token" };
const maps = () => `/api/v1/namespaces/${subject.namespace}/configmaps`;

/** Grants the reader one role with these rules, in place of what was granted before. */
async function grant(rules: readonly object[]): Promise<void> {
  const [apiVersion, metadata] = ["rbac.authorization.k8s.io/v1", { name: "reader" }];
  await subject.fetch("DELETE", `${rbac()}/roles/reader`);
  await subject.fetch("POST", `${rbac()}/roles`, { apiVersion, kind: "Role", metadata, rules });
  await subject.fetch("POST", `${rbac()}/rolebindings`, {
    apiVersion,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
    subjects: [{ kind: "User", name: "reader", apiGroup: "rbac.authorization.k8s.io" }],
  });
}

describe.skipIf(isReal)(
  "roles (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources)",
  () => {
    beforeEach(() => grant([]));

    it("by name allow a list or watch of that one name by field selector", async () => {
      await grant([{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["mine"], verbs: ["list", "watch"] }]);
      const list = (query: string) => subject.fetch("GET", `${maps()}${query}`, undefined, reader);
      expect(await list("?fieldSelector=metadata.name%3Dmine")).toMatchObject({ code: 200 });
      expect(await list("?fieldSelector=metadata.name%3Dother")).toMatchObject({ code: 403 });
      expect(await list("")).toMatchObject({ code: 403 });
    });

    it("in a namespace may allow to read that namespace", async () => {
      const get = () => subject.fetch("GET", `/api/v1/namespaces/${subject.namespace}`, undefined, reader);
      expect(await get()).toMatchObject({
        code: 403,
        body: { message: expect.stringContaining(`in the namespace "${subject.namespace}"`) },
      });
      await grant([{ apiGroups: [""], resources: ["namespaces"], verbs: ["get"] }]);
      expect(await get()).toMatchObject({ code: 200 });
    });

    it("on a kind do not reach its subresources, and `*/status` reaches the status of every kind", async () => {
      const deployments = `/apis/apps/v1/namespaces/${subject.namespace}/deployments`;
      await subject.fetch("POST", deployments, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "d" },
        spec: {
          selector: { matchLabels: { a: "b" } },
          template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
        },
      });
      const status = () => subject.fetch("GET", `${deployments}/d/status`, undefined, reader);
      await grant([{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] }]);
      expect(await status()).toMatchObject({ code: 403 });
      await grant([{ apiGroups: ["apps"], resources: ["*/status"], verbs: ["get"] }]);
      expect(await status()).toMatchObject({ code: 200 });
    });

    it("are what a SelfSubjectAccessReview tells (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access)", async () => {
      await grant([{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }]);
      const may = (verb: string) =>
        subject.fetch(
          "POST",
          "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
          {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SelfSubjectAccessReview",
            spec: { resourceAttributes: { verb, resource: "pods", namespace: subject.namespace } },
          },
          reader,
        );
      expect(await may("list")).toMatchObject({ code: 201, body: { status: { allowed: true } } });
      expect(await may("delete")).toMatchObject({ code: 201, body: { status: { allowed: false } } });
    });

    it("must allow both get and create for a port-forward over WebSocket (KEP-4006: get before v1.35, create as well since)", async () => {
      const pods = `/api/v1/namespaces/${subject.namespace}/pods`;
      const [apiVersion, spec] = ["v1", { containers: [{ name: "c", image: "i" }] }];
      await subject.fetch("POST", pods, { apiVersion, kind: "Pod", metadata: { name: "forwarded" }, spec });
      const open = async () => {
        const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
        const socket = await new PortForward(asReader()).portForward(
          subject.namespace,
          "forwarded",
          [7],
          streams[0],
          streams[1],
          streams[2],
        );
        if (typeof socket !== "function") socket.close();
      };
      for (const verbs of [["create"], ["get"]]) {
        await grant([{ apiGroups: [""], resources: ["pods/portforward"], verbs }]);
        await expect(open(), `with only ${verbs}`).rejects.toBeDefined();
      }
      await grant([{ apiGroups: [""], resources: ["pods/portforward"], verbs: ["create", "get"] }]);
      await open();
    });
  },
);

/** The same cluster, with the reader's token. */
function asReader(): KubeConfig {
  const { simulation } = subject;
  if (simulation === undefined) throw new Error("only the simulation has a reader");
  const config = new KubeConfig();
  const { url: server, caCertPem } = simulation;
  config.loadFromString(kubeconfig([{ context: "reader", server, caCertPem, token: "fake-reader-token" }]));
  return config;
}

describe.skipIf(isReal)("the log of requests", () => {
  it("has what was refused and what was not found, too", async () => {
    await subject.fetch("GET", `${maps()}/nobody`);
    await subject.fetch("GET", maps(), undefined, reader);
    expect(subject.simulation?.log.slice(-2)).toMatchObject([
      { user: "admin", verb: "get", resource: "configmaps", name: "nobody", code: 404 },
      { user: "reader", verb: "list", resource: "configmaps", code: 403 },
    ]);
  });
});
