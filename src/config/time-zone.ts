import { z } from "zod";

/** An IANA name. */
export const timeZoneSchema = z
  .string()
  .refine((name) => isTimeZone(name), "must be an IANA time zone such as Europe/Zurich");

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
