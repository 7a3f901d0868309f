import { z } from "zod";
import { type Answer, type Call, declared, ok } from "./call.ts";
import { integer } from "./parameters.ts";

const page = z.object({
  page: integer.default(1),
  per_page: integer.default(20),
});

/** https://docs.gitlab.com/api/rest/#offset-based-pagination: 20 a page, never more than 100. */
export function pageOf(call: Call): { readonly page: number; readonly perPage: number } {
  const given = declared(page, call.query);
  return { page: Math.max(1, given.page), perPage: Math.min(100, given.per_page <= 0 ? 20 : given.per_page) };
}

/** One page of a list, with the headers that lead to the others; `uncounted` where GitLab does not say how many there are. */
export async function paginated<T>(
  call: Call,
  items: readonly T[],
  shape: (item: T) => unknown,
  { uncounted = false } = {},
): Promise<Answer> {
  const { page: number, perPage } = pageOf(call);
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  const shown = items.slice((number - 1) * perPage, number * perPage);
  const next = number < pages ? number + 1 : undefined;
  const previous = number > 1 ? number - 1 : undefined;
  const link = (rel: string, to: number | undefined) =>
    to === undefined ? [] : [`<${pageUrl(call, to, perPage)}>; rel="${rel}"`];
  const headers = {
    "x-page": String(number),
    "x-per-page": String(perPage),
    "x-next-page": String(next ?? ""),
    "x-prev-page": String(previous ?? ""),
    ...(uncounted ? {} : { "x-total": String(items.length), "x-total-pages": String(pages) }),
    link: [
      ...link("prev", previous),
      ...link("next", next),
      ...link("first", 1),
      ...(uncounted ? [] : link("last", pages)),
    ].join(", "),
  };
  return ok(await Promise.all(shown.map(shape)), headers);
}

function pageUrl(call: Call, to: number, perPage: number): string {
  const url = new URL(call.url);
  url.searchParams.set("page", String(to));
  url.searchParams.set("per_page", String(perPage));
  return url.href;
}

/** https://docs.gitlab.com/api/rest/#keyset-based-pagination: only a link to the next page. `key` tells the items apart and orders them. */
export async function keysetPaginated<T>(
  call: Call,
  items: readonly T[],
  key: (item: T) => string,
  shape: (item: T) => unknown,
): Promise<Answer> {
  const { perPage } = pageOf(call);
  const token = call.query["page_token"];
  const after = typeof token === "string" ? Buffer.from(token, "base64url").toString() : undefined;
  const start = after === undefined ? 0 : items.findIndex((item) => key(item) === after) + 1;
  const shown = items.slice(start, start + perPage);
  const last = shown.at(-1);
  const url = new URL(call.url);
  if (last !== undefined) url.searchParams.set("page_token", Buffer.from(key(last)).toString("base64url"));
  const more = start + perPage < items.length;
  return ok(await Promise.all(shown.map(shape)), more ? { link: `<${url.href}>; rel="next"` } : {});
}
