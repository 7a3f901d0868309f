import { probeLabels, type WantedProbe } from "../platform/probes.ts";

/** From its start, pulling the image included. The probe itself has a deadline of 20 s. */
export const deadlineSeconds = 60;

/**
 * The pod of a probe. It passes the Pod Security level `restricted` and the admission policy of
 * deploy/bot/account/admission-policy.yaml, which allows the bot no other pod; a test holds the two together. Its labels are
 * none that a Service selects.
 */
export function probeManifest(name: string, { namespace, image, args, run }: WantedProbe): Record<string, unknown> {
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
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10_001,
        runAsGroup: 10_001,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "probe",
          image,
          command: ["node", "/app/src/probe/main.ts"],
          args,
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { cpu: "250m", memory: "128Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}
