import fc from "fast-check";
import { type Tenant, tenantSchema } from "../../../src/tenants/change.ts";

/** Any tenant that may be asked for, its words as wild as they may be and still plain. */

const label = (longest: number) =>
  fc
    .stringMatching(/^[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?$/)
    .filter((text) => text.length <= longest && !text.startsWith("dfly"));

/** Names that YAML's readers, Go's templates or people could take for something else. */
const awkward = fc.constantFrom(
  "on",
  "no",
  "null",
  "1e3",
  "0440",
  "true",
  "2026-01-01",
  "4you",
  "a-b",
  "index",
  "range",
  "x--y",
);

const words = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    fc.constantFrom(
      "a: b # c",
      "- [x]",
      "*bold* _it_ <!channel> & |pipe|",
      "'quote\" \\ `tick`",
      "@team: &anchor *alias !tag",
      "%YAML 1.1",
      "--- ",
      "{ flow: [1] }",
      "| literal",
      "$HOME and $(cmd)",
    ),
  )
  .map((text) => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]|\$\$|\$\{|\{\{|\}\}/gu, "").trim())
  .filter((text) => text.length > 0 && text.length <= 80);

const common = {
  name: fc.oneof(label(30), awkward),
  namespace: fc.oneof(label(40), awkward),
  owner: words,
  purpose: words,
};

export const anyOwn: fc.Arbitrary<Tenant> = fc
  .record({
    ...common,
    isolation: fc.constant("own" as const),
    memory: fc.oneof(
      fc.integer({ min: 256, max: 99_999 }).map((mib) => `${mib}Mi`),
      fc.integer({ min: 1, max: 256 }).map((gib) => `${gib}Gi`),
    ),
    replicas: fc.integer({ min: 2, max: 5 }),
    persistence: fc.boolean(),
    clusters: fc.constantFrom(["infra"], ["apps"], ["infra", "apps"]),
    sensitive: fc.boolean(),
    eviction: fc.boolean(),
    undeclaredKeys: fc.boolean(),
    adminCommands: fc.boolean(),
  })
  .map((raw) => tenantSchema.parse(raw));

export const anyShared: fc.Arbitrary<Tenant> = fc
  .record({
    ...common,
    isolation: fc.constant("shared" as const),
    memory: fc.integer({ min: 256, max: 768 }).map((mib) => `${mib}Mi`),
    clusters: fc.constantFrom(["infra"], ["infra", "apps"]),
    commands: fc.option(
      fc.uniqueArray(fc.constantFrom("scripting" as const, "blocking" as const, "stream" as const, "pubsub" as const)),
      {
        nil: undefined,
      },
    ),
  })
  .map((raw) => tenantSchema.parse(raw));
