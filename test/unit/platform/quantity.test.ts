import { expect, it } from "vitest";
import { parseQuantity } from "../../../src/platform/quantity.ts";

it.each([
  ["10Gi", 10 * 2 ** 30],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["500m", 0.5],
  ["100M", 100e6],
  ["1e3", 1000],
  ["12E", 12e18],
  ["128974848", 128974848],
  ["0", 0],
])("the quantity %s is %d", (text, value) => {
  expect(parseQuantity(text)).toBeCloseTo(value, 6);
});

it.each(["", "Gi", "10 Gi", "10gi", "ten", "1.2.3", "10Kib"])("%j is no quantity", (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});
