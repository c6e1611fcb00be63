import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "lstm-wasm-types-"));
mkdirSync(join(project, "node_modules"));
symlinkSync(root, join(project, "node_modules/lstm-wasm"));
writeFileSync(join(project, "package.json"), '{ "type": "module" }');
writeFileSync(
  join(project, "user.ts"),
  `import { LSTM, LSTMCell, LSTMError, type LSTMErrorCode, PackedSequence, packSequence, Tensor } from "lstm-wasm";
  import { load, save } from "lstm-wasm/safetensors";
  import { Adam, Linear, Sequential } from "lstm-wasm/train";
  const lstm: LSTM = new LSTM({ inputSize: 1, hiddenSize: 2 });
  const [output, [hn, cn]]: [Tensor, [Tensor, Tensor]] = lstm.forward([[1], [2]]);
  const [packed]: [PackedSequence, unknown] = lstm.forward(packSequence([[[1]]]), [hn, cn]);
  const onnx = lstm.forward({ data: new Float32Array(2), dims: [2, 1] });
  const loaded: LSTM = LSTM.fromStateDict(load(save(lstm.stateDict())), { batchFirst: true });
  const code = (error: unknown): LSTMErrorCode | undefined => (error instanceof LSTMError ? error.code : undefined);
  const [h]: [Tensor, Tensor] = new LSTMCell({ inputSize: 1, hiddenSize: 2 }).forward([1]);
  const y: Float32Array = lstm.stream({ batchSize: 2 }).step(new Float32Array(2));
  // @ts-expect-error the state is both or neither
  lstm.forward([[1]], [hn]);
  // @ts-expect-error an option of PyTorch's spelling
  new LSTM({ input_size: 1, hidden_size: 2 });
  const model: Sequential = new Sequential([lstm, new Linear({ inFeatures: 2, outFeatures: 1 })]);
  const adam: Adam = new Adam(model.parameters());
  export { adam, code, h, loaded, onnx, output, packed, y };
  `,
);

afterAll(() => rmSync(project, { recursive: true }));

// Without skipLibCheck: the declarations themselves must compile with whatever a user has.
describe("a TypeScript project compiles against the declarations", () => {
  it.each([
    ["nodenext", "nodenext", "es2022,dom"],
    ["node16", "node16", "es2022"],
    ["esnext", "bundler", "es2020,dom"],
    ["esnext", "bundler", "esnext"],
  ])("module %s, resolution %s, lib %s", (module, resolution, lib) => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const options = ["--module", module, "--moduleResolution", resolution, "--lib", lib, "--target", "es2022"];
    const args = [tsc, "--noEmit", "--strict", "--types", "", ...options, "user.ts"];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
