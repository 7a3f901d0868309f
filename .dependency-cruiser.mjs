/** Which folder may know which: imports point inwards (docs/architecture.md). */
const core =
  "^src/(errors|secrets|logging|platform|records|reports|runbooks|config|manifests|network-policy|approvals|audit|tenants)";

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-orphans", severity: "error", from: { orphan: true, path: "^src", pathNot: "^src/main\\.ts$" }, to: {} },
    {
      name: "src-stands-alone",
      comment: "The bot never knows a sandbox or a test",
      severity: "error",
      from: { path: "^src" },
      to: { path: "^(sandbox|test|bench|script)/" },
    },
    {
      name: "core-knows-no-surface-or-adapter",
      severity: "error",
      from: { path: core },
      to: { path: "^src/(commands|cli|http|alerts|git|kubernetes|dragonfly|metrics|store|journal|main)" },
    },
    {
      name: "platform-is-plain-data",
      severity: "error",
      from: { path: "^src/platform" },
      to: { path: "^src", pathNot: "^src/(platform|errors|network-policy/model)" },
    },
    {
      name: "reports-know-only-themselves",
      severity: "error",
      from: { path: "^src/reports" },
      to: { path: "^src", pathNot: "^src/(reports|errors)" },
    },
    {
      name: "adapters-know-no-surface",
      severity: "error",
      comment: "A run is kept by an adapter, so the port for it and what is kept are known to adapters",
      from: { path: "^src/(kubernetes|dragonfly|metrics|store|git|alertmanager)" },
      to: {
        path: "^src/(commands|cli|http|alerts|runbooks)",
        pathNot:
          "^src/(runbooks/durable/(record|store|wake-ups)|alerts/(incident|store|payload|manager|watchdog|test-alert))\\.ts$",
      },
    },
    {
      name: "adapters-know-not-each-other",
      severity: "error",
      from: { path: "^src/(kubernetes|dragonfly|metrics|git)/" },
      to: { path: "^src/(kubernetes|dragonfly|metrics|git)/", pathNot: "^src/$1/" },
    },
    {
      name: "surfaces-know-no-adapter",
      severity: "error",
      from: { path: "^src/(commands|cli|http)" },
      to: { path: "^src/(kubernetes|dragonfly|metrics|store|git|alertmanager)" },
    },
    {
      name: "probe-starts-fast",
      comment:
        "It loads nothing of the bot but how secrets are hidden, and no package; what it prints is described in zod",
      severity: "error",
      from: { path: "^src/probe/", pathNot: "^src/probe/result\\.ts$" },
      to: { path: "^(src|node_modules)", pathNot: "^src/(probe/|errors\\.ts|secrets\\.ts)" },
    },
    {
      name: "probe-prints-only-types",
      comment: "The schema of the result is for whoever reads it; loading zod would double the probe's start",
      severity: "error",
      from: { path: "^src/probe/" },
      to: { path: "^src/probe/result\\.ts$", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-dev-dependency-in-src",
      severity: "error",
      from: { path: "^src" },
      to: { dependencyTypes: ["npm-dev"] },
    },
    {
      name: "declared-dependencies-only",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    parser: "swc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    exclude: { path: "^sandbox/page/(dist|src)" },
  },
};
