import { stringify } from "yaml";

export interface ContextEntry {
  /** Also the name of the cluster and, with `-user`, of the user. */
  readonly context: string;
  readonly server: string;
  readonly caCertPem: string;
  readonly token: string;
}

/** The text of a kubeconfig with one context an entry; the first one is current. */
export function kubeconfig(entries: readonly ContextEntry[]): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": entries[0]?.context ?? "",
    clusters: entries.map(({ context, server, caCertPem }) => ({
      name: context,
      cluster: { server, "certificate-authority-data": Buffer.from(caCertPem).toString("base64") },
    })),
    users: entries.map(({ context, token }) => ({ name: `${context}-user`, user: { token } })),
    contexts: entries.map(({ context }) => ({ name: context, context: { cluster: context, user: `${context}-user` } })),
  });
}
