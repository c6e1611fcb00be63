/** Leaves what a check returned or threw where the browser's driver looks for it. */
export async function report(work) {
  globalThis.result = await outcome(work);
}

/** The same as a message, for workers. */
export async function outcome(work) {
  try {
    return await work();
  } catch (error) {
    return { error: { name: error.name, code: error.code, message: error.message, stack: error.stack } };
  }
}
