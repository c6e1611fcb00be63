import type { Page } from "puppeteer-core";

/** What is used of a trace: an event lasts `dur`, in which its thread had a core for `tdur`, in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
}

/** A mark that tells the page's main thread from those of pages of the browser's own. */
const MARK = "main thread of the page";

/**
 * The tasks that kept the page's main thread busy for more than 50 ms while something is done with the page, in
 * milliseconds. Chromium's `longtask` entries are these tasks by the clock. Here only the time counts in which the thread
 * had a core: on a machine that others use too, a task of 5 ms may last for 150 by the clock.
 */
export async function longTasks(page: Page, during: () => Promise<unknown>): Promise<number[]> {
  await page.tracing.start({ categories: ["toplevel", "blink.user_timing"] });
  await page.evaluate((mark) => performance.mark(mark), MARK);
  await during();
  await page.evaluate(() => 0); // what it did last has ended, and is in the trace, once the thread does this
  const trace = await page.tracing.stop();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace)) as { traceEvents: TraceEvent[] };
  const main = traceEvents.find(({ name }) => name === MARK);
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => name.endsWith("::RunTask") && ph === "X" && pid === main?.pid && tid === main.tid,
  );
  if (!tasks.some(({ tdur }) => tdur !== undefined))
    throw new Error("the trace has no tasks of the page's main thread");
  return tasks.map(({ tdur = 0 }) => tdur / 1000).filter((duration) => duration > 50);
}
