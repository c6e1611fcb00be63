import { STAGES } from "./cells.js";
import type { Session } from "./session.js";
import type { Conclusion, Story } from "./story.js";

/** How many steps each run has: one for each symbol. */
export const lengthOf = ({ symbols }: Story): number => symbols.length;

/** How many stages the cell with most of them has. */
export const stagesOf = ({ runs }: Story): number => Math.max(0, ...runs.map(({ cell }) => STAGES[cell].length));

/** Goes on by steps, or back by negative ones, and shows the new step as a whole. */
export function goBy(session: Session, story: Story, steps: number): void {
  goTo(session, story, session.t + steps);
}

export function goTo(session: Session, story: Story, t: number): void {
  session.t = Math.max(1, Math.min(lengthOf(story), t));
  session.stages = Number.POSITIVE_INFINITY;
}

/** Goes on or back by one stage, into the next or last step where there is none. Returns whether there was one. */
export function goByStage(session: Session, story: Story, by: 1 | -1): boolean {
  const count = stagesOf(story);
  const stages = Math.min(session.stages, count) + by;
  if (stages >= 1 && stages <= count) {
    session.stages = stages;
    return true;
  }
  const t = session.t + by;
  if (t < 1 || t > lengthOf(story)) return false;
  session.t = t;
  session.stages = by === 1 ? 1 : count;
  return true;
}

/** Whether a run has gone through all stages at a position. */
export function hasRead(session: Session, story: Story, run: Story["runs"][number], position: number): boolean {
  const done = session.stages >= stagesOf(story) ? session.t : session.t - 1;
  return run.steps.findIndex((step) => step.position === position) < done;
}

/** What is concluded at a position, if every run has read it. */
export function concluded(session: Session, story: Story, position: number): Conclusion | undefined {
  return story.runs.every((run) => hasRead(session, story, run, position)) ? story.conclusions[position] : undefined;
}
