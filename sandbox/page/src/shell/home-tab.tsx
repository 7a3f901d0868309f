import { useEffect, useState } from "react";
import type { Values } from "../../../slack/elements/form.ts";
import type { PageState } from "../../../slack/page-api.ts";
import { Blocks } from "../blocks/blocks.tsx";
import { slack } from "../client.ts";
import { Trouble } from "../elements/trouble.tsx";
import { Avatar } from "../messages/avatar.tsx";
import { FormProvider } from "../views/form.ts";
import { useViewForm } from "../views/use-view-form.ts";
import { PaneHeader } from "./pane-header.tsx";

/** The bot's own page for this person. Opening it tells the bot, which then may publish something. */
export function HomeTab({ state }: { readonly state: PageState }) {
  const { me, home, people } = state;
  const [trouble, setTrouble] = useState<string>();
  const bot = people.find(({ is_bot }) => is_bot);
  useEffect(() => {
    let current = true;
    setTrouble(undefined);
    void slack.openHome(me).then(({ ok, error }) => {
      if (current && !ok) setTrouble(error ?? "The app did not answer.");
    });
    return () => {
      current = false;
    };
  }, [me]);
  return (
    <section aria-label="App Home" className="flex min-w-0 flex-1 flex-col">
      <PaneHeader>
        {bot === undefined ? null : <Avatar user={bot.id} size="small" />}
        <h2 className="text-[18px] font-black">{bot?.real_name ?? "App"}</h2>
        <span className="text-[13px] text-muted">Home</span>
      </PaneHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-2xl p-6 max-sm:p-4">
          <Trouble text={trouble} />
          {home === undefined ? (
            <p className="mt-20 text-center text-muted">This app has not published a Home tab.</p>
          ) : (
            <Published key={home.id} home={home} />
          )}
        </div>
      </div>
    </section>
  );
}

function Published({ home }: { readonly home: NonNullable<PageState["home"]> }) {
  const [entered, setEntered] = useState<Values>({});
  const { form } = useViewForm(home, entered, setEntered);
  return (
    <FormProvider value={form}>
      <Blocks blocks={home.blocks} source={{ view_id: home.id }} />
    </FormProvider>
  );
}
