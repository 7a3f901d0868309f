import type { OwnInstance } from "./own-instance.ts";

/** Of the bot: what it may do in a tenant's namespace is one ClusterRole, the same for all. */
export const readerRole = "dfbot-instance-reader";

export function renderRoleBinding({ name, config }: OwnInstance): string {
  return `# So that the bot can say how the instance is.
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: ${readerRole}
  namespace: ${name}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: ${readerRole}
subjects:
  - kind: ServiceAccount
    name: dfbot
    namespace: ${config.home.namespace}
`;
}
