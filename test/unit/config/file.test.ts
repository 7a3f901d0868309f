import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";

const problemsOf = (text: string) => parseConfig(text, "dfbot.yaml").problems;

describe("dfbot.yaml", () => {
  it("may be empty: the defaults are the platform of the story", () => {
    const { config, problems } = parseConfig("", "dfbot.yaml");
    expect(problems).toEqual([]);
    expect(config?.clusters.map(({ name }) => name)).toEqual(["infra", "apps"]);
    expect(config?.shared).toMatchObject({
      cluster: "infra",
      namespace: "dragonfly-system",
      name: "dragonfly",
      replicas: 3,
    });
    expect(config?.thresholds.memoryWarn).toBe(0.8);
  });

  it("points at the place of every mistake, with what was found", () => {
    const problems = problemsOf(
      "shared: {name: 'Bad Name; rm -rf', namespace: dragonfly-system, cluster: infra}\nreadTimeoutMs: soon\n",
    );
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^dfbot\.yaml: shared\.name: found "Bad Name; rm -rf"; must be a Kubernetes name/);
    expect(problems[1]).toMatch(/^dfbot\.yaml: readTimeoutMs: found "soon"/);
  });

  it("refuses a key that it does not know, by name", () => {
    expect(problemsOf("thresholds: {memoryWran: 0.5}")).toEqual([expect.stringMatching(/thresholds: .*memoryWran/)]);
  });

  it("refuses YAML that does not parse, with the line", () => {
    expect(problemsOf("clusters: [\n  {name: infra\n")[0]).toMatch(/line 2|line 3/);
  });

  it("checks across sections: clusters that do not exist, names twice, groups that nobody defines", () => {
    const problems = problemsOf(`
clusters: [{name: infra}, {name: infra}]
shared: {name: dragonfly, namespace: d, cluster: mars}
instances: [{name: dragonfly, namespace: e, cluster: infra}]
operator: {cluster: infra}
approvals: {policies: {failover: {groups: [captains]}}}
`);
    expect(problems).toEqual([
      'dfbot.yaml: shared.cluster: found "mars", which clusters does not list (known: infra, infra)',
      'dfbot.yaml: clusters: "infra" is there twice; names must differ',
      'dfbot.yaml: instances: "dragonfly" is there twice; names must differ',
      'dfbot.yaml: approvals.policies.failover.groups: found "captains", which approvals.groups does not define',
    ]);
  });
});
