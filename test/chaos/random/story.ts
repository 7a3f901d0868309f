import { BotError } from "../../../src/errors.ts";
import { hasEnded } from "../../../src/runbooks/durable/record.ts";
import { startClock } from "./clock.ts";
import { createDice, type Dice } from "./dice.ts";
import { createEffects } from "./effects.ts";
import { judgeTheEnd } from "./end.ts";
import { createJudge, type Judge, type Violation } from "./judge.ts";
import { createLedger, type OnWrite } from "./ledger.ts";
import { fair, type Weather } from "./link.ts";
import { createPeople, everybody, randomBallot, requesters } from "./people.ts";
import { type Bot, type Mutant, startProcess, type World } from "./process.ts";
import { randomProgram } from "./program.ts";
import type { Told } from "./told.ts";

export interface Story {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
  /** What became of the runs, for a look at whether the stories are about anything. */
  readonly ends: readonly string[];
  readonly effects: number;
}

const stormMs = 60_000;
/** After the storm everything that is due is done within this, or it never is. */
const calmMs = 600_000;

/** Tells the story of this seed: some processes, some runs, people, and everything that can go wrong. */
export async function tellStory(seed: number, mutant: Mutant = {}): Promise<Story> {
  const clock = startClock();
  try {
    const dice = createDice(seed);
    const judge = createJudge(clock.now);
    const people = createPeople(dice, judge);
    let react: OnWrite = () => {};
    const ledger = createLedger(judge, clock.now, (writer, before, after) => {
      people.check(writer, before, after);
      react(writer, before, after);
    });
    const effects = createEffects(judge, () => ledger);
    const world = { clock, dice, judge, ledger, effects, people, mutant, approvalLifeMs: dice.between(5_000, 60_000) };
    const told: Told = { accepted: new Set(), refused: new Map(), votes: [], cancelled: new Set() };
    await storm(world, told, (wanted) => (react = wanted));
    judgeTheEnd(world, told);
    const keys = ledger.runs().flatMap(({ checkpoints, id }) => checkpoints.map((_, at) => `${id}/${at}`));
    return {
      seed,
      violations: judge.violations,
      trace: judge.trace,
      ends: ledger.runs().map(({ state }) => state),
      effects: keys.reduce((sum, key) => sum + effects.count(key), 0),
    };
  } finally {
    clock.stop();
  }
}

async function storm(world: World, told: Told, onWrite: (react: OnWrite) => void): Promise<void> {
  const { clock, dice, judge, people } = world;
  const bots: Bot[] = [];
  const up = () => bots.filter((bot) => bot.isUp());
  const start = () => bots.push(startProcess(`bot-${bots.length}`, world));
  const at = (ms: number, what: () => void) => setTimeout(what, ms);
  const often = (times: number, what: () => void) => {
    for (let n = 0; n < times; n++) at(dice.between(0, stormMs), what);
  };
  const someBot = (): Bot | undefined => (up().length === 0 ? undefined : dice.pick(up()));

  for (let n = dice.between(2, 3); n > 0; n--) start();
  const targets = ["one", "one", "two", undefined];
  for (let n = dice.between(2, 5); n > 0; n--) {
    const params = { program: randomProgram(dice), target: dice.pick(targets) };
    at(dice.between(0, stormMs / 2), () => submit(world, told, someBot(), `r${n}`, params));
  }
  often(dice.between(5, 25), () => click(world, told, someBot()));
  often(dice.between(0, 2), () => cancel(world, told, someBot()));
  often(dice.chance(0.3) ? 1 : 0, () => people.leave(dice.pick(["ben", "cat", "dan"])));
  often(dice.between(0, 4), () => {
    const bot = someBot();
    if (bot === undefined) return;
    if (dice.chance(0.7)) bot.kill();
    else void bot.stop();
    at(dice.between(0, 15_000), start);
  });
  often(dice.between(0, 3), () => {
    const bot = someBot();
    if (bot === undefined) return;
    bot.skewMs = dice.between(-30_000, 30_000);
    judge.tell(`the clock of ${bot.name} is ${bot.skewMs} ms off`);
  });
  often(dice.between(0, 4), () => {
    const bot = someBot();
    if (bot === undefined) return;
    bot.link.weather = randomWeather(dice);
    judge.tell(`weather for ${bot.name}: ${JSON.stringify(bot.link.weather)}`);
    at(dice.between(1_000, 20_000), () => {
      bot.link.weather = fair;
    });
  });
  // Most races are between two things that one event set off, so some things happen just after another.
  let reactions = dice.between(0, 6);
  let again = 0;
  onWrite((writer, _, { id, lock }) => {
    if (reactions === 0 || !dice.chance(0.15)) return;
    reactions--;
    at(dice.between(0, dice.pick([10, 50, 1_000])), () => {
      const bot = someBot();
      const author = bots.find(({ name }) => name === writer && up().length > 0);
      const acts = [
        () => click(world, told, bot, id),
        () => click(world, told, bot, id),
        () => cancel(world, told, bot, id),
        () => author?.isUp() && author.kill(),
        () => author?.isUp() && void author.stop(),
        () =>
          submit(world, told, bot, `again-${++again}-${id}`, {
            program: randomProgram(dice),
            target: lock,
          }),
      ];
      dice.pick(acts)();
      at(dice.between(0, 15_000), () => up().length === 0 && start());
    });
  });
  await clock.runTo(stormMs);
  onWrite(() => {});
  await calm(world, told, bots, start);
}

/** Nothing goes wrong any more; people decide what is still asked. */
async function calm(world: World, told: Told, bots: readonly Bot[], start: () => void): Promise<void> {
  const { clock, dice, judge, ledger } = world;
  judge.tell("calm");
  for (const bot of bots) bot.link.weather = fair;
  if (!bots.some((bot) => bot.isUp())) start();
  const clicks = setInterval(() => {
    const up = bots.filter((bot) => bot.isUp());
    if (dice.chance(0.5)) click(world, told, up.length === 0 ? undefined : dice.pick(up));
  }, 4_000);
  const isQuiet = () => ledger.runs().every(({ state }) => hasEnded(state));
  await clock.runTo(stormMs + calmMs, isQuiet);
  // What is still on its way arrives, and changes nothing.
  clearInterval(clicks);
  await clock.runTo(clock.now() + 12_000);
}

function submit({ dice, judge }: World, told: Told, bot: Bot | undefined, id: string, params: Record<string, unknown>) {
  const requester = { surface: "slack" as const, id: dice.pick(requesters) };
  judge.tell(`${requester.id} asks ${bot?.name ?? "nobody"} for ${id}: ${JSON.stringify(params)}`);
  bot?.driver.submit({ id, runbook: "program", params, requester }).then(
    () => {
      judge.tell(`${id} is accepted`);
      told.accepted.add(id);
    },
    (error: unknown) => {
      judge.tell(`${id} is refused: ${String(error)}`);
      told.refused.set(id, codeOf(error, judge));
    },
  );
}

function click({ dice, judge, ledger }: World, told: Told, bot: Bot | undefined, about?: string): void {
  const runs = ledger.runs();
  const asking = runs.filter(({ state }) => state === "waiting");
  if (runs.length === 0 || bot === undefined) return;
  const record =
    runs.find(({ id }) => id === about) ?? dice.pick(asking.length > 0 && dice.chance(0.9) ? asking : runs);
  const ballot = randomBallot(dice, record);
  const times = dice.chance(0.2) ? 2 : 1;
  for (let n = 0; n < times; n++) {
    judge.tell(`${ballot.person} tells ${bot.name} ${ballot.choice} for ${record.id}`);
    bot.driver.vote(record.id, ballot).then(
      () => told.votes.push({ run: record.id, person: ballot.person, choice: ballot.choice }),
      (error: unknown) => judge.tell(`${ballot.person} is told ${codeOf(error, judge)}`),
    );
  }
}

function cancel({ dice, judge, ledger }: World, told: Told, bot: Bot | undefined, about?: string): void {
  const runs = ledger.runs();
  if (runs.length === 0 || bot === undefined) return;
  const { id } = runs.find((run) => run.id === about) ?? dice.pick(runs);
  judge.tell(`${bot.name} is asked to cancel ${id}`);
  bot.driver.cancel(id, dice.pick(everybody), "").then(
    () => told.cancelled.add(id),
    (error: unknown) => judge.tell(`cancel of ${id}: ${codeOf(error, judge)}`),
  );
}

function randomWeather(dice: Dice): Weather {
  if (dice.chance(0.3)) return { fails: 1, loses: 0, late: 0 };
  return { fails: dice.pick([0, 0.1, 0.5]), loses: dice.pick([0, 0.1, 0.4]), late: dice.pick([0, 0.2, 0.8]) };
}

function codeOf(error: unknown, judge: Judge): string {
  if (error instanceof BotError) return error.code;
  judge.broke("driver threw", String(error));
  return "error";
}
