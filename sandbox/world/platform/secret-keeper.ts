import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { listViews } from "../views.ts";
import type { Vault } from "./external-secrets.ts";

const wantedView = z.looseObject({
  spec: z.looseObject({
    data: z.array(z.looseObject({ remoteRef: z.looseObject({ key: z.string(), property: z.string() }) })).default([]),
    dataFrom: z.array(z.looseObject({ extract: z.looseObject({ key: z.string() }) })).default([]),
    target: z.looseObject({
      template: z.looseObject({ data: z.record(z.string(), z.string()).default({}) }).prefault({}),
    }),
  }),
});

/** What a template takes out of the secret: `.name` and `index . "name"`. */
const taken = /\{\{-? (?:if not \(regexMatch "[^"]*" )?(?:\.([A-Za-z]\w*)|\(?index \. "([^"]+)")/g;

/**
 * Does what a person does who puts a password where a new tenant's ExternalSecret looks for it: for people who try the sandbox, and have
 * no secret store to put it into.
 */
export function provideSecrets(store: ObjectStore, vault: Record<string, Vault[string]>): void {
  const put = (path: string, property: string) => {
    if (vault[path]?.[property] !== undefined) return;
    vault[path] = { ...vault[path], [property]: randomBytes(24).toString("hex") };
  };
  for (const { spec } of listViews(store, places.externalSecrets, wantedView)) {
    for (const { remoteRef } of spec.data) put(remoteRef.key, remoteRef.property);
    const [from] = spec.dataFrom;
    if (from === undefined) continue;
    for (const text of Object.values(spec.target.template.data)) {
      for (const [, field, key] of text.matchAll(taken)) put(from.extract.key, field ?? key ?? "");
    }
  }
}
