import { describe, expect, it } from "vitest";
import { substitute } from "../../../sandbox/gitops/substitute.ts";

const settings = { NAME: "web", NUMBER: "4", EMPTY: "", LINES: "a\nb", COLON: "a: b" };
const withData = (data: unknown, metadata = {}) => ({
  apiVersion: "v1",
  kind: "X",
  metadata: { name: "x", ...metadata },
  data,
});
const value = (text: unknown) => substitute(withData({ text }), settings)["data"];

describe("a variable", () => {
  it.each([
    ["${NAME}", "web"],
    ["a-${NAME}-${NAME}", "a-web-web"],
    ["${GONE:=some default}", "some default"],
    ["${GONE:-some default}", "some default"],
    ["${NAME:=unused}", "web"],
    ["${EMPTY:=default}", "default"],
    ["${GONE:=}", null],
    ["$${NAME}", "${NAME}"],
    ["$NAME and {{ $labels.pod }}", "$NAME and {{ $labels.pod }}"],
    ["it is '${NAME}': yes", "it is 'web': yes"],
  ])("%j becomes %j", (text, expected) => {
    expect(value(text)).toEqual({ text: expected });
  });

  it("that is the whole text takes the type that its value looks like, quoted in the source or not, as in Flux", () => {
    expect(value("${NUMBER}")).toEqual({ text: 4 });
    expect(value("${NUMBER} ")).toEqual({ text: "4 " });
    expect(value("--threads=${NUMBER}")).toEqual({ text: "--threads=4" });
  });

  it("works in names and labels too", () => {
    const object = substitute(withData({}, { name: "x-${NAME}", labels: { l: "${NAME}" } }), settings);
    expect(object.metadata).toEqual({ name: "x-web", labels: { l: "web" } });
  });

  it("works in texts of several lines, which stay as they were", () => {
    const script = "#!/bin/sh\n\n  echo '$" + '{NAME}\'   \n\ttab: "x"\n# end\n\n';
    expect(value(script)).toEqual({ text: script.replace("${NAME}", "web") });
  });

  it("keeps what looks like another type a text", () => {
    const texts = {
      a: "on",
      b: "0440",
      c: "4",
      d: "true",
      e: "2026-01-01",
      f: "null",
      g: "1e3",
      h: "",
      i: "~",
      j: "1:30",
    };
    expect(substitute(withData({ ...texts, name: "${NAME}" }), settings)["data"]).toEqual({
      ...texts,
      name: "web",
    });
  });
});

describe("what it refuses", () => {
  it.each([
    ["a variable without value", "${GONE}", "X x: the variable GONE has no value and no default"],
    ["a variable that every object of the language has", "${constructor}", "the variable constructor has no value"],
    ["another operator", "${NAME/a/b}", "not modelled"],
    ["a default in a default", "${GONE:=${NAME}}", "not modelled"],
    ["a brace that never closes", "${NAME", "not modelled"],
    ["a value that breaks the YAML around it", "${COLON}", "X x, substituted"],
  ])("%s", (_, text, message) => {
    expect(() => value(text)).toThrow(message);
  });
});

describe("an object that opts out", () => {
  const key = "kustomize.toolkit.fluxcd.io/substitute";
  it.each([{ annotations: { [key]: "disabled" } }, { labels: { [key]: "disabled" } }])(
    "with %j stays as it is",
    (metadata) => {
      const object = withData({ text: "${GONE} $$" }, metadata);
      expect(substitute(object, settings)).toEqual(object);
    },
  );
});
