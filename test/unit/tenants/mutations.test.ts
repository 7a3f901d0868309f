import { describe, expect, it } from "vitest";
import type { Tenant } from "../../../src/tenants/change.ts";
import { reviewEdits } from "../../../src/tenants/checks/review.ts";
import type { Tree } from "../../../src/tenants/draft.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { appsFolderOf, folderOf, sharedFilesOf } from "../../../src/tenants/places.ts";
import { applied, editsBetween } from "../../../src/tenants/tree.ts";
import { config, own, plainProject, project, shared } from "./project.ts";

/** Each rule by itself: one thing wrong in what was rendered turns one check red, and no other. */

const proposed = (tenant: Tenant, from: Tree) =>
  applied(from, draftChange({ kind: "propose", tenant }, from, config).edits);
const failing = (before: Tree, after: Tree) => [
  ...new Set(
    reviewEdits(editsBetween(before, after), after, config)
      .filter(({ verdict }) => verdict === "fail")
      .map(({ id }) => id),
  ),
];

function mutated(tree: Tree, path: string, from: string | RegExp, to: string): Tree {
  const text = tree.get(path) ?? "";
  const changed = text.replace(from, to);
  expect(changed, `${path} has ${String(from)}`).not.toBe(text);
  return new Map(tree).set(path, changed);
}

type Mutation = readonly [what: string, file: string, from: string | RegExp, to: string, check: string];

const resource: readonly Mutation[] = [
  ["an image that moves", "dragonfly.yaml", ":v1.40.1", ":latest", "policy.image-pinned"],
  ["an image without a tag", "dragonfly.yaml", "dragonfly:v1.40.1", "dragonfly", "policy.image-pinned"],
  ["an image from elsewhere", "dragonfly.yaml", "docker.dragonflydb.io/", "example.com/", "policy.image-repository"],
  ["root", "dragonfly.yaml", "runAsUser: 999", "runAsUser: 0", "policy.non-root"],
  ["leave to be root", "dragonfly.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "policy.non-root"],
  [
    "a root file system to write to",
    "dragonfly.yaml",
    "readOnlyRootFilesystem: true",
    "readOnlyRootFilesystem: false",
    "policy.non-root",
  ],
  ["a capability", "dragonfly.yaml", "drop: [ALL]", "drop: [ALL]\n      add: [NET_RAW]", "policy.non-root"],
  ["no seccomp profile", "dragonfly.yaml", "type: RuntimeDefault", "type: Unconfined", "policy.non-root"],
  ["no limit of memory", "dragonfly.yaml", / {4}limits:\n {6}memory: 2731Mi\n/, "", "policy.limits"],
  ["a limit of CPU", "dragonfly.yaml", /limits:\n/, "limits:\n      cpu: 2\n", "policy.limits"],
  ["no request of CPU", "dragonfly.yaml", '      cpu: "2"\n', "", "policy.limits"],
  ["a budget that lets two pods go", "dragonfly.yaml", "minAvailable: 2", "minAvailable: 1", "policy.pdb"],
  ["a budget that lets no pod go", "dragonfly.yaml", "minAvailable: 2", "minAvailable: 3", "policy.pdb"],
  ["no budget", "dragonfly.yaml", / {2}pdb:\n {4}minAvailable: 2\n/, "", "policy.pdb"],
  ["a probe that is not there", "dragonfly.yaml", "name: dragonfly-readiness", "name: none", "policy.probes"],
  [
    "a probe that asks nobody",
    "probes.yaml",
    /answer=\$\(timeout 4 redis-cli .* PING 2>&1\)/,
    "answer=PONG",
    "policy.probes",
  ],
  ["two pods on a node", "dragonfly.yaml", "DoNotSchedule", "ScheduleAnyway", "policy.spread"],
  [
    "a spread over other pods",
    "dragonfly.yaml",
    /app: dragonfly-payments\n {4}# Over/,
    "app: other\n    # Over",
    "policy.spread",
  ],
  [
    "the password of another Secret",
    "dragonfly.yaml",
    "name: dragonfly-payments\n      key: password",
    "name: other\n      key: password",
    "policy.login",
  ],
  ["no access list", "dragonfly.yaml", / {2}aclFromSecret:\n.*\n.*\n/, "", "policy.login"],
  [
    "the operator's own policy",
    "dragonfly.yaml",
    "networkPolicyEnabled: false",
    "networkPolicyEnabled: true",
    "policy.standing",
  ],
  [
    "no readiness gate",
    "dragonfly.yaml",
    "enableReplicationReadinessGate: true",
    "enableReplicationReadinessGate: false",
    "policy.standing",
  ],
  [
    "another account",
    "dragonfly.yaml",
    "serviceAccountName: dragonfly",
    "serviceAccountName: default",
    "policy.standing",
  ],
  [
    "a label that is the operator's",
    "dragonfly.yaml",
    "  replicas: 3\n",
    "  replicas: 3\n  podMetadata:\n    labels:\n      app: x\n",
    "labels.guard",
  ],
  [
    "a Service that is dfly",
    "dragonfly.yaml",
    "serviceSpec:\n    name: dragonfly-payments",
    "serviceSpec:\n    name: dfly",
    "name.dfly",
  ],
  [
    "a field that the CRD does not have",
    "dragonfly.yaml",
    "  replicas: 3\n",
    "  replicas: 3\n  envFrom: []\n",
    "manifest.valid",
  ],
  [
    "more threads than memory for them",
    "dragonfly.yaml",
    "--proactor_threads=4",
    "--proactor_threads=9",
    "size.threads",
  ],
  ["no maxmemory", "dragonfly.yaml", "    - --proactor_threads=4\n", "", "size.threads"],
  ["too small a volume", "dragonfly.yaml", "storage: 6Gi", "storage: 5Gi", "size.volume"],
  [
    "a cache where a queue was asked for",
    "dragonfly.yaml",
    "    - --dbfilename=dump",
    "    - --cache_mode=true\n    - --dbfilename=dump",
    "tenant.agrees",
  ],
];

const surroundings: readonly Mutation[] = [
  ["pods of any kind", "namespace.yaml", "enforce: restricted", "enforce: privileged", "policy.restricted"],
  ["volumes that go with the folder", "namespace.yaml", "prune: disabled", "prune: enabled", "policy.restricted"],
  ["too small a quota", "resourcequota.yaml", 'pods: "4"', 'pods: "2"', "size.quota"],
  [
    "a quota that keeps pods without a limit out",
    "resourcequota.yaml",
    "  hard:\n",
    "  hard:\n    limits.cpu: 8\n",
    "size.quota",
  ],
  ["a token for the pods", "serviceaccount.yaml", "false", "true", "policy.token"],
  [
    "somebody else's password",
    "externalsecret.yaml",
    "platform/dragonfly/payments",
    "platform/dragonfly/users",
    "policy.secret",
  ],
  [
    "every secret of a place",
    "externalsecret.yaml",
    "  data:\n    - secretKey",
    "  dataFrom:\n    - extract:\n        key: platform/x\n  data:\n    - secretKey",
    "policy.secret",
  ],
  [
    "a Secret that goes with the store",
    "externalsecret.yaml",
    "deletionPolicy: Retain",
    "deletionPolicy: Delete",
    "policy.secret",
  ],
  ["a login without a password", "externalsecret.yaml", ">{{ .password }}", "nopass", "policy.acl"],
  ["a password that nobody guards", "externalsecret.yaml", /\n.*regexMatch.*\n/, "\n", "policy.acl"],
  ["everything allowed", "externalsecret.yaml", "-@all +@read", "-@all +@all +@read", "policy.acl"],
  ["a token that the server cannot read", "externalsecret.yaml", "+client", "+client|list", "policy.acl"],
  ["no line for default", "externalsecret.yaml", "USER default on", "USER payments on", "policy.acl"],
  ["rights for somebody", "rolebinding.yaml", "name: dfbot\n", "name: other\n", "policy.rights"],
  [
    "more rights for the bot",
    "rolebinding.yaml",
    / {2}kind: ClusterRole\n {2}name: .*\n/,
    "  kind: ClusterRole\n  name: cluster-admin\n",
    "policy.rights",
  ],
  [
    "series that nobody can tell apart",
    "podmonitor.yaml",
    "podTargetLabels: [app]",
    "podTargetLabels: [role]",
    "policy.monitored",
  ],
  ["another size than was agreed", "prometheusrule.yaml", "vector(2147483648)", "vector(1)", "tenant.agrees"],
  ["another number of pods than was agreed", "tenant.yaml", 'replicas: "3"', 'replicas: "4"', "tenant.agrees"],
  [
    "an object that no tenant has",
    "podmonitor.yaml",
    /$/,
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n  namespace: dragonfly-payments\n",
    "policy.kinds",
  ],
  [
    "a Pod",
    "podmonitor.yaml",
    /$/,
    "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  namespace: dragonfly-payments\n",
    "policy.kinds",
  ],
  [
    "an object in another namespace",
    "probes.yaml",
    "namespace: dragonfly-payments",
    "namespace: kube-system",
    "policy.namespace",
  ],
  ["a patch", "kustomization.yaml", /$/, "patches: []\n", "kustomization.lists-it"],
  [
    "a file from elsewhere",
    "kustomization.yaml",
    "  - tenant.yaml",
    "  - tenant.yaml\n  - https://example.com/x.yaml",
    "kustomization.lists-it",
  ],
  ["a file that is not applied", "kustomization.yaml", "  - networkpolicy.yaml\n", "", "kustomization.lists-it"],
  ["a variable without a value", "dragonfly.yaml", /\$\{DRAGONFLY_STORAGE_CLASS\}/, `$\${STORAGE}`, "settings.known"],
  ["an owner who is a template", "tenant.yaml", "owner: team payments", 'owner: "{{ .x }}"', "text.plain"],
  [
    "a cluster that is not there",
    "tenant.yaml",
    "clusters: infra, apps",
    "clusters: infra, apps, moon",
    "clusters.known",
  ],
  ["a secret in a note", "README.md", /$/, "glpat-abcdefgh\n", "secret.none"],
  ["text that turns round", "README.md", /$/, "\u202egnihton\n", "text.hidden"],
  ["no YAML", "networkpolicy.yaml", "spec:", "spec: [", "manifest.readable"],
];

const ciliums: readonly Mutation[] = [
  [
    "any namespace",
    "ciliumnetworkpolicy.yaml",
    /operator: In\n +values:\n +- payments-prod\n/,
    "operator: Exists\n",
    "policy.no-wildcard",
  ],
  [
    "the whole cluster",
    "ciliumnetworkpolicy.yaml",
    / {4}- fromEndpoints:\n(.*\n)+? {6}toPorts/,
    "    - fromEntities: [cluster]\n      toPorts",
    "policy.no-wildcard",
  ],
  [
    "the Internet",
    "ciliumnetworkpolicy.yaml",
    "  egress:\n",
    "  egress:\n    - toCIDR: [0.0.0.0/0]\n",
    "policy.no-wildcard",
  ],
  [
    "every port",
    "ciliumnetworkpolicy.yaml",
    / {6}toPorts:\n {8}- ports:\n {12}- port: "6379"\n {14}protocol: TCP\n/,
    "",
    "policy.no-wildcard",
  ],
  [
    "clients on the admin port",
    "ciliumnetworkpolicy.yaml",
    '- port: "6379"\n              protocol: TCP',
    '- port: "6379"\n              protocol: TCP\n            - port: "9999"\n              protocol: TCP',
    "policy.admin-port",
  ],
  [
    "another client",
    "ciliumnetworkpolicy.yaml",
    "- payments-prod\n",
    "- payments-prod\n                - shop\n",
    "policy.clients",
  ],
  [
    "everything, until a policy says no",
    "networkpolicy.yaml",
    "podSelector: {}",
    "podSelector: {matchLabels: {app: x}}",
    "policy.default-deny",
  ],
  [
    "another way out",
    "ciliumnetworkpolicy.yaml",
    "k8s:io.kubernetes.pod.namespace: kube-system",
    "k8s:io.kubernetes.pod.namespace: shop",
    "policy.egress",
  ],
];

const plains: readonly Mutation[] = [
  [
    "every namespace",
    "networkpolicy.yaml",
    /namespaceSelector:\n +matchExpressions:\n(.*\n){4}/,
    "namespaceSelector: {}\n",
    "policy.no-wildcard",
  ],
  [
    "an address block",
    "networkpolicy.yaml",
    /namespaceSelector:\n +matchExpressions:\n(.*\n){4}/,
    "ipBlock: {cidr: 0.0.0.0/0}\n",
    "policy.no-wildcard",
  ],
  [
    "clients on the admin port",
    "networkpolicy.yaml",
    "        - port: 6379\n          protocol: TCP\n",
    "        - port: 6379\n          protocol: TCP\n        - port: 9999\n          protocol: TCP\n",
    "policy.admin-port",
  ],
  ["a policy of an unknown form", "networkpolicy.yaml", "  egress:\n", "  egres:\n", "policy.network"],
];

describe.each([
  ["Cilium", project, [...resource, ...surroundings, ...ciliums]],
  ["plain policies", plainProject, plains],
] as const)("an own instance with %s", (_, from, mutations) => {
  const tree = proposed(own(), from);

  it("breaks no rule as it is rendered", () => {
    expect(failing(from, tree)).toEqual([]);
  });

  it.each(mutations)("%s", (_what, file, old, now, check) => {
    const path = `${folderOf("payments", config)}/${file}`;
    expect(failing(from, mutated(tree, path, old, now))).toEqual([check]);
  });
});

describe("the name in the other cluster", () => {
  const tree = proposed(own(), project);
  const path = `${appsFolderOf("payments", config)}/service.yaml`;

  it.each<[string, string, string]>([
    ["with pods of its own", "  type: ClusterIP\n", "  type: ClusterIP\n  selector: {app: x}\n"],
    ["that others would get backends from", 'shared: "false"', 'shared: "true"'],
    ["open to the outside", "type: ClusterIP", "type: LoadBalancer"],
    ["on another port", "port: 6379", "port: 9999"],
  ])("%s", (_, old, now) => {
    expect(failing(project, mutated(tree, path, old, now))).toEqual(["policy.stub"]);
  });

  it("that is missing", () => {
    const gone = [...tree].filter(([file]) => !file.startsWith(appsFolderOf("payments", config)));
    expect(failing(project, new Map(gone))).toEqual(["kustomization.parents", "policy.stub"]);
  });
});

describe("a tenant on the shared instance", () => {
  const tenant = shared({ name: "shop-web" });
  const tree = proposed(tenant, project);
  const { acl, plainPolicy, ciliumPolicy, botConfig, parent } = sharedFilesOf(config);
  const rule = /USER shop-web .*/;

  it("breaks no rule as it is rendered", () => {
    expect(failing(project, tree)).toEqual([]);
  });

  it.each<[string, string, string | RegExp, string, readonly string[]]>([
    ["everybody's keys", acl, "~{shop-web}*", "~*", ["policy.acl-keys", "policy.acl-users", "tenant.agrees"]],
    [
      "commands that know no keys",
      acl,
      /(USER shop-web .*) -KEYS/,
      "$1",
      ["policy.acl-keys", "policy.acl-users", "tenant.agrees"],
    ],
    [
      "no guard",
      acl,
      /\n.*"shop-web: 24.*\n/,
      "\n",
      ["policy.acl", "policy.acl-keys", "policy.acl-users", "tenant.agrees"],
    ],
    ["no user", acl, rule, "", ["policy.acl-users", "tenant.agrees"]],
    ["a line that the server cannot read", acl, rule, "$&\n          USER", ["policy.acl", "policy.acl-keys"]],
    ["the platform's user out", acl, /\n.*USER dfbot .*/, "", ["policy.acl-users"]],
    ["another store", acl, "ClusterSecretStore", "SecretStore", ["shared.only-lists"]],
    ["only one list", botConfig, "    - payments-prod\n", "", ["lists.agree", "tenant.agrees"]],
    [
      "another client in one list",
      plainPolicy,
      "- payments-prod\n",
      "- payments-prod\n                  - x\n",
      ["lists.agree"],
    ],
    ["a rule beside the list", ciliumPolicy, 'port: "9999"', 'port: "6379"', ["shared.only-lists"]],
    ["who approves", botConfig, "quorum: 2", "quorum: 1", ["shared.only-lists"]],
    ["a folder that is not there", parent, "  - shop-web\n", "  - shop-web\n  - shop\n", ["kustomization.parents"]],
    ["no line in the parent", parent, "\n  - shop-web\n", " []\n", ["kustomization.lists-it"]],
  ])("%s", (_, path, old, now, checks) => {
    expect(failing(project, mutated(tree, path, old, now))).toEqual(checks);
  });
});
