/** The samples of docs/your-model.md that only a browser can run, in Node with what they use of a page. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** A server that has the files of the folder under /models/, and a page that prints what is appended to it. */
const PAGE = `import { readFileSync } from "node:fs";
globalThis.fetch = async (url) => new Response(readFileSync(url.replace("/models/", "")));
const listeners = {};
globalThis.document = {
  body: { append: (text) => console.log(text) },
  addEventListener: (event, listener) => { listeners[event] = listener; },
};
globalThis.drop = (...files) => listeners.drop({ preventDefault() {}, dataTransfer: { files } });
`;

let folder: string;
const samples = [
  ...readFileSync(join(root, "docs/your-model.md"), "utf8").matchAll(/^```ts browser\n(.*?)^```$/gms),
].map(([, code]) => code as string);

beforeAll(() => {
  mkdirSync(join(root, "target"), { recursive: true });
  folder = mkdtempSync(join(root, "target/page-")); // inside the project, so that "lstm-wasm" is the package itself
  cpSync(join(root, "test/fixtures/docs"), folder, { recursive: true });
  const { modelJson, weights } = JSON.parse(readFileSync(join(root, "test/fixtures/keras/tfjs.json"), "utf8")).stacked;
  writeFileSync(join(folder, "model.json"), JSON.stringify(modelJson));
  writeFileSync(join(folder, modelJson.weightsManifest[0].paths[0]), Buffer.from(weights, "base64"));
  writeFileSync(join(folder, "page.mjs"), PAGE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the sample that imports this puts on the page; `then` runs after it. */
async function shown(entry: string, then = ""): Promise<string[]> {
  const sample = samples.find((code) => code.includes(`from "${entry}"`)) as string;
  const { code } = await transform(sample, { loader: "ts", format: "esm" });
  writeFileSync(join(folder, "sample.mjs"), `import "./page.mjs";\n${code}\n${then}`);
  const { stdout, stderr } = spawnSync(process.execPath, ["sample.mjs"], { cwd: folder, encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").slice(0, -1);
}

it("are two", () => expect(samples.length).toBe(2));

it("a .pt file from a server and dropped ones, of which one is none", async () => {
  const drops = `import { readFileSync as read } from "node:fs";
    await drop(new File([read("cell.pt")], "cell.pt"));
    await drop();
    await drop(new File(["<!doctype html>"], "model.pt"));`;
  const [fetched, dropped, refused, ...more] = await shown("lstm-wasm/pytorch", drops);
  expect(fetched).toBe("an LSTM with 4 units");
  expect(dropped).toBe("cell.weight_ih cell.weight_hh cell.bias_ih cell.bias_hh head.weight head.bias");
  expect(refused).toMatch(/^Not a valid file of torch.save: .*<!doctype html>/);
  expect(more).toEqual([]);
});

it("a TensorFlow.js model from a server", async () => {
  expect(await shown("lstm-wasm/keras")).toEqual(["2 recurrent layers; the whole model can run"]);
});
