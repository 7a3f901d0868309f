import { Eye, MessageSquareText } from "lucide-react";
import { memo } from "react";
import type { PageMessage } from "../../../slack/page-api.ts";
import { Blocks } from "../blocks/blocks.tsx";
import { FilesProvider } from "../blocks/image-block.tsx";
import { usePerson } from "../live/directory.tsx";
import { SlackText } from "../text/slack-text.tsx";
import { Avatar } from "./avatar.tsx";
import { FileCard } from "./file-card.tsx";

interface Props {
  readonly message: PageMessage;
  readonly compact: boolean;
  /** Absent inside a thread. */
  readonly onThread?: (ts: string) => void;
}

/** One message. It is drawn again only when it has changed. */
export const MessageRow = memo(Row, (before, after) => {
  return (
    before.compact === after.compact &&
    before.onThread === after.onThread &&
    JSON.stringify(before.message) === JSON.stringify(after.message)
  );
});

function Row({ message, compact, onThread }: Props) {
  const author = usePerson(message.user);
  const name = author?.real_name ?? "Somebody";
  const { channel, ts, text, blocks, files, ephemeral, edited, reply_count } = message;
  const thread = onThread !== undefined && !ephemeral ? () => onThread(ts) : undefined;
  return (
    <article
      aria-label={`Message from ${name}`}
      className={`group relative flex gap-2.5 px-5 max-sm:px-3 ${compact ? "py-0.5" : "py-2"} ${ephemeral ? "bg-private" : "hover:bg-subtle"}`}
    >
      <div className="w-9 shrink-0 pt-0.5 text-right">
        {compact ? (
          <Time ts={ts} className="text-[11px] opacity-0 group-hover:opacity-100" />
        ) : (
          <Avatar user={message.user} />
        )}
      </div>
      <div className="min-w-0 flex-1">
        {ephemeral ? (
          <p className="flex items-center gap-1.5 text-[12px] leading-snug text-muted">
            <Eye aria-hidden className="size-3.5" />
            Only visible to you
          </p>
        ) : null}
        {compact ? null : (
          <p className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-black">{name}</span>
            {author?.is_bot === true ? <AppBadge /> : null}
            <Time ts={ts} className="text-[12px]" />
          </p>
        )}
        <FilesProvider value={files}>
          {blocks.length > 0 ? (
            <div className="max-w-3xl pt-0.5">
              <Blocks blocks={blocks} source={{ message: { channel, ts } }} />
            </div>
          ) : (
            <SlackText text={{ type: "mrkdwn", text }} />
          )}
        </FilesProvider>
        {edited ? <span className="text-[12px] text-muted">(edited)</span> : null}
        {files.map((file) => (
          <FileCard key={file.id} file={file} />
        ))}
        {thread !== undefined && reply_count > 0 ? (
          <button
            type="button"
            onClick={thread}
            className="mt-1 -ml-1.5 flex items-center gap-1.5 rounded-md px-1.5 py-0.5 text-[13px] font-bold text-link hover:bg-surface hover:underline"
          >
            <MessageSquareText aria-hidden className="size-4" />
            {reply_count} {reply_count === 1 ? "reply" : "replies"}
          </button>
        ) : null}
      </div>
      {thread === undefined ? null : (
        <button
          type="button"
          aria-label="Reply in thread"
          title="Reply in thread"
          onClick={thread}
          className="absolute -top-3 right-4 flex size-8 items-center justify-center rounded-lg border border-line bg-raised opacity-0 shadow-sm group-hover:opacity-100 hover:bg-hover focus-visible:opacity-100 [@media(hover:none)]:opacity-70"
        >
          <MessageSquareText aria-hidden className="size-4" />
        </button>
      )}
    </article>
  );
}

export function AppBadge() {
  return <span className="rounded-[3px] bg-badge px-1 text-[10px] leading-[14px] font-bold text-muted">APP</span>;
}

function Time({ ts, className }: { readonly ts: string; readonly className: string }) {
  const date = new Date(Number(ts) * 1_000);
  const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const long = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });
  return (
    <time dateTime={date.toISOString()} title={long.format(date)} className={`text-muted ${className}`}>
      {short.format(date)}
    </time>
  );
}
