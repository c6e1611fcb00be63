/** The command `lstm-wasm` as a user has it: installed from the tarball, in a folder outside of the clone. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "vitest";
import { Place } from "../packaging/place.js";
import { atTerminal, type Session } from "../support/terminal.js";

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export interface StartOptions {
  /** What is piped in; without it, standard input is /dev/null. */
  readonly input?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
  /** Closes the pipe that it writes to after the first output, as `| head` does. */
  readonly closeEarly?: boolean;
  /** Leaves the pipe that it reads from open. */
  readonly keepOpen?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

export class Command {
  readonly #place: Place;
  readonly #bin: string;
  /** An empty folder, where it runs. */
  readonly folder: string;

  private constructor(place: Place) {
    this.#place = place;
    this.#bin = join(place.folder, "node_modules/.bin/lstm-wasm");
    this.folder = join(place.folder, "work");
    mkdirSync(this.folder);
  }

  static async install(): Promise<Command> {
    return new Command(await Place.make());
  }

  /** stdout as bytes. */
  async bytes(args: readonly string[], options: StartOptions = {}): Promise<Buffer> {
    const { bytes, stderr, code } = await this.#start(args, options);
    if (code !== 0) throw new Error(`lstm-wasm ${args.join(" ")} ended with ${code}: ${stderr}`);
    return bytes;
  }

  async run(args: readonly string[], options: StartOptions = {}): Promise<Result> {
    const { bytes, stderr, code } = await this.#start(args, options);
    return { stdout: bytes.toString(), stderr, code };
  }

  /** What is wrong with a command line, which must come in one line, with nothing else, and with this exit code. */
  async complaint(args: readonly string[], exitCode: 1 | 2, input?: string): Promise<string> {
    const { stdout, stderr, code } = await this.run(args, input === undefined ? {} : { input });
    const [line = "", ...others] = stderr.trimEnd().split("\n");
    expect({ stdout, others, code }).toEqual({ stdout: "", others: [], code: exitCode });
    expect(line.startsWith("lstm-wasm: "), line).toBe(true);
    return line.slice("lstm-wasm: ".length);
  }

  atTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Session> {
    return atTerminal([this.#bin, ...args], this.folder, [], env);
  }

  close(): Promise<void> {
    return this.#place.close();
  }

  #start(args: readonly string[], { input, closeEarly = false, keepOpen = false, env = {} }: StartOptions) {
    const child = spawn(this.#bin, args, {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      out.push(chunk);
      if (closeEarly) child.stdout?.destroy();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const { stdin } = child;
    stdin?.on("error", () => {}); // it may stop reading
    if (stdin && input !== undefined) {
      const chunks = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
      Readable.from(chunks).pipe(stdin, { end: !keepOpen });
    }
    return new Promise<{ bytes: Buffer; stderr: string; code: number | null }>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        stdin?.destroy();
        resolve({ bytes: Buffer.concat(out), stderr, code });
      });
    });
  }
}
