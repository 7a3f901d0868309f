import { z } from "zod";

/** Forms and query strings carry numbers and booleans as text. */
export const flag = z
  .union([z.boolean(), z.enum(["true", "false", "1", "0"])])
  .transform((value) => (typeof value === "boolean" ? value : value === "true" || value === "1"));

export const integer = z.union([z.int(), z.string().regex(/^-?\d+$/)]).transform(Number);

export const text = z.union([z.string(), z.number()]).transform(String);

/** A list, or its parts with commas between them. */
export const commaSeparated = z
  .union([z.array(text), z.string()])
  .transform((value) =>
    (Array.isArray(value) ? value : value.split(",")).map((part) => part.trim()).filter((part) => part !== ""),
  );

export const integers = z
  .union([z.array(integer), z.string(), z.int()])
  .transform((value) => (Array.isArray(value) ? value : String(value).split(",").filter(Boolean).map(Number)));

export const time = z.string().refine((value) => !Number.isNaN(Date.parse(value)));
