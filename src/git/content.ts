import { isUtf8 } from "node:buffer";
import { LRUCache } from "lru-cache";
import { badAnswer, GitError, tooLarge } from "./errors.ts";
import type { Host } from "./host.ts";
import { contentSchema, parsed, treeSchema } from "./schemas.ts";

/** The content of a file: text, or that it is none that can be shown. */
export type Content =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "opaque"; readonly why: string };

export interface Contents {
  /** Undefined when there is no such file at the commit. */
  at(sha: string, path: string, signal: AbortSignal): Promise<Content | undefined>;
  /** Every file below a folder that is text; empty when there is no such folder. Throws `git.too-large`. */
  below(sha: string, folder: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

const fileAtMostBytes = 512 * 1024;
const treeAtMostFiles = 3_000;
/** Of texts that are kept, in UTF-16 units. A blob never changes, so it is asked for once. */
const keptAtMost = 8 * 1024 * 1024;
const regularFile = /^100(644|755)$/;

/** Reads files of the project's repository. */
export function createContents(host: Host): Contents {
  const kept = new LRUCache<string, Content>({
    maxSize: keptAtMost,
    sizeCalculation: (content) => (content.kind === "text" ? content.text.length : 0) + 100,
  });

  /** Runs that read the same folder at the same time ask for each file once. */
  const underWay = new Map<string, Promise<Content>>();

  const blob = async (id: string, signal: AbortSignal): Promise<Content> => {
    const known = kept.get(id);
    if (known !== undefined) return known;
    // Whoever asked first may have given up.
    const others = await underWay.get(id)?.catch(() => undefined);
    if (others !== undefined) return others;
    const asked = askForBlob(id, signal).finally(() => underWay.delete(id));
    underWay.set(id, asked);
    return await asked;
  };
  const askForBlob = async (id: string, signal: AbortSignal): Promise<Content> => {
    const api = await host.connect(signal);
    const content = contentOf(await api.repositories.showBlob(host.project, id), "a blob");
    kept.set(id, content);
    return content;
  };
  const tree = async (sha: string, folder: string, signal: AbortSignal) => {
    const api = await host.connect(signal);
    const options = { ref: sha, path: folder, recursive: true, perPage: 100, pagination: "keyset" as const };
    try {
      return parsed("a tree", treeSchema, await api.repositories.allRepositoryTrees(host.project, options));
    } catch (error) {
      if (!(error instanceof GitError) || error.status !== 404) throw error;
      // GitLab says the same of a folder, a commit and a project that are not there; only the first is an answer.
      await api.commits.show(host.project, sha);
      return [];
    }
  };

  return {
    async at(sha, path, signal) {
      const api = await host.connect(signal);
      try {
        return contentOf(await api.files.show(host.project, path, sha), "a file");
      } catch (error) {
        if (!(error instanceof GitError) || error.status !== 404) throw error;
        await api.commits.show(host.project, sha);
        return undefined;
      }
    },
    async below(sha, folder, signal) {
      // Neither a link nor another repository is a file of this one.
      const files = (await tree(sha, folder, signal)).filter(
        ({ type, mode }) => type === "blob" && regularFile.test(mode),
      );
      if (files.length > treeAtMostFiles)
        throw tooLarge(
          `There are ${files.length} files below ${folder === "" ? "the root" : folder}; the bot reads at most ${treeAtMostFiles}`,
          "Point the tenants section of dfbot.yaml at a smaller folder",
        );
      const contents = await host.eachOf(
        files,
        async ({ id, path }, either): Promise<readonly (readonly [string, string])[]> => {
          const content = await blob(id, either);
          return content.kind === "text" ? [[path, content.text]] : [];
        },
        signal,
      );
      return new Map(contents.flat());
    },
  };
}

function contentOf(answer: unknown, what: string): Content {
  const { size, content } = parsed(what, contentSchema, answer);
  if (size > fileAtMostBytes) return { kind: "opaque", why: `it has ${size} bytes` };
  const bytes = Buffer.from(content, "base64");
  if (bytes.length !== size) throw badAnswer(what, `${bytes.length} of ${size} bytes`);
  if (!isUtf8(bytes) || bytes.includes(0)) return { kind: "opaque", why: "it is not text" };
  return { kind: "text", text: bytes.toString("utf8") };
}
