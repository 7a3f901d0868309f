import { Environment } from "@marcbachmann/cel-js";
import { z } from "zod";
import type { KubeObject, ObjectStore } from "./object-store.ts";
import type { User } from "./rbac.ts";
import { detailsOf } from "./refusals.ts";
import type { ResourceType } from "./resources.ts";
import { apiError } from "./status.ts";

/**
 * ValidatingAdmissionPolicies and their bindings, as far as this project's use them; what is not modelled is an error, so that no
 * policy is taken for weaker than it is.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */

export type Operation = "CREATE" | "UPDATE" | "DELETE";

/** A write as the policies see it. */
export interface AdmissionReview {
  readonly request: {
    readonly operation: string;
    readonly userInfo: { readonly username: string; readonly groups?: readonly string[] };
    readonly dryRun?: boolean;
    /** Empty: the object itself. */
    readonly subResource?: string;
  };
  readonly object: unknown;
  readonly oldObject: unknown;
}

const expression = z.strictObject({
  name: z.string().optional(),
  expression: z.string(),
  message: z.string().optional(),
});
const policySchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.strictObject({
    failurePolicy: z.enum(["Fail", "Ignore"]).default("Fail"),
    matchConstraints: z.strictObject({
      resourceRules: z.array(
        z.strictObject({
          apiGroups: z.array(z.string()),
          apiVersions: z.array(z.string()),
          operations: z.array(z.string()),
          resources: z.array(z.string()),
        }),
      ),
    }),
    matchConditions: z.array(expression).default([]),
    variables: z.array(z.strictObject({ name: z.string(), expression: z.string() })).default([]),
    validations: z.array(expression).min(1),
  }),
});
export type AdmissionPolicy = z.infer<typeof policySchema>;
const bindingSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.strictObject({ policyName: z.string(), validationActions: z.array(z.enum(["Deny", "Warn", "Audit"])) }),
});

const group = "admissionregistration.k8s.io";
const policies = { group, plural: "validatingadmissionpolicies" };
const bindings = { group, plural: "validatingadmissionpolicybindings" };
const environment = new Environment({ unlistedVariablesAreDyn: false })
  .registerVariable("request", "dyn")
  .registerVariable("object", "dyn")
  .registerVariable("oldObject", "dyn")
  .registerVariable("variables", "dyn");

/** Throws for a policy that says what is not modelled here. */
export function parsePolicy(policy: unknown): AdmissionPolicy {
  return policySchema.parse(policy);
}

/** The messages of the validations that a write is refused with; an expression that fails refuses as well, unless it is to be ignored. */
export function refusalsOf({ spec }: AdmissionPolicy, review: AdmissionReview): readonly string[] {
  const context = whole({ ...review }) as Record<string, unknown>;
  if (!spec.matchConditions.every((condition) => environment.evaluate(condition.expression, context) === true)) {
    return [];
  }
  const variables = variablesOf(spec.variables, context);
  return spec.validations
    .filter((validation) => {
      try {
        return environment.evaluate(validation.expression, { ...context, variables }) !== true;
      } catch {
        return spec.failurePolicy === "Fail";
      }
    })
    .map(({ expression: failed, message }) => message ?? `failed expression: ${failed}`);
}

/** Each may use those before it, and is looked at when it is used: one that fails, fails who uses it. */
function variablesOf(
  declared: AdmissionPolicy["spec"]["variables"],
  context: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const variables: Record<string, unknown> = {};
  for (const { name, expression: one } of declared) {
    try {
      variables[name] = environment.evaluate(one, { ...context, variables });
    } catch {
      // It is not there then, and whoever asks for it fails.
    }
  }
  return variables;
}

/** Which expressions do not compile to a yes or no. */
export function badExpressions({ spec }: AdmissionPolicy): readonly string[] {
  const judged = [...spec.matchConditions, ...spec.validations].flatMap(({ expression: one }) => {
    const { valid, type } = environment.check(one);
    return valid && ["bool", "dyn"].includes(String(type)) ? [] : [one];
  });
  return [
    ...judged,
    ...spec.variables.flatMap((one) => (environment.check(one.expression).valid ? [] : one.expression)),
  ];
}

/** Who writes what. */
export interface Writing {
  readonly user: User;
  readonly type: ResourceType;
  readonly subresource: string | undefined;
  readonly dryRun: boolean;
}

/** Asked before something is written; throws 422 with the words of the first policy that denies it. */
export type Admit = (operation: Operation, name: string, object?: KubeObject, oldObject?: KubeObject) => void;

export function admissionTo(store: ObjectStore, { user, type, subresource, dryRun }: Writing): Admit {
  return (operation, name, object, oldObject) => {
    const bound = store.list(bindings).map((one) => bindingSchema.parse(one));
    for (const { metadata, spec } of bound.filter((one) => one.spec.validationActions.includes("Deny"))) {
      const stored = store.get(policies, undefined, spec.policyName);
      if (stored === undefined) continue;
      const policy = parsePolicy(stored);
      if (!isAbout(policy, operation, type, subresource)) continue;
      const { name: username, groups } = user;
      const request = { operation, userInfo: { username, groups }, dryRun, subResource: subresource ?? "" };
      const [why] = refusalsOf(policy, { request, object: object ?? null, oldObject: oldObject ?? null });
      if (why === undefined) continue;
      const said = `ValidatingAdmissionPolicy '${spec.policyName}' with binding '${metadata.name}' denied request: ${why}`;
      throw apiError(422, "Invalid", `${type.plural} "${name}" is forbidden: ${said}`, {
        ...detailsOf(type, name),
        causes: [{ message: said }],
      });
    }
  };
}

function isAbout(
  { spec }: AdmissionPolicy,
  operation: Operation,
  { group: of, version, plural }: ResourceType,
  subresource: string | undefined,
): boolean {
  const has = (list: readonly string[], value: string) => list.includes("*") || list.includes(value);
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return spec.matchConstraints.resourceRules.some(
    ({ apiGroups, apiVersions, operations, resources }) =>
      has(apiGroups, of) &&
      has(apiVersions, version) &&
      has(operations, operation) &&
      // `*` alone is every resource and none of what is below one.
      resources.some(
        (one) =>
          one === resource ||
          one === "*/*" ||
          (one === "*" && subresource === undefined) ||
          (subresource !== undefined && (one === `${plural}/*` || one === `*/${subresource}`)),
      ),
  );
}

/** Numbers as the API server's CEL has them: whole ones are int. */
function whole(value: unknown): unknown {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(whole);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, whole(inner)]));
}
