import { describe, expect, it } from "vitest";
import { type AdmissionReview, badExpressions } from "../../../sandbox/kubernetes/admission-policies.ts";
import { ephemeralProbe, probeManifest } from "../../../src/kubernetes/probe-manifest.ts";
import { bot, policiesCalled, refusals, review } from "./admission.ts";
import { clusters, settings } from "./tree.ts";

const policies = policiesCalled("dfbot-probe-pods");
const evictionPolicies = policiesCalled("dfbot-evictions");
const dryRunPolicies = policiesCalled("dfbot-dry-run");

const container = {
  name: "probe",
  image: settings["DFBOT_IMAGE"],
  args: ["probe", "dragonfly.dragonfly-system.svc.cluster.local:6379"],
  resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "100m", memory: "128Mi" } },
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
};
const spec = {
  restartPolicy: "Never",
  activeDeadlineSeconds: 60,
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
  containers: [container],
};
const labels = { "app.kubernetes.io/name": "dfbot-probe", "dfbot.platform/run": "r-1" };
const probe = { metadata: { name: "dfbot-probe-1", namespace: "harbor", labels }, spec };

const withSpec = (change: object) => ({ ...probe, spec: { ...spec, ...change } });
const withContainer = (change: object) => withSpec({ containers: [{ ...container, ...change }] });
const withSecurity = (change: object) =>
  withContainer({ securityContext: { ...container.securityContext, ...change } });
const without = (value: object, key: string) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

const oneContainer = "a probe is one container without volumes";
const ownImage = "a probe runs the bot's own pinned image";
const noToken = "a probe has no service account token";
const ends = "a probe ends by itself within two minutes";
const noHost = "a probe has nothing of the host, and goes where the scheduler puts it";
const notRoot = "a probe does not run as root, and has the runtime's seccomp profile";
const noPrivileges = "a probe's container has no privileges, no capabilities and a read-only root";
const limits = "a probe has limits for cpu and memory";
const noReferences =
  "a probe takes nothing from Secrets or ConfigMaps but username and password of a Secret that is called dragonfly";
const asksOnly = "a probe with a password, or in a pod that is there, asks an instance and does nothing else";
const labelled =
  "a probe is labelled app.kubernetes.io/name=dfbot-probe and dfbot.platform/run, and nothing that a Service could select";

const deviations: readonly (readonly [string, object, string])[] = [
  ["no labels at all", { ...probe, metadata: { name: "x" } }, labelled],
  [
    "another name label",
    { ...probe, metadata: { labels: { ...labels, "app.kubernetes.io/name": "gitlab" } } },
    labelled,
  ],
  ["a label that a Service selects", { ...probe, metadata: { labels: { ...labels, app: "dragonfly" } } }, labelled],
  ["a second container", withSpec({ containers: [container, container] }), oneContainer],
  ["no container", withSpec({ containers: [] }), oneContainer],
  ["an init container", withSpec({ initContainers: [container] }), oneContainer],
  ["an ephemeral container", withSpec({ ephemeralContainers: [container] }), oneContainer],
  ["a volume", withSpec({ volumes: [{ name: "x", hostPath: { path: "/" } }] }), oneContainer],
  ["another image", withContainer({ image: "busybox:1" }), ownImage],
  ["another tag", withContainer({ image: `${container.image}-x` }), ownImage],
  ["a token", withSpec({ automountServiceAccountToken: true }), noToken],
  ["a token by default", { ...probe, spec: without(spec, "automountServiceAccountToken") }, noToken],
  ["another account", withSpec({ serviceAccountName: "harbor" }), noToken],
  ["a long life", withSpec({ activeDeadlineSeconds: 121 }), ends],
  ["no end", { ...probe, spec: without(spec, "activeDeadlineSeconds") }, ends],
  ["restarts", withSpec({ restartPolicy: "Always" }), ends],
  ["restarts by default", { ...probe, spec: without(spec, "restartPolicy") }, ends],
  ["the node's network", withSpec({ hostNetwork: true }), noHost],
  ["the node's processes", withSpec({ hostPID: true }), noHost],
  ["the node's memory", withSpec({ hostIPC: true }), noHost],
  ["a chosen node", withSpec({ nodeName: "infra-1" }), noHost],
  ["a port of the node", withContainer({ ports: [{ containerPort: 80, hostPort: 80 }] }), noHost],
  ["root allowed", withSpec({ securityContext: { ...spec.securityContext, runAsNonRoot: false } }), notRoot],
  ["no security context", { ...probe, spec: without(spec, "securityContext") }, notRoot],
  ["no seccomp profile", withSpec({ securityContext: { runAsNonRoot: true } }), notRoot],
  [
    "seccomp off",
    withSpec({ securityContext: { runAsNonRoot: true, seccompProfile: { type: "Unconfined" } } }),
    notRoot,
  ],
  [
    "a container without context",
    { ...probe, spec: { ...spec, containers: [without(container, "securityContext")] } },
    noPrivileges,
  ],
  ["a privileged container", withSecurity({ privileged: true }), noPrivileges],
  ["escalation", withSecurity({ allowPrivilegeEscalation: true }), noPrivileges],
  [
    "escalation by default",
    withContainer({ securityContext: without(container.securityContext, "allowPrivilegeEscalation") }),
    noPrivileges,
  ],
  ["a root that can be written", withSecurity({ readOnlyRootFilesystem: false }), noPrivileges],
  ["root in the container", withSecurity({ runAsUser: 0 }), noPrivileges],
  ["root allowed in the container", withSecurity({ runAsNonRoot: false }), noPrivileges],
  ["seccomp off in the container", withSecurity({ seccompProfile: { type: "Unconfined" } }), noPrivileges],
  ["capabilities kept", withSecurity({ capabilities: { drop: ["CHOWN"] } }), noPrivileges],
  ["a capability added", withSecurity({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }), noPrivileges],
  ["no limits", withContainer({ resources: {} }), limits],
  ["no limit for cpu", withContainer({ resources: { limits: { memory: "1Gi" } } }), limits],
  ["no limit for memory", withContainer({ resources: { limits: { cpu: "1" } } }), limits],
  ["all of a Secret", withContainer({ envFrom: [{ secretRef: { name: "x" } }] }), noReferences],
];

const image = settings["DFBOT_IMAGE"] ?? "";
const address = ["--host", "dragonfly.dragonfly-system.svc.cluster.local", "--port", "6379", "--stage-ms", "4000"];
const asking = {
  cluster: "infra",
  namespace: "harbor",
  image,
  args: [...address, "--own-prefix"],
  run: "c-0123456789",
};

/** What the bot makes with a Secret's password, changed. */
interface Change {
  readonly container?: object;
  readonly spec?: object;
  /** Of PROBE_USER and PROBE_PASSWORD. */
  readonly env?: readonly object[];
}
const passwordFrom = (change: object, name = "PROBE_PASSWORD") => ({
  name,
  valueFrom: { secretKeyRef: { name: "dragonfly-harbor", key: "password", optional: true, ...change } },
});
const probeWithPassword = ({ container: of = {}, spec: more = {}, env = [passwordFrom({})] }: Change) => {
  const made = probeManifest("dfbot-probe-01234567", { ...asking, credentials: { secret: "dragonfly-harbor" } });
  const whole = made["spec"] as { readonly containers: readonly object[] };
  return { ...made, spec: { ...whole, containers: [{ ...whole.containers[0], env, ...of }], ...more } };
};
const args = (...words: string[]) => ({ container: { args: words } });
const elsewhere = (host: string) => args("--host", host, ...address.slice(2), "--own-prefix");

const withPassword: readonly (readonly [string, Change, string])[] = [
  ["of another Secret", { env: [passwordFrom({ name: "harbor-core" })] }, noReferences],
  ["of a Secret that only ends like one", { env: [passwordFrom({ name: "not-dragonfly" })] }, noReferences],
  ["another key", { env: [passwordFrom({ key: "dragonfly.acl" })] }, noReferences],
  ["its password as a user name, which is printed", { env: [passwordFrom({}, "PROBE_USER")] }, noReferences],
  ["a wait for a Secret that is not there", { env: [passwordFrom({ optional: false })] }, noReferences],
  [
    "a ConfigMap",
    { env: [passwordFrom({}), { name: "PROBE_USER", valueFrom: { configMapKeyRef: { name: "x", key: "username" } } }] },
    noReferences,
  ],
  ["the rest of the Secret", { container: { envFrom: [{ secretRef: { name: "dragonfly-harbor" } }] } }, noReferences],
  ["another program", { container: { command: ["node", "-e", "console.log(process.env)"] } }, asksOnly],
  ["a program before it", { env: [passwordFrom({}), { name: "NODE_OPTIONS", value: "--import=data:," }] }, asksOnly],
  [
    "a user name that is its password",
    { env: [passwordFrom({}), { name: "PROBE_USER", value: "$(PROBE_PASSWORD)" }] },
    asksOnly,
  ],
  ["another address", elsewhere("10.0.0.1"), asksOnly],
  ["a name outside", elsewhere("dragonfly.example.com"), asksOnly],
  ["a Service of somebody else", elsewhere("dragonfly.harbor.svc.cluster.local"), asksOnly],
  ["a name that is its password", elsewhere("$(PROBE_PASSWORD).dragonfly-x.svc.cluster.local"), asksOnly],
  ["a second address", args(...address, "--host", "10.0.0.1", "--own-prefix"), asksOnly],
  ["another port", args(...address.slice(0, 3), "9999", ...address.slice(4), "--own-prefix"), asksOnly],
  ["a hook", { container: { lifecycle: { postStart: { exec: { command: ["env"] } } } } }, asksOnly],
  ["a health check", { container: { livenessProbe: { exec: { command: ["env"] } } } }, asksOnly],
  ["a last word from another file", { container: { terminationMessagePath: "/proc/1/environ" } }, asksOnly],
  ["names of its own", { spec: { hostAliases: [{ ip: "10.0.0.1", hostnames: ["dragonfly"] }] } }, asksOnly],
  ["another name server", { spec: { dnsPolicy: "None", dnsConfig: { nameservers: ["10.0.0.1"] } } }, asksOnly],
  ["the node's name server", { spec: { dnsPolicy: "Default" } }, asksOnly],
];

const somebodys = {
  metadata: { name: "web-0", namespace: "harbor", labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "nginx:1" }] },
};
const withEphemeral = (ephemeralContainers: readonly object[]) => ({
  ...somebodys,
  spec: { ...somebodys.spec, ephemeralContainers },
});
const added = (before: { readonly spec: object }, ephemeralContainers: readonly object[]): AdmissionReview => {
  const asked = review("UPDATE", { ...before, spec: { ...before.spec, ephemeralContainers } }, before);
  return { ...asked, request: { ...asked.request, subResource: "ephemeralcontainers" } };
};
const noChange = "the bot changes no pod, but for adding one probe to it";
const looksOnly = "a probe in a pod is named as one, looks into no other container and mounts nothing";
const inside = ephemeralProbe("dfbot-probe-01234567-c-1", { ...asking, credentials: { secret: "dragonfly-harbor" } });
const secured = inside["securityContext"] as object;
const changed = (change: object) => added(somebodys, [{ ...inside, ...change }]);
const unsecured = (key: string) => changed({ securityContext: without(secured, key) });
const secure = (change: object) => changed({ securityContext: { ...secured, ...change } });

const inPod: readonly (readonly [string, AdmissionReview, string])[] = [
  ["nothing", added(somebodys, []), noChange],
  ["two probes at once", added(somebodys, [inside, { ...inside, name: "dfbot-probe-2" }]), noChange],
  ["another's container taken away", added(withEphemeral([{ name: "debugger", image: "x" }]), [inside]), noChange],
  [
    "another's container changed",
    added(withEphemeral([{ name: "debugger", image: "x" }]), [{ name: "debugger", image: "y" }, inside]),
    noChange,
  ],
  ["a container of another name", changed({ name: "debugger-x" }), looksOnly],
  ["a probe that sees another's processes", changed({ targetContainerName: "web" }), looksOnly],
  ["a probe that mounts what the pod has", changed({ volumeMounts: [{ name: "data", mountPath: "/x" }] }), looksOnly],
  ["a probe on its disks", changed({ volumeDevices: [{ name: "data", devicePath: "/x" }] }), looksOnly],
  ["a probe that one types into", changed({ stdin: true }), looksOnly],
  ["a probe with a terminal", changed({ tty: true }), looksOnly],
  ["another image", changed({ image: "busybox:1" }), ownImage],
  ["a probe without a word on its user", unsecured("runAsNonRoot"), notRoot],
  ["a probe as the pod's user", unsecured("runAsUser"), notRoot],
  ["a probe without a seccomp profile", unsecured("seccompProfile"), notRoot],
  ["a probe as root", secure({ runAsUser: 0 }), noPrivileges],
  ["a probe that may be root", secure({ runAsNonRoot: false }), noPrivileges],
  ["a privileged probe", secure({ privileged: true }), noPrivileges],
  ["a probe with a capability", secure({ capabilities: { drop: ["ALL"], add: ["NET_RAW"] } }), noPrivileges],
  ["a probe with another Secret", changed({ env: [passwordFrom({ name: "web-tls" })] }), noReferences],
  ["another program", changed({ command: ["sh"] }), asksOnly],
  ["a program of no name", added(somebodys, [without(inside, "command")]), asksOnly],
  ["another variable", changed({ env: [{ name: "NODE_OPTIONS", value: "--inspect" }] }), asksOnly],
  ["a way to somebody else", changed({ args: ["--host", "10.0.0.1", ...address.slice(2)] }), asksOnly],
];

it("is in both clusters, over pods and what can be put into a running one", () => {
  expect([...new Set(policies.map(({ name }) => name))]).toEqual(clusters.map(({ name }) => name));
  for (const { policy, rules } of policies) {
    expect(policy.spec.failurePolicy).toBe("Fail");
    expect(rules).toEqual([
      {
        apiGroups: [""],
        apiVersions: ["v1"],
        operations: ["CREATE", "UPDATE", "DELETE"],
        resources: ["pods", "pods/ephemeralcontainers"],
      },
    ]);
  }
});

describe.each(policies)("the policy for probe pods in $name", (policy) => {
  it("compiles", () => {
    expect(badExpressions(policy.policy)).toEqual([]);
  });

  it("lets a probe in, also as the API server completes it, and with plain variables", () => {
    const completed = withSpec({
      serviceAccountName: "default",
      schedulerName: "default-scheduler",
      terminationGracePeriodSeconds: 30,
      hostNetwork: false,
      containers: [{ ...container, env: [{ name: "A", value: "b" }], ports: [{ containerPort: 80 }] }],
    });
    expect(refusals(policy, review("CREATE", probe, null))).toEqual([]);
    expect(refusals(policy, review("CREATE", completed, null))).toEqual([]);
  });

  it("lets the very pod in that the bot makes", () => {
    const wanted = { ...asking, args: ["--host", "x"] };
    const made = probeManifest("dfbot-probe-01234567", wanted);
    expect(refusals(policy, review("CREATE", made, null))).toEqual([]);
    expect(refusals(policy, review("DELETE", null, made))).toEqual([]);
    const other = probeManifest("dfbot-probe-01234567", { ...wanted, image: "busybox:1" });
    expect(refusals(policy, review("CREATE", other, null))).toEqual([ownImage]);
  });

  it.each(deviations)("refuses %s, and says why", (_, pod, message) => {
    expect(refusals(policy, review("CREATE", pod, null))).toEqual([message]);
  });

  it("has no message that no deviation shows", () => {
    const shown = [
      ...[...deviations, ...withPassword, ...inPod].map(([, , message]) => message),
      "the bot deletes its probes only",
    ];
    expect(new Set(policy.policy.spec.validations.map(({ message }) => message))).toEqual(new Set(shown));
  });

  it("lets a probe have username and password of a Secret that is called dragonfly, or dragonfly- and more", () => {
    for (const name of ["dragonfly", "dragonfly-harbor"]) {
      const made = probeManifest("dfbot-probe-01234567", { ...asking, credentials: { secret: name } });
      expect(refusals(policy, review("CREATE", made, null))).toEqual([]);
    }
    const named = { secret: "dragonfly-payments", user: "payments" };
    expect(refusals(policy, review("CREATE", probeManifest("x", { ...asking, credentials: named }), null))).toEqual([]);
  });

  it.each(withPassword)("refuses a probe with a password and %s", (_, change, message) => {
    expect(refusals(policy, review("CREATE", probeWithPassword(change), null))).toEqual([message]);
  });

  it("lets one probe be added to a pod that is there, with a password or without, beside those that it has", () => {
    for (const credentials of [undefined, { secret: "dragonfly-harbor" }]) {
      const container = ephemeralProbe("dfbot-probe-01234567-c-1", { ...asking, credentials });
      expect(refusals(policy, added(somebodys, [container]))).toEqual([]);
      const known = withEphemeral([{ name: "debugger-x", image: "busybox:1" }]);
      expect(refusals(policy, added(known, [...known.spec.ephemeralContainers, container]))).toEqual([]);
    }
  });

  it.each(inPod)("refuses that a pod gets %s", (_, change, message) => {
    expect(refusals(policy, change)).toEqual([message]);
  });

  it("lets nothing else be changed, not even a probe", () => {
    const changes = { ...review("UPDATE", probe, probe) };
    expect(refusals(policy, changes)).toEqual([noChange]);
    const status = { ...changes, request: { ...changes.request, subResource: "status" } };
    expect(refusals(policy, status)).toEqual([noChange]);
  });

  it("lets probes be deleted, and no other pod", () => {
    const member = (role: string) => ({
      metadata: { name: "dragonfly-0", labels: { "app.kubernetes.io/name": "dragonfly", role } },
    });
    expect(refusals(policy, review("DELETE", null, probe))).toEqual([]);
    for (const other of [member("replica"), member("master"), { metadata: { name: "x" } }]) {
      expect(refusals(policy, review("DELETE", null, other))).toEqual(["the bot deletes its probes only"]);
    }
  });

  it("is nobody else's business", () => {
    const somebody = "system:serviceaccount:harbor:default";
    expect(refusals(policy, review("CREATE", withSpec({ hostNetwork: true }), null, somebody))).toEqual([]);
  });
});

describe.each(evictionPolicies)("the policy for evictions in $name", (policy) => {
  const metadata = { name: "dragonfly-1", namespace: "dragonfly-system" };

  it("wants the uid of the very pod", () => {
    const named = { metadata, deleteOptions: { preconditions: { uid: "u-1" } } };
    expect(refusals(policy, review("CREATE", named, null))).toEqual([]);
    const without = [
      { metadata },
      { metadata, deleteOptions: {} },
      { metadata, deleteOptions: { preconditions: {} } },
      { metadata, deleteOptions: { preconditions: { uid: "" } } },
    ];
    for (const object of without) {
      expect(refusals(policy, review("CREATE", object, null))).toEqual(["the bot evicts one very pod, by its uid"]);
    }
  });
});

describe.each(dryRunPolicies)("the policy for Dragonfly resources in $name", (policy) => {
  const instance = { metadata: { name: "dragonfly-payments", namespace: "dragonfly-bot" } };
  const asked = (operation: string, request: object, username = bot): AdmissionReview => {
    const { request: who, ...rest } = review(operation, instance, null, username);
    return { ...rest, request: { ...who, ...request } };
  };
  const onlyAsks = ["the bot only asks whether a Dragonfly resource would be taken, by a dry-run"];

  it("lets the bot ask by a dry-run, and create nothing", () => {
    expect(refusals(policy, asked("CREATE", { dryRun: true }))).toEqual([]);
    expect(refusals(policy, asked("CREATE", { dryRun: false }))).toEqual(onlyAsks);
    expect(refusals(policy, asked("CREATE", {}))).toEqual(onlyAsks);
  });

  it("lets it change and delete nothing, not even as a dry-run", () => {
    for (const operation of ["UPDATE", "DELETE"]) {
      expect(refusals(policy, asked(operation, { dryRun: true }))).toEqual(onlyAsks);
    }
  });

  it("is over every version of the resource and its subresources, and nobody else's business", () => {
    expect(policy.rules).toEqual([
      {
        apiGroups: ["dragonflydb.io"],
        apiVersions: ["*"],
        operations: ["CREATE", "UPDATE", "DELETE"],
        resources: ["dragonflies", "dragonflies/*"],
      },
    ]);
    expect(policy.policy.spec.failurePolicy).toBe("Fail");
    expect(refusals(policy, asked("CREATE", {}, "system:serviceaccount:flux-system:kustomize-controller"))).toEqual([]);
  });
});
