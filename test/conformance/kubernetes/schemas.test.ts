import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const amounts = {
  type: "object",
  additionalProperties: {
    anyOf: [{ type: "integer" }, { type: "string" }],
    pattern: "^\\d+(m|Mi|Gi)?$",
    "x-kubernetes-int-or-string": true,
  },
};
const schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["size"],
      properties: {
        size: { type: "integer", minimum: 1, maximum: 9 },
        name: { type: "string", minLength: 2 },
        mode: { type: "string", enum: ["fast", "slow"] },
        on: { type: "boolean" },
        args: { type: "array", items: { type: "string" } },
        tags: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
        parts: {
          type: "array",
          items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
        },
        limits: amounts,
        open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  },
};

beforeAll(async () => {
  subject = await openSubject();
  await subject.fetch("POST", definitions, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "strictthings.example.invalid" },
    spec: {
      group: "example.invalid",
      scope: "Namespaced",
      names: { plural: "strictthings", singular: "strictthing", kind: "StrictThing", listKind: "StrictThingList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
});
afterAll(() => subject.close());

const things = (query = "") => `/apis/example.invalid/v1/namespaces/${subject.namespace}/strictthings${query}`;
const thing = (spec: unknown, name = "one") => ({
  apiVersion: "example.invalid/v1",
  kind: "StrictThing",
  metadata: { name },
  spec,
});

describe.skipIf(isReal)(
  "the schema of a custom resource (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema)",
  () => {
    it("takes what fits it", async () => {
      const spec = {
        size: 3,
        name: "ab",
        mode: "fast",
        on: true,
        args: ["x"],
        parts: [{ name: "p" }],
        limits: { cpu: 1, memory: "4Gi" },
        open: { any: { thing: 1 } },
      };
      const answer = await subject.fetch("POST", things("?dryRun=All&fieldValidation=Strict"), thing(spec));
      expect(answer).toMatchObject({ code: 201, body: { spec } });
      expect(await subject.fetch("GET", `${things()}/one`)).toMatchObject({ code: 404 });
    });

    it.each<[string, object, string]>([
      [
        "another type",
        { size: "3" },
        'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
      ],
      ["a fraction", { size: 1.5 }, "spec.size in body must be of type integer"],
      [
        "too little",
        { size: 0 },
        "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
      ],
      ["too much", { size: 10 }, "spec.size in body should be less than or equal to 9"],
      ["too short a text", { size: 1, name: "a" }, "spec.name in body should be at least 2 chars long"],
      [
        "none of the values",
        { size: 1, mode: "odd" },
        'spec.mode: Unsupported value: "odd": supported values: "fast", "slow"',
      ],
      ["nothing where something must be", { on: true }, "spec.size: Required value"],
      ["one thing where a list is expected", { size: 1, args: "x" }, "spec.args in body must be of type array"],
      ["a list of the wrong things", { size: 1, args: [1] }, "spec.args[0] in body must be of type string"],
      ["an amount that is none", { size: 1, limits: { memory: "4 GB" } }, "spec.limits.memory in body should match"],
      [
        "an amount of the wrong type",
        { size: 1, limits: { memory: true } },
        "spec.limits.memory in body must be of type integer,string",
      ],
    ])("refuses %s with 422, and names the field", async (_, spec, message) => {
      expect(await subject.fetch("POST", things(), thing(spec))).toMatchObject({
        code: 422,
        body: {
          reason: "Invalid",
          message: expect.stringMatching(/^StrictThing\.example\.invalid "one" is invalid: /),
          details: { causes: [expect.objectContaining({ field: expect.stringMatching(/^spec\./) })] },
        },
      });
      const { body } = await subject.fetch("POST", things("?dryRun=All"), thing(spec));
      expect(JSON.stringify(body)).toContain(JSON.stringify(message).slice(1, -1));
    });

    it("refuses fields that it does not have with 400 when the writer wants it strict, and drops them when not", async () => {
      const spec = { size: 1, sise: 2, parts: [{ name: "p", nam: "q" }], open: { sise: 3 } };
      expect(await subject.fetch("POST", things("?fieldValidation=Strict"), thing(spec))).toMatchObject({
        code: 400,
        body: {
          reason: "BadRequest",
          message: expect.stringContaining(
            'strict decoding error: unknown field "spec.sise", unknown field "spec.parts[0].nam"',
          ),
        },
      });
      expect(await subject.fetch("POST", things(), thing(spec, "two"))).toMatchObject({ code: 201 });
      const { body } = await subject.fetch("GET", `${things()}/two`);
      expect(body).toMatchObject({ spec: { size: 1, parts: [{ name: "p" }], open: { sise: 3 } } });
      expect(JSON.stringify(body)).not.toContain('"nam"');
    });

    it("says what of a list and of a map has owners of its own (https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy)", async () => {
      const spec = { size: 1, args: ["x"], tags: ["t"], parts: [{ name: "p" }], open: { any: { thing: 1 } } };
      const { body } = await subject.fetch("POST", things(), thing(spec, "owned"), { "user-agent": "maker/1.0" });
      expect(Object(body).metadata.managedFields).toEqual([
        expect.objectContaining({
          manager: "maker",
          operation: "Update",
          apiVersion: "example.invalid/v1",
          fieldsV1: {
            "f:spec": {
              ".": {},
              "f:size": {},
              "f:args": {},
              "f:tags": { ".": {}, 'v:"t"': {} },
              "f:parts": { ".": {}, 'k:{"name":"p"}': { ".": {}, "f:name": {} } },
              "f:open": { ".": {}, "f:any": { ".": {}, "f:thing": {} } },
            },
          },
        }),
      ]);
    });

    it("holds updates and patches to it as well", async () => {
      await subject.fetch("POST", things(), thing({ size: 1 }, "three"));
      const patch = (spec: object) =>
        subject.fetch("PATCH", `${things()}/three`, { spec }, { "content-type": "application/merge-patch+json" });
      expect(await patch({ size: "big" })).toMatchObject({ code: 422 });
      expect(await patch({ size: 2 })).toMatchObject({ code: 200, body: { spec: { size: 2 } } });
    });
  },
);
