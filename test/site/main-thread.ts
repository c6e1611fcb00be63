import type { Page } from "puppeteer-core";

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the thread's processor time. */
  readonly tdur?: number;
}

/** A mark that tells the page's main thread from those of the browser's own pages. */
const MARK = "main thread";

/**
 * Milliseconds of the longest task on the page's main thread while `work` goes on, from Chromium's trace. A task of more than 50
 * is what the browser calls a long task. But the browser takes the time by the clock, and on a busy machine that has other
 * programs' work in it: here it is processor time.
 */
export async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  await page.tracing.start({ categories: ["toplevel", "blink.user_timing"] });
  await page.evaluate((mark) => performance.mark(mark), MARK);
  await work();
  const trace = await page.tracing.stop();
  const { traceEvents } = JSON.parse(Buffer.from(trace ?? []).toString()) as { traceEvents: TraceEvent[] };
  const mark = traceEvents.find(({ name }) => name === MARK);
  const tasks = traceEvents
    .filter(({ name, pid, tid }) => name.endsWith("RunTask") && pid === mark?.pid && tid === mark.tid)
    .map(({ tdur = 0 }) => tdur / 1000);
  if (!tasks.some((milliseconds) => milliseconds > 0)) throw new Error("the trace has no task of the main thread");
  return Math.max(...tasks);
}
