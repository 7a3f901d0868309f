import type { OwnInstance } from "./own-instance.ts";

/** Of the bot: what it may do in a tenant's namespace is one ClusterRole, the same for all. */
export const readerRole = "dfbot-instance-reader";
/** The same in the other cluster, where there are names only. */
export const namesRole = "dfbot-names-reader";

export function renderRoleBinding(own: OwnInstance): string {
  return bindingOf(own, readerRole, "how the instance is");
}

export function renderNamesBinding(own: OwnInstance): string {
  return bindingOf(own, namesRole, "where the name leads");
}

function bindingOf({ name, config }: OwnInstance, role: string, what: string): string {
  return `# So that the bot can say ${what}.
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: ${role}
  namespace: ${name}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: ${role}
subjects:
  - kind: ServiceAccount
    name: dfbot
    namespace: ${config.home.namespace}
`;
}
