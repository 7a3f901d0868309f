import { Fragment, type ReactNode } from "react";
import type { Text } from "../../../slack/elements/schema.ts";
import { useDirectory } from "../live/directory.tsx";
import { emojiOf, isEmoji, withEmoji } from "./emoji.ts";
import { type Inline, type Part, parseMrkdwn } from "./mrkdwn.ts";
import { formatSlackDate } from "./slack-date.ts";

/** A text object, plain or mrkdwn. Everything becomes text nodes: nothing that was said is ever read as HTML. */
export function SlackText({ text }: { readonly text: Text }) {
  if (text.type !== "mrkdwn") return <span className="wrap-anywhere whitespace-pre-wrap">{withEmoji(text.text)}</span>;
  const parts = parseMrkdwn(text.text, { autolink: text.verbatim !== true, isEmoji });
  return (
    <div className="min-w-0 wrap-anywhere whitespace-pre-wrap">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a text is replaced as a whole, its parts never move
        <PartView key={index} part={part} />
      ))}
    </div>
  );
}

function PartView({ part }: { readonly part: Part }) {
  if (part.kind === "fence")
    return (
      <pre className="my-1 overflow-x-auto rounded border border-line bg-code px-2 py-1.5 font-mono text-[12px] leading-normal">
        {part.text}
      </pre>
    );
  if (part.kind === "quote")
    return (
      <blockquote className="my-0.5 border-l-4 border-line pl-3">
        <Inlines nodes={part.children} />
      </blockquote>
    );
  return (
    <div>
      <Inlines nodes={part.children} />
    </div>
  );
}

function Inlines({ nodes }: { readonly nodes: readonly Inline[] }) {
  return nodes.map((node, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text is replaced as a whole, its parts never move
    <Fragment key={index}>
      <InlineView node={node} />
    </Fragment>
  ));
}

function InlineView({ node }: { readonly node: Inline }): ReactNode {
  switch (node.kind) {
    case "text":
      return node.text;
    case "bold":
      return (
        <strong>
          <Inlines nodes={node.children} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Inlines nodes={node.children} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Inlines nodes={node.children} />
        </s>
      );
    case "code":
      return (
        <code className="rounded-[3px] border border-line bg-code px-1 py-px font-mono text-[12px] whitespace-break-spaces text-code-ink box-decoration-clone">
          {node.text}
        </code>
      );
    case "link":
      return <SlackLink url={node.url} text={node.text} />;
    case "emoji":
      return (
        <span role="img" aria-label={node.name.replaceAll("_", " ")} className="font-emoji">
          {emojiOf(node.name)}
        </span>
      );
    case "date":
      return (
        <time
          dateTime={isoOf(node.seconds)}
          title={formatSlackDate(node.seconds, "{date_long} {time_secs}")}
          className="whitespace-normal"
        >
          {formatSlackDate(node.seconds, node.format)}
        </time>
      );
    case "broadcast":
      return <Mention>@{node.name}</Mention>;
    default:
      return <Named node={node} />;
  }
}

/** The name that the workspace knows, and what the app wrote only when it knows none. */
function Named({ node }: { readonly node: Extract<Inline, { kind: "user" | "channel" | "group" }> }) {
  const { people, channels, groups } = useDirectory();
  if (node.kind === "user")
    return <Mention>@{people.find(({ id }) => id === node.id)?.real_name ?? (node.label || node.id)}</Mention>;
  if (node.kind === "channel")
    return <Mention>#{channels.find(({ id }) => id === node.id)?.name ?? (node.label || node.id)}</Mention>;
  const handle = groups.find(({ id }) => id === node.id)?.handle;
  return <Mention>@{handle ?? (node.label.replace(/^@/, "") || node.id)}</Mention>;
}

function Mention({ children }: { readonly children: ReactNode }) {
  return <span className="rounded bg-mention px-0.5 text-link">{children}</span>;
}

/** A link that can be followed safely; any other address is only text. */
export function SlackLink({ url, text }: { readonly url: string; readonly text: string }) {
  if (!isSafeUrl(url)) return text;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer" className="text-link hover:underline">
      {withEmoji(text)}
    </a>
  );
}

export function isSafeUrl(url: string): boolean {
  return /^(https?:\/\/|mailto:)/i.test(url);
}

function isoOf(seconds: number): string | undefined {
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
