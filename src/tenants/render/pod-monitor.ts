import type { OwnInstance } from "./own-instance.ts";

export function renderPodMonitor({ name }: OwnInstance): string {
  return `# The alert rules of the shared instance count by namespace and app, so they hold for this one as soon as it is scraped.
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: ${name}
  namespace: ${name}
spec:
  selector:
    matchLabels:
      app: ${name}
      app.kubernetes.io/name: dragonfly
  # Not \`role\`: it would move with every failover and cut each series in two.
  podTargetLabels: [app]
  podMetricsEndpoints:
    - port: admin
      path: /metrics
      scheme: http
      interval: 15s
      scrapeTimeout: 10s
`;
}
