import type { Page } from "puppeteer-core";

/** What a page may take at most in one go, in milliseconds: above it, the browser speaks of a long task. */
export const LONGEST = 50;

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Processor time, in microseconds. */
  readonly tdur?: number;
  readonly args: {
    readonly name?: string;
    readonly data?: { readonly frames?: readonly { readonly processId: number }[] };
  };
}

/**
 * The main thread's longest task while something is done, in milliseconds; 0 if the browser reports no long task.
 *
 * The browser's long-task entries are by the clock: on a machine with much to do, a task of 5 ms takes 100 because other
 * programs run in between. So where there are entries, the processor time of all tasks is taken from a trace.
 */
export async function longestTask(page: Page, action: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const entries: PerformanceEntry[] = [];
    Object.assign(globalThis, { longTasks: entries });
    new PerformanceObserver((list) => entries.push(...list.getEntries())).observe({ type: "longtask" });
  });
  await page.tracing.start({ categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  await action();
  const trace = JSON.parse(new TextDecoder().decode(await page.tracing.stop())) as { traceEvents: TraceEvent[] };
  const entries = await page.evaluate(() => (globalThis as unknown as { longTasks: unknown[] }).longTasks.length);
  if (entries === 0) return 0;
  const events = trace.traceEvents;
  const [frame] = events.find(({ name }) => name === "TracingStartedInBrowser")?.args.data?.frames ?? [];
  const main = events.find(
    ({ name, pid, args }) => name === "thread_name" && args.name === "CrRendererMain" && pid === frame?.processId,
  );
  const tasks = events.filter(
    ({ name, pid, tid }) => name === "ThreadControllerImpl::RunTask" && pid === main?.pid && tid === main.tid,
  );
  if (tasks.length === 0) throw new Error("the trace has no tasks");
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000));
}
