import { type Block as LibraryBlockType, Message } from "slack-blocks-to-jsx";
import "slack-blocks-to-jsx/dist/style.css";
import { Component, type ReactNode } from "react";
import type { Block } from "../../../slack/page-api.ts";
import { useDirectory } from "../live/directory.tsx";
import { useCurrentTheme } from "../live/use-theme.ts";
import { emojiOf } from "../text/emoji.ts";
import { isSafeUrl } from "../text/slack-text.tsx";
import { Unreadable } from "./unreadable.tsx";

const drawn = [
  "rich_text",
  "markdown",
  "video",
  "file",
  "alert",
  "card",
  "carousel",
  "plan",
  "task_card",
  "data_visualization",
  "context_actions",
] as const;

/** The library's word for what is inside these blocks is taken; what it makes of nonsense is caught below. */
function isDrawn(block: Block): block is Block & LibraryBlockType {
  return drawn.some((type) => type === block.type);
}

/** Blocks without anything to act on that the page leaves to slack-blocks-to-jsx. */
export function LibraryBlock({ block }: { readonly block: Block }) {
  const { people, channels } = useDirectory();
  const theme = useCurrentTheme();
  if (!isDrawn(block)) return <Unreadable type={block.type} />;
  return (
    <Fallback type={block.type}>
      <div className="library-block">
        <Message
          withoutWrapper
          theme={theme}
          logo=""
          name=""
          blocks={[block]}
          data={{
            users: people.map(({ id, real_name }) => ({ id, name: real_name })),
            channels: channels.map(({ id, name }) => ({ id, name })),
          }}
          hooks={{
            emoji: ({ name }) => emojiOf(name) ?? `:${name}:`,
            link: ({ href, children, className }) =>
              isSafeUrl(href) ? (
                <a href={href} className={className} target="_blank" rel="noopener noreferrer">
                  {children}
                </a>
              ) : (
                children
              ),
          }}
        />
      </div>
    </Fallback>
  );
}

/** One block that cannot be drawn takes nothing else with it. */
class Fallback extends Component<
  { readonly type: string; readonly children: ReactNode },
  { readonly failed: boolean }
> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Unreadable type={this.props.type} /> : this.props.children;
  }
}
