import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(async () => {
  for (const plural of ["bindings", "s"]) await subject.fetch("DELETE", `${policies(plural)}/${name()}`);
  await subject.close();
});

const kind = "ValidatingAdmissionPolicy";
const policies = (plural: string) =>
  `/apis/admissionregistration.k8s.io/v1/${plural === "s" ? "validatingadmissionpolicies" : "validatingadmissionpolicybindings"}`;
const name = () => `policy-${subject.namespace}`;
const maps = () => `/api/v1/namespaces/${subject.namespace}/configmaps`;
const map = (of: string, data: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: of }, data });
const put = (plural: string, of: string, spec: object) =>
  subject.fetch("POST", policies(plural), {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: of,
    metadata: { name: name() },
    spec,
  });

describe("a policy that is bound (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/)", () => {
  it("denies what does not hold of it, in its words, also as a dry-run, and nothing else", async () => {
    await subject.fetch("POST", maps(), map("kept-before"));
    const inHere = `object == null ? oldObject.metadata.namespace == '${subject.namespace}' : object.metadata.namespace == '${subject.namespace}'`;
    await put("s", kind, {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["CREATE", "UPDATE", "DELETE"],
            resources: ["configmaps"],
          },
        ],
      },
      matchConditions: [{ name: "in-here", expression: inHere }],
      validations: [
        {
          expression: "request.operation == 'DELETE' || object.metadata.name.startsWith('good-')",
          message: "only good ones are written",
        },
        {
          expression: "request.operation != 'DELETE' || !oldObject.metadata.name.startsWith('kept-')",
          message: "what is kept stays",
        },
      ],
    });
    // Nothing is denied before there is a binding.
    expect(await subject.fetch("POST", maps(), map("before"))).toMatchObject({ code: 201 });
    await put("bindings", `${kind}Binding`, { policyName: name(), validationActions: ["Deny"] });
    const denied = (why: string) => ({
      code: 422,
      body: {
        reason: "Invalid",
        message: expect.stringContaining(
          `is forbidden: ${kind} '${name()}' with binding '${name()}' denied request: ${why}`,
        ),
      },
    });
    // A real server takes a moment to see a new policy.
    await vi.waitFor(async () =>
      expect(await subject.fetch("POST", `${maps()}?dryRun=All`, map("bad"))).toMatchObject(
        denied("only good ones are written"),
      ),
    );
    expect(await subject.fetch("POST", maps(), map("bad"))).toMatchObject(denied("only good ones are written"));
    expect(await subject.fetch("PUT", `${maps()}/before`, map("before", { a: "1" }))).toMatchObject({ code: 422 });
    expect(await subject.fetch("DELETE", `${maps()}/kept-before`)).toMatchObject(denied("what is kept stays"));
    expect(await subject.fetch("POST", maps(), map("good-one"))).toMatchObject({ code: 201 });
    expect(await subject.fetch("DELETE", `${maps()}/good-one`)).toMatchObject({ code: 200 });
    expect(await subject.fetch("GET", `${maps()}/bad`)).toMatchObject({ code: 404 });
  });
});
