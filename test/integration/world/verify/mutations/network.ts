import { places } from "../../../../../sandbox/world/places.ts";
import type { Mutation } from "../mutation.ts";
import { appsCutOff } from "./where.ts";

/** What no object says: only a connection from there meets it. */
export const network: readonly Mutation[] = [
  {
    name: "the network enforces no policy",
    red: ["ac4.enforced"],
    tried: true,
    make: ({ networkFaults }) => {
      networkFaults.drops = "nothing";
      return async () => {
        networkFaults.drops = undefined;
      };
    },
  },
  {
    name: "the network drops what the policies allow",
    red: appsCutOff,
    tried: true,
    make: ({ networkFaults }) => {
      networkFaults.drops = "everything";
      return async () => {
        networkFaults.drops = undefined;
      };
    },
  },
  {
    name: "the DNS of apps answers nobody",
    red: appsCutOff,
    tried: true,
    make: ({ networkFaults }) => {
      networkFaults.silentDns.add("apps");
      return async () => networkFaults.silentDns.delete("apps");
    },
  },
  {
    name: "GitLab's namespace takes no probe",
    red: appsCutOff,
    tried: true,
    make: ({ apps }) => {
      apps.objects.create(places.quotas, {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { namespace: "gitlab-system", name: "full" },
        spec: { hard: { pods: "0" } },
      });
    },
  },
];
