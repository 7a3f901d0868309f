import { type Asked, answerPrivately, answerPublicly, sayPrivately } from "./delivery/answer.ts";
import { interpret } from "./interpret.ts";
import { runAndAnswer, type SurfaceDeps } from "./run-and-answer.ts";

/** A slash command, already acknowledged. */
export async function onCommand(deps: SurfaceDeps, asked: Asked, text: string): Promise<void> {
  const intent = interpret(text, deps.runner.runbooks);
  if (intent.kind === "say") {
    await sayPrivately(deps, asked, intent.text);
    return;
  }
  const note = `Reading ${intent.runbook}…`;
  const answer = intent.share ? answerPublicly(deps, asked, note) : answerPrivately(deps, asked, note);
  await runAndAnswer(
    deps,
    { runbook: intent.runbook, params: intent.params, user: asked.user, shareable: !intent.share },
    answer,
  );
}
