import type { PageState } from "../../slack/page-api.ts";
import { Blocks } from "./blocks.tsx";

export function HomeTab({ state, onMenu }: { readonly state: PageState; readonly onMenu: () => void }) {
  return (
    <section aria-label="App Home" className="flex min-w-0 flex-1 flex-col">
      <header className="flex items-center gap-2 border-b border-neutral-200 px-4 py-2.5">
        <button
          type="button"
          aria-label="Channels"
          onClick={onMenu}
          className="rounded px-2 py-1 hover:bg-neutral-100 md:hidden"
        >
          ☰
        </button>
        <h2 className="text-lg font-bold">🐉 Dragonfly</h2>
      </header>
      <div className="mx-auto w-full max-w-2xl flex-1 overflow-y-auto p-6">
        {state.home === undefined ? (
          <p className="mt-16 text-center text-neutral-500">This app has not published a Home tab yet.</p>
        ) : (
          <Blocks state={state} blocks={state.home.blocks} source={{ view_id: state.home.id }} />
        )}
      </div>
    </section>
  );
}
