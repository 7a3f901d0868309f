import { z } from "zod";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { listViews, record } from "../views.ts";
import { renderTemplate } from "./secret-template.ts";

/** What the store of secrets holds: properties by path. */
export type Vault = Readonly<Record<string, Readonly<Record<string, string>>>>;

const remote = z.strictObject({ key: z.string(), property: z.string() });
const externalSecretView = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), generation: z.number().default(1) }),
  spec: z.strictObject({
    refreshInterval: z.string(),
    secretStoreRef: z.strictObject({ kind: z.literal("ClusterSecretStore"), name: z.literal("platform") }),
    data: z.array(z.strictObject({ secretKey: z.string(), remoteRef: remote })).default([]),
    dataFrom: z.array(z.strictObject({ extract: z.strictObject({ key: z.string() }) })).default([]),
    target: z.strictObject({
      name: z.string(),
      creationPolicy: z.literal("Owner"),
      deletionPolicy: z.literal("Retain"),
      template: z
        .strictObject({
          engineVersion: z.literal("v2"),
          mergePolicy: z.enum(["Replace", "Merge"]).default("Replace"),
          data: z.record(z.string(), z.string()),
        })
        .optional(),
    }),
  }),
});
type ExternalSecret = z.infer<typeof externalSecretView>;

/**
 * The External Secrets operator: makes a Secret of every ExternalSecret and says in its status whether that worked. One
 * that cannot be made leaves the Secret as it was. `vault` is undefined while the store of secrets is away.
 */
export function reconcileExternalSecrets(store: ObjectStore, vault: Vault | undefined): void {
  for (const wanted of listViews(store, places.externalSecrets, externalSecretView)) {
    const { namespace, name } = wanted.metadata;
    let message = "secret synced";
    try {
      if (vault === undefined) throw new Error("error calling the secret store: dial tcp: i/o timeout");
      apply(store, wanted, secretData(wanted, vault));
    } catch (error) {
      message = `could not update secret: ${error instanceof Error ? error.message : String(error)}`;
    }
    const synced = message === "secret synced";
    const condition = {
      type: "Ready",
      status: synced ? "True" : "False",
      reason: synced ? "SecretSynced" : "SecretSyncedError",
      message,
    };
    store.patch(places.externalSecrets, namespace, name, (object) => {
      const status = record(object["status"]);
      const [before] = z
        .array(z.looseObject({ message: z.string() }))
        .catch([])
        .parse(status["conditions"]);
      if (before?.message === message) return;
      object["status"] = {
        ...status,
        conditions: [{ ...condition, lastTransitionTime: new Date().toISOString() }],
      };
    });
  }
}

function secretData({ spec }: ExternalSecret, vault: Vault): Record<string, string> {
  const path = (key: string) => {
    const found = vault[key];
    if (found === undefined) throw new Error(`Secret does not exist: ${key}`);
    return found;
  };
  const values: Record<string, string> = {};
  for (const { extract } of spec.dataFrom) Object.assign(values, path(extract.key));
  for (const { secretKey, remoteRef } of spec.data) {
    const value = path(remoteRef.key)[remoteRef.property];
    if (value === undefined) throw new Error(`key ${remoteRef.property} does not exist in secret ${remoteRef.key}`);
    values[secretKey] = value;
  }
  const { template } = spec.target;
  if (template === undefined) return values;
  const rendered = Object.fromEntries(
    Object.entries(template.data).map(([key, text]) => [key, renderTemplate(text, values)]),
  );
  return template.mergePolicy === "Merge" ? { ...values, ...rendered } : rendered;
}

function apply(store: ObjectStore, { metadata, spec }: ExternalSecret, data: Record<string, string>): void {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
  const before = store.get(places.secrets, metadata.namespace, spec.target.name);
  if (JSON.stringify(before?.["data"]) === JSON.stringify(encoded)) return;
  store.apply(places.secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: spec.target.name, namespace: metadata.namespace },
    type: "Opaque",
    data: encoded,
  });
}
