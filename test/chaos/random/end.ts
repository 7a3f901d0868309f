import { hasEnded, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import { keyOf } from "./effects.ts";
import type { World } from "./process.ts";
import type { Params } from "./program.ts";
import type { Told } from "./told.ts";

/** Codes that mean: this was not accepted, and nobody will hear of it again. */
const plainRefusals = new Set(["run.locked", "runbook.parameters", "runbook.unknown"]);

/** A failure that a step had, not the engine: scripted, or a request of the step itself that was not answered. */
const stepsOwn = /^scripted failure\.?$|^no answer to (step|find|apply) /;

/** What must be true when everything has come to rest. */
export function judgeTheEnd({ ledger, judge, effects }: World, { accepted, refused, votes, cancelled }: Told): void {
  for (const id of accepted) if (ledger.read(id) === undefined) judge.broke("accepted run lost", id);
  for (const [id, code] of refused) {
    if (plainRefusals.has(code) && ledger.read(id) !== undefined) judge.broke("refused run left something", id);
  }
  for (const { run, person, choice } of votes) {
    const asked = ledger.read(run)?.checkpoints.filter((one) => one.kind === "approval") ?? [];
    const counted = asked.flatMap((one) => one.votes).some((one) => one.person === person && one.choice === choice);
    if (!counted) judge.broke("vote lost", `${person} was thanked for ${choice} on ${run}`);
  }
  for (const id of cancelled) {
    // One that was refused after all is not there any more.
    const record = ledger.read(id);
    if (record !== undefined && record.cancel === undefined)
      judge.broke("record rewritten", `the cancel of ${id} is gone`);
  }
  for (const record of ledger.runs()) {
    const { id, state, owner, failure } = record;
    if (!hasEnded(state)) judge.broke("run not ended", `${id} is ${state}`);
    if (owner !== undefined) judge.broke("run not ended", `${id}, ${state}, is still ${owner.process}'s`);
    if (failure !== undefined && !stepsOwn.test(failure.message)) {
      judge.broke("failed without a reason", `${id}: ${failure.code} ${failure.message}`);
    }
    judgeSteps(record);
  }

  function judgeSteps({ id, state, params, checkpoints, conclusion }: RunRecord) {
    const { program } = params as Params;
    const results: string[] = [];
    for (const [at, op] of program.entries()) {
      const checkpoint = checkpoints[at];
      const done = checkpoint?.kind === "step" && checkpoint.doneAt !== undefined && checkpoint.failure === undefined;
      if (done) results.push(String(checkpoint.result));
      const isPast = done || state === "succeeded";
      if (op.kind === "effect" && isPast && effects.count(keyOf(id, at)) === 0) {
        judge.broke("effect lost", `${keyOf(id, at)} of a run that ${state}`);
      }
      if (
        checkpoint?.kind === "step" &&
        checkpoint.failure !== undefined &&
        !stepsOwn.test(checkpoint.failure.message)
      ) {
        judge.broke("failed without a reason", `${id} ${checkpoint.name}: ${checkpoint.failure.message}`);
      }
    }
    if (state !== "succeeded") return;
    const summary = (conclusion as { summary: string }).summary;
    if (summary !== results.join("; ")) judge.broke("result changed", `${id} concluded ${summary}`);
  }
}
