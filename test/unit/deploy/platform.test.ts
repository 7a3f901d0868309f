import { describe, expect, it } from "vitest";
import { ObjectStore } from "../../../sandbox/kubernetes/object-store.ts";
import { places } from "../../../sandbox/world/places.ts";
import { reconcileExternalSecrets } from "../../../sandbox/world/platform/external-secrets.ts";
import { reconcileHelmReleases } from "../../../sandbox/world/platform/operator-chart.ts";
import { applyPlatform } from "../../../sandbox/world/platform/platform.ts";
import { renderTemplate } from "../../../sandbox/world/platform/secret-template.ts";
import { createVault } from "../../../sandbox/world/platform/vault.ts";
import { record } from "../../../sandbox/world/views.ts";

/** The stand-ins that make the sandbox's clusters of the manifests: a mistake in a manifest must not pass them. */

const users = "platform/dragonfly/users";

function infra(vault = createVault()) {
  const store = new ObjectStore();
  applyPlatform(store, "infra", vault);
  return store;
}

function secret(store: ObjectStore, name: string, key: string): string {
  const data = record(store.get(places.secrets, "dragonfly-system", name)?.["data"]);
  return Buffer.from(String(data[key]), "base64").toString("utf8");
}

describe("the shipped ACL", () => {
  it("closes default, and names each consumer with the password of its own", () => {
    const vault = createVault();
    const lines = secret(infra(vault), "dragonfly-acl", "dragonfly.acl").trim().split("\n");
    expect(lines.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "USER default off",
      "USER dfbot on",
      "USER gitlab on",
      "USER harbor on",
    ]);
    for (const line of lines) {
      const [, name = "", , password] = line.split(" ");
      expect(password).toBe(`>${vault[users]?.[name]}`);
    }
  });

  it.each([
    ["a space", "two words that are long enough for it"],
    ["a sign that ends the rule", "long-enough-but-with-a->-in-it"],
    ["too few letters", "short"],
    ["a new line", "long-enough-for-the-guard\nUSER x on nopass +@all ~*"],
  ])("is not made with a password of %s, and the Secret stays as it was", (_, password) => {
    const vault = createVault();
    const store = infra(vault);
    const before = secret(store, "dragonfly-acl", "dragonfly.acl");
    reconcileExternalSecrets(store, { ...vault, [users]: { ...vault[users], harbor: password } });
    expect(secret(store, "dragonfly-acl", "dragonfly.acl")).toBe(before);
    const status = store.get(places.externalSecrets, "dragonfly-system", "dragonfly-acl")?.["status"];
    expect(JSON.stringify(status)).toContain("error calling fail: harbor: 24 to 128 letters, digits, - or _");
  });

  it("keeps the cluster from coming up when a user has no password", () => {
    const vault = createVault();
    const { harbor: _, ...rest } = vault[users] ?? {};
    expect(() => infra({ ...vault, [users]: rest })).toThrow(/dragonfly-acl.*\.harbor/);
  });
});

describe("a template", () => {
  it("with an action that is not modelled is an error, not text in a Secret", () => {
    expect(() => renderTemplate("{{ .a | b64enc }}", { a: "x" })).toThrow("{{ .a | b64enc }}");
    expect(() => renderTemplate("{{ .b }}", { a: "x" })).toThrow(".b");
  });
});

describe("the operator's chart", () => {
  const place = { namespace: "dragonfly-operator-system", name: "dragonfly-operator" };

  /** What the HelmRelease says after its spec, or that of its repository, was changed. */
  function outcome(change: { readonly values?: object; readonly ref?: object }): string {
    const store = infra();
    store.patch(places.ociRepositories, "flux-system", place.name, (object) => {
      object["spec"] = { ...record(object["spec"]), ...(change.ref === undefined ? {} : { ref: change.ref }) };
    });
    store.patch(places.helmReleases, place.namespace, place.name, (object) => {
      const spec = record(object["spec"]);
      object["spec"] = { ...spec, interval: "1m", values: { ...record(spec["values"]), ...change.values } };
    });
    reconcileHelmReleases(store);
    return JSON.stringify(store.get(places.helmReleases, place.namespace, place.name)?.["status"]);
  }

  it("is installed as shipped", () => {
    expect(outcome({})).toContain("InstallSucceeded");
  });

  it.each([
    [
      "a value that it does not have, which Helm would pass over",
      { values: { replicas: 2 } },
      /InstallFailed.*replicas/,
    ],
    ["a value of the wrong type", { values: { replicaCount: "two" } }, /InstallFailed.*replicaCount/],
    ["a version that is not there", { ref: { tag: "1.6.1" } }, /InstallFailed.*:v1\.6\.1 only/],
  ])("refuses %s", (_, change, words) => {
    expect(outcome(change)).toMatch(words);
  });
});
