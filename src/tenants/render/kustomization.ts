/** A folder's kustomization.yaml. */
export function renderKustomization(files: readonly string[]): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${files.map((file) => `  - ${file}`).join("\n")}
`;
}
