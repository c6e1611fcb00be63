/** In a page, and as the text of a worker. */
const send = (address) =>
  fetch(address, { method: "POST", body: "a file" }).then(
    () => "answered",
    () => "refused",
  );

/** What becomes of a fetch to another host, in the page and in a worker that begins as the page's own begin. */
export async function tryToSend(address) {
  const script = `(${send})(${JSON.stringify(address)}).then(postMessage)`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`the worker ended: ${message}`));
  });
  return { page: await send(address), worker: await answer };
}
