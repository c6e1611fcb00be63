/** Runs a worker's file; its one message is the result. */
const { searchParams } = new URL(location.href);
const worker = new Worker(searchParams.get("file"), { type: searchParams.get("type") });
worker.onmessage = ({ data }) => {
  globalThis.result = data;
};
worker.onerror = ({ message }) => {
  globalThis.result = { error: { message: message ?? "the worker's file did not load" } };
};
