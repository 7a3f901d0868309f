import fc from "fast-check";
import type { Dice } from "../random/dice.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Makes other bodies of real ones: what they say is changed, or their bytes are. */
export interface Mutator {
  /** JSON with something in it that is not as it should be, or that is, only strange. */
  structure(whole: unknown): string;
  /** Bytes flipped, put in, taken out, cut off, or doubled. */
  bytes(whole: Buffer): Buffer;
}

const strange: readonly Json[] = [
  null,
  "",
  [],
  {},
  0,
  -1,
  1e308,
  true,
  "x".repeat(20_000),
  "\u0000\u2028\ud800",
  "<!channel> <@U0ADA> *_`",
  "../../etc/passwd\r\nx: y",
  "9999-99-99T99:99:99Z",
  "0000-01-01T00:00:00Z",
  "resolved",
  "__proto__",
  Array.from({ length: 2_000 }, (_, n) => n),
  nested(2_000),
];

export function createMutator(dice: Dice, seed: number): Mutator {
  const anything = [
    ...strange,
    ...fc.sample(fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>, { seed, numRuns: 500 }),
  ];

  const change = (value: Json): Json => {
    if (Array.isArray(value) && value.length > 0 && dice.chance(0.8)) {
      const at = dice.between(0, value.length - 1);
      if (dice.chance(0.1)) return [...value.slice(0, at), ...value.slice(at + 1)];
      if (dice.chance(0.1)) return [...value, ...value];
      return value.map((one, index) => (index === at ? change(one) : one));
    }
    const entries = isObject(value) ? Object.entries(value) : [];
    if (isObject(value) && entries.length > 0 && dice.chance(0.85)) {
      const [name, inner] = dice.pick(entries);
      if (dice.chance(0.1)) return Object.fromEntries(entries.filter(([other]) => other !== name));
      if (dice.chance(0.1))
        return { ...value, [dice.pick(["__proto__", "constructor", "", "more", name])]: dice.pick(anything) };
      return { ...value, [name]: change(inner) };
    }
    if (typeof value === "string" && value !== "" && dice.chance(0.6)) {
      return bytes(Buffer.from(value)).toString();
    }
    return dice.pick(anything);
  };
  const bytes = (whole: Buffer): Buffer => {
    const at = dice.between(0, whole.length);
    const some = Buffer.from(Array.from({ length: dice.between(1, 8) }, () => dice.between(0, 255)));
    const before = whole.subarray(0, at);
    switch (dice.between(0, 5)) {
      case 0:
        return Buffer.concat([before, some, whole.subarray(at)]);
      case 1:
        return Buffer.concat([before, whole.subarray(at + some.length)]);
      case 2:
        return Buffer.concat([before, some, whole.subarray(at + some.length)]);
      case 3:
        return before;
      case 4:
        return Buffer.concat([whole, whole.subarray(at)]);
      default:
        return Buffer.concat([
          before,
          Buffer.from(String(dice.pick(['"', "}", "\\u0000", "&", "=", "%", "{", ","]))),
          whole.subarray(at),
        ]);
    }
  };
  return {
    bytes,
    structure: (whole) => {
      let value = whole as Json;
      for (let times = dice.between(1, 3); times > 0; times--) value = change(value);
      return JSON.stringify(value);
    },
  };
}

function isObject(value: Json): value is { [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function nested(depth: number): Json {
  let value: Json = [];
  for (let n = 0; n < depth; n++) value = [value];
  return value;
}
