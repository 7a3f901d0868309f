import { type CredentialsReference, probeLabels, type WantedProbe } from "../platform/probes.ts";

/** From its start, pulling the image included. The probe itself has a deadline of 20 s. */
export const deadlineSeconds = 60;

const user = { runAsNonRoot: true, runAsUser: 10_001, runAsGroup: 10_001 };
const seccomp = { seccompProfile: { type: "RuntimeDefault" } };

/**
 * The pod of a probe. It passes the Pod Security level `restricted` and the admission policy of
 * deploy/bot/account/admission-policy.yaml, which allows the bot no other pod; a test holds the two together. Its labels are
 * none that a Service selects.
 */
export function probeManifest(name: string, wanted: WantedProbe): Record<string, unknown> {
  const { namespace, run } = wanted;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { ...probeLabels, "dfbot.platform/run": run } },
    spec: {
      restartPolicy: "Never",
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 2,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { ...user, ...seccomp },
      containers: [
        {
          ...probeContainer("probe", wanted),
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { cpu: "250m", memory: "128Mi" } },
        },
      ],
    },
  };
}

/**
 * The same as an ephemeral container of a pod that is there. What the pod's own security context says must not matter, so it says
 * itself who it is. The API server takes no limits, ports, probes or deadline for one.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
 */
export function ephemeralProbe(name: string, wanted: WantedProbe): Record<string, unknown> {
  const container = probeContainer(name, wanted);
  return { ...container, securityContext: { ...container.securityContext, ...user, ...seccomp } };
}

function probeContainer(name: string, { image, args, credentials }: WantedProbe) {
  return {
    name,
    image,
    command: ["node", "/app/src/probe/main.ts"],
    args,
    ...(credentials === undefined ? {} : { env: environmentOf(credentials) }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}

/** Optional, so that a Secret that is not there lets the probe run without, and say all the rest. */
function environmentOf({ secret, user: named }: CredentialsReference) {
  const from = (key: string) => ({ valueFrom: { secretKeyRef: { name: secret, key, optional: true } } });
  return [
    { name: "PROBE_USER", ...(named === undefined ? from("username") : { value: named }) },
    { name: "PROBE_PASSWORD", ...from("password") },
  ];
}
