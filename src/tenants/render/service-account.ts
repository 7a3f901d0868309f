import type { OwnInstance } from "./own-instance.ts";

export function renderServiceAccount({ name }: OwnInstance): string {
  return `# Dragonfly never talks to the Kubernetes API, so its pods carry no token.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: dragonfly
  namespace: ${name}
automountServiceAccountToken: false
`;
}
