/** `lstm-wasm run`: forward's bits, from and to every format, in bounded memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, RNN, Tensor } from "lstm-wasm";
import { load as loadAudio } from "lstm-wasm/audio";
import { load as loadKeras } from "lstm-wasm/keras";
import { loadNpy, saveNpy } from "lstm-wasm/npy";
import { load as loadOnnx } from "lstm-wasm/onnx";
import { save } from "lstm-wasm/safetensors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command } from "./command.js";

const fixtures = join(import.meta.dirname, "../fixtures");
const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, seed: 1 });
const both = new GRU({ inputSize: 3, hiddenSize: 4, bidirectional: true, batchFirst: true, seed: 2 });
const relu = new RNN({ inputSize: 1, hiddenSize: 2, nonlinearity: "relu", seed: 3 });
/** As many steps as several blocks of each format have. */
const x = Tensor.randn([50_000, 3], { seed: 4 });
const [output] = lstm.forward(x);

let command: Command;
const path = (name: string) => join(command.folder, name);
const write = (name: string, data: string | Uint8Array) => writeFileSync(path(name), data);
const rowsOf = (tensor: Tensor): number[][] => tensor.toArray(2);
const csv = (tensor: Tensor) =>
  rowsOf(tensor)
    .map((row) => `${row.join(",")}\n`)
    .join("");

/** The command while it runs, with pipes. */
const start = (...args: string[]) =>
  spawn(join(command.folder, "../node_modules/.bin/lstm-wasm"), args, { cwd: command.folder });

beforeAll(async () => {
  command = await Command.install();
  write(
    "m.safetensors",
    save({
      ...lstm.stateDict({ prefix: "lstm." }),
      ...both.stateDict({ prefix: "both." }),
      ...relu.stateDict({ prefix: "relu." }),
    }),
  );
  write("x.npy", saveNpy(x));
  write("x.json", JSON.stringify(x.toArray(2)));
  write("x.csv", `a,b,c\n${csv(x)}`);
}, 121_000);
afterAll(() => command.close());

describe("run", { timeout: 60_000 }, () => {
  const model = ["run", "m.safetensors", "--prefix", "lstm."];

  it.each(["npy", "json", "csv"])("gives forward's bits from .%s, to each format", async (from) => {
    const outs = ["npy", "json", "csv"].map((to) => `from-${from}.${to}`);
    for (const out of outs) {
      expect(await command.run([...model, "-i", `x.${from}`, "-o", out])).toEqual({ stdout: "", stderr: "", code: 0 });
    }
    const [npy, json, text] = outs.map((out) => readFileSync(path(out))) as [Buffer, Buffer, Buffer];
    expect(npy.equals(saveNpy(output))).toBe(true);
    expect(new Tensor(JSON.parse(json.toString())).data).toEqual(output.data);
    const rows = text.toString().trimEnd().split("\n");
    expect(Float32Array.from(rows.flatMap((row) => row.split(",").map(Number)))).toEqual(output.data);
  });

  it("reads from a pipe and writes into one", async () => {
    const rows = csv(x.slice(0, 0, 5));
    const { stdout } = await command.run(model, { input: rows });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((row) => row.split(",").map(Number)),
    ).toEqual(rowsOf(output.slice(0, 0, 5)).map((row) => row.map((value) => Number(value.toPrecision(9)))));
    const npy = await command.bytes([...model, "-i", "x.npy", "--format", "npy"]);
    expect(npy.equals(saveNpy(output))).toBe(true);
    const lines = rowsOf(x.slice(0, 0, 5))
      .map((row) => JSON.stringify(row))
      .join("\n");
    expect((await command.run([...model, "--input", "-", "--output", "-"], { input: lines })).stdout).toBe(stdout);
  });

  it("answers each row of a pipe as it comes", async () => {
    const child = start(...model);
    const answer = once(child.stdout, "data");
    child.stdin.write("1,2,3\n");
    await answer; // which comes only if the first row was not kept waiting
    child.stdin.end("4,5,6\n");
    const [second] = await once(child.stdout, "data");
    expect(second.toString().trimEnd().split(",")).toHaveLength(4);
    await once(child, "close");
  });

  it("leaves no half of a file when it is interrupted", async () => {
    const partial = () => readdirSync(command.folder).filter((name) => name.startsWith("half.csv"));
    const child = start(...model, "--output", "half.csv");
    child.stdin.write("1,2,3\n");
    await expect.poll(partial, { timeout: 30_000 }).toHaveLength(1);
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
    expect(partial()).toEqual([]);
  });

  it("keeps the batch, and knows which dimension it is", async () => {
    const batch = Tensor.randn([6, 5, 3], { seed: 5 });
    write("batch.npy", saveNpy(batch));
    write("batch.json", JSON.stringify(batch.toArray(3)));
    const first = LSTM.fromStateDict(lstm.stateDict(), { batchFirst: true });
    for (const [module, option] of [
      [lstm, []],
      [first, ["--batch-first"]],
    ] as const) {
      const [expected] = module.forward(batch);
      for (const from of ["batch.npy", "batch.json"]) {
        const npy = await command.bytes([...model, ...option, "-i", from, "--format", "npy"]);
        expect(npy.equals(saveNpy(expected))).toBe(true);
      }
      const json = await command.run([...model, ...option, "-i", "batch.npy", "--format", "json"]);
      expect(new Tensor(JSON.parse(json.stdout))).toEqual(expected);
      const note =
        "lstm-wasm: the input of shape (6, 5, 3) was read as (seq, batch, input); with --batch-first as (batch, seq, input)\n";
      expect(json.stderr).toBe(module === lstm ? note : "");
    }
    expect(await command.complaint([...model, "-i", "batch.npy"], 2)).toBe(
      "CSV has no batch; say --format json or npy",
    );
  });

  it("reads all of a sequence where a layer needs it", async () => {
    const { stdout } = await command.run([
      "run",
      "m.safetensors",
      "--layer",
      "both",
      "-i",
      "x.json",
      "--format",
      "json",
    ]);
    expect(new Tensor(JSON.parse(stdout))).toEqual(both.forward(x)[0]);
  });

  it("turns round what a layer of ONNX or Keras reads from its end", async () => {
    const turned = (tensor: Tensor, time: number) => {
      const rows = tensor.toArray(3);
      return new Tensor(time === 0 ? rows.reverse() : rows.map((row) => row.reverse()));
    };
    const file = "onnx/hand-LSTM-reverse.onnx";
    const [layer] = loadOnnx(readFileSync(join(fixtures, file))).layers;
    if (layer?.kind !== "LSTM") throw new Error("another fixture");
    const { h0, c0 } = layer.attributes;
    const start = typeof h0 === "string" || typeof c0 === "string" ? undefined : ([h0, c0] as const);
    const batch = start?.[0].shape[1] ?? 2;
    const given = Tensor.randn([7, batch, 3], { seed: 6 });
    write("given.npy", saveNpy(given));
    const [expected] = layer.create({ flipped: true }).forward(turned(given, 0), start as [Tensor, Tensor] | undefined);
    const onnx = await command.bytes(["run", join(fixtures, file), "-i", "given.npy", "--format", "npy"]);
    expect(loadNpy(onnx)).toEqual(turned(expected, 0));

    const keras = join(fixtures, "keras/stacked.keras");
    const { layers } = await loadKeras(readFileSync(keras));
    const backwards = layers.find(({ attributes }) => attributes.goBackwards);
    if (backwards?.kind !== "LSTM") throw new Error("another fixture");
    const five = Tensor.randn([2, 7, 5], { seed: 7 });
    write("five.npy", saveNpy(five));
    const run = ["run", keras, "--layer", backwards.name, "-i", "five.npy", "--format", "npy"];
    const [kerasOutput] = backwards.create({ flipped: true }).forward(turned(five, 1));
    expect(loadNpy(await command.bytes(run))).toEqual(kerasOutput);
  });

  it("starts where the file says, for each sequence of a batch", async () => {
    const nam = JSON.stringify({
      architecture: "LSTM",
      config: { input_size: 1, hidden_size: 2, num_layers: 1 },
      weights: Array.from({ length: 39 }, (_, i) => Math.sin(i)),
    });
    write("amp.nam", nam);
    const [layer] = loadAudio(nam).layers;
    if (layer?.kind !== "LSTM" || layer.state === undefined) throw new Error("no state");
    const { h, c } = layer.state;
    const twice = (state: Tensor) => new Tensor(Float32Array.of(...state.data, ...state.data), [1, 2, 2]);
    const sound = Tensor.randn([9, 2, 1], { seed: 8 });
    write("sound.npy", saveNpy(sound));
    const [expected] = LSTM.fromStateDict(layer.stateDict).forward(sound, [twice(h), twice(c)]);
    const stereo = await command.bytes(["run", "amp.nam", "-i", "sound.npy", "--format", "npy"]);
    expect(loadNpy(stereo)).toEqual(expected);
    // One value a step needs no second dimension.
    write("mono.json", JSON.stringify([...sound.select(1, 0).data]));
    const mono = await command.run(["run", "amp.nam", "-i", "mono.json", "--format", "json"]);
    expect(new Tensor(JSON.parse(mono.stdout))).toEqual(expected.select(1, 0));
  });

  it("takes the user's word for relu, and says what it took if there is none", async () => {
    const args = ["run", "m.safetensors", "--layer", "relu."];
    const input = "0.5\n-2\n3\n";
    const [expected] = relu.forward([[0.5], [-2], [3]]);
    const told = await command.run([...args, "--nonlinearity", "relu", "--format", "json"], { input });
    expect(new Tensor(JSON.parse(told.stdout))).toEqual(expected);
    expect(told.stderr).toBe("");
    expect((await command.run(args, { input })).stderr).toMatch(/^lstm-wasm: relu\.: .*tanh is taken/);
  });

  it.each([
    ["semicolons", "1;2;3\n4;5;6\n"],
    ["tabs and quotes", '"1"\t"2"\t"3"\r\n4\t5\t6\r\n'],
    ["NumPy's savetxt", "# a comment\n1.000e+00 2.000e+00 3.000e+00\n4.0e+00 5.0e+00 6.0e+00\n"],
    ["no end of the last line", "\ufeffa,b,c\n1,2,3\n\n4,5,6"],
    ["JSON with white space", " [ [1, 2, 3],\n  [4, 5, 6] ] "],
    [
      "a Tensor's JSON",
      JSON.stringify(
        new Tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
    ],
  ])("reads %s", async (_, input) => {
    const [expected] = lstm.forward([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const { stdout } = await command.run([...model, "--format", "json"], { input });
    expect(new Tensor(JSON.parse(stdout))).toEqual(expected);
  });

  it.each([
    ["nothing", "", "standard input: there is nothing to read, it is empty"],
    ["headings alone", "a,b,c\n", "standard input: there is nothing to read, it has no numbers"],
    ["a short row", "1,2,3\n1,2\n", "standard input: row 2 has 2 values; the layer reads 3"],
    ["a word", "1,2,3\n1,x,3\n", 'standard input: row 2, column 2: "x" is no number'],
    ["an empty field", "1,,3\n", 'standard input: row 1, column 2: "" is no number'],
    ["a long row of JSON", "[[1,2,3],[1,2,3,4]]", "standard input: row 2 has 4 values; the layer reads 3"],
    ["JSON that ends", "[[1,2", 'standard input: "1,2" stands where row 1 should begin'],
    ["JSON with null", "[[1,null,3]]", "standard input: row 1, value 2: null is no number"],
    ["JSON of other things", '[{"a":1}]', 'standard input: row 1, value 1: {"a":1} is no number'],
    ["too many dimensions", "[[[[1,2,3]]]]", "standard input: the layer reads [steps, 3] or with a batch"],
    ["other bytes", "\u0001\ufffd", "standard input: there is nothing to read, it has no numbers"],
  ])("says in one line what is wrong with %s", async (_, input, message) => {
    expect(await command.complaint(model, 1, input)).toContain(message);
  });

  it("gives the rows before a fault, and says what that is", async () => {
    for (const [input, message] of [
      ["[[1,2,3],[1,2", '"1,2" stands where row 2 should begin'],
      ['[1,2,3]{"a":1}', '"{\\"a\\":1}" stands where row 2 should begin'],
      ["[[1,2,3]", "it ends inside of an array (truncated?)"],
    ] as const) {
      const { stdout, stderr, code } = await command.run(model, { input });
      expect(stdout.trimEnd().split("\n")).toHaveLength(1);
      expect({ stderr, code }).toEqual({ stderr: `lstm-wasm: standard input: ${message}\n`, code: 1 });
    }
  });

  it("says what is wrong with .npy, and leaves no half of a file", async () => {
    const bytes = saveNpy(x);
    write("cut.npy", bytes.subarray(0, 300_000));
    write("long.npy", Buffer.concat([bytes, Buffer.of(1)]));
    write("wide.npy", saveNpy([[1, 2]]));
    write("old.csv", "kept");
    const into = (input: string) => [...model, "-i", input, "-o", "old.csv"];
    expect(await command.complaint(into("cut.npy"), 1)).toContain("cut.npy: it ends before all of its 50000 rows");
    expect(await command.complaint(into("long.npy"), 1)).toContain("long.npy: it goes on after its 50000 rows");
    expect(await command.complaint(into("wide.npy"), 1)).toContain("wide.npy: the layer reads [steps, 3]");
    expect(readFileSync(path("old.csv"), "utf8")).toBe("kept");
    expect(readdirSync(command.folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("ends at an error although the pipe stays open", async () => {
    const { stderr, code } = await command.run(model, { input: "1,2\n", keepOpen: true });
    expect({ stderr, code }).toEqual({
      stderr: "lstm-wasm: standard input: row 1 has 2 values; the layer reads 3\n",
      code: 1,
    });
  });

  it("ends quietly when nobody reads on, as with `| head`", async () => {
    const { stderr, code } = await command.run([...model, "-i", "x.npy"], { closeEarly: true });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });

  it("takes no more memory for a long input than for a short one", async () => {
    const block = csv(x.slice(0, 0, 1000));
    const peak = async (blocks: number) => {
      async function* rows() {
        for (let i = 0; i < blocks; i++) yield block;
      }
      const file = path("peak");
      const report = `import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS)));`;
      // A small nursery: else garbage that V8 has not yet looked at is most of what is measured.
      const env = {
        NODE_OPTIONS: `--max-semi-space-size=1 --import=data:text/javascript,${encodeURIComponent(report)}`,
      };
      await command.bytes([...model, "-o", "long.npy"], { input: rows(), env });
      return Number(readFileSync(file, "utf8")) / 1024;
    };
    const [short, long] = [await peak(50), await peak(2000)];
    const megabytes = (2000 * block.length) / 2 ** 20;
    expect(megabytes).toBeGreaterThan(100);
    expect(long - short).toBeLessThan(megabytes / 2);
    expect(loadNpy(readFileSync(path("long.npy"))).shape).toEqual([2_000_000, 4]);
  });
});
