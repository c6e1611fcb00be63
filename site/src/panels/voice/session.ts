import sampleUrl from "../../../../examples/vad/data/sample.wav?url";
import modelUrl from "../../../../examples/vad/data/silero_vad_16k_sequence.onnx?url";
import type { Closeable } from "../../panel.js";
import { Background, proxy, transfer } from "../../worker.js";
import { Hearing } from "./hearing.js";
import { MicrophoneError, type MicrophoneTrouble, openMicrophone } from "./microphone.js";
import type { Part, Reader } from "./reader.worker.js";
import workerUrl from "./reader.worker.ts?worker&url";

/** What the panel does at present. */
export type State =
  | { readonly kind: "idle" }
  /** Waits for the visitor's permission, then for the first sound. */
  | { readonly kind: "asking" }
  | { readonly kind: "listening" }
  | { readonly kind: "reading"; readonly file: string }
  | { readonly kind: "microphoneFailed"; readonly trouble: MicrophoneTrouble; readonly reason: string }
  | { readonly kind: "fileFailed"; readonly file: string; readonly reason: string };

/** The model, and what it heard last. It outlasts a change of the language. */
export class Session implements Closeable {
  /** Ready when the files that the panel needs are there. */
  readonly loaded: Promise<unknown>;
  /** Called when the state changes or more was heard. */
  onChange: () => void = () => {};
  readonly #model = get(modelUrl).then((response) => response.arrayBuffer());
  readonly #sample = get(sampleUrl).then((response) => response.blob());
  readonly #worker = new Background<Reader>(workerUrl);
  #state: State = { kind: "idle" };
  #hearing: Hearing | undefined;
  #threshold = 0.5;
  /** Ends what runs. */
  #run = new AbortController();

  constructor() {
    this.loaded = Promise.all([this.#model, this.#sample]);
  }

  get state(): State {
    return this.#state;
  }

  /** Whether there is something to stop. */
  get running(): boolean {
    return ["asking", "listening", "reading"].includes(this.#state.kind);
  }

  get hearing(): Hearing | undefined {
    return this.#hearing;
  }

  /** The probability from which on somebody speaks. */
  get threshold(): number {
    return this.#threshold;
  }

  set threshold(threshold: number) {
    this.#threshold = threshold;
    if (this.#hearing !== undefined) this.#hearing.threshold = threshold;
    this.onChange();
  }

  /** Hears the microphone until `stop`. To be called while a click is handled. */
  async listen(): Promise<void> {
    const run = this.#begin({ kind: "asking" });
    const fail = (error: unknown): void => {
      if (run.signal.aborted) return; // it was stopped meanwhile
      const { trouble, message } = error instanceof MicrophoneError ? error : new MicrophoneError("broken", error);
      this.#end(run, { kind: "microphoneFailed", trouble, reason: message });
    };
    try {
      let hearing: Hearing | undefined;
      await openMicrophone({
        model: this.#model,
        heard: ({ probability, milliseconds }) => {
          if (run.signal.aborted) return;
          if (hearing === undefined) {
            hearing = this.#hear(new Hearing(this.#threshold));
            this.#state = { kind: "listening" };
          }
          hearing.add([probability], milliseconds);
          this.onChange();
        },
        lost: fail,
        signal: run.signal,
      });
    } catch (error) {
      fail(error);
    }
  }

  /** Hears the file that ships: two sentences, loud noise between them. */
  async readSample(): Promise<void> {
    await this.read("sample.wav", await this.#sample);
  }

  /** Hears a WAV file. */
  async read(name: string, file: Blob): Promise<void> {
    const run = this.#begin({ kind: "reading", file: name });
    try {
      let hearing: Hearing | undefined;
      const report = ({ probabilities, milliseconds, length }: Part): boolean => {
        if (run.signal.aborted) return false;
        hearing ??= this.#hear(new Hearing(this.#threshold, { name, url: URL.createObjectURL(file), length }));
        hearing.add(probabilities, milliseconds);
        this.onChange();
        return true;
      };
      const [bytes, model] = await Promise.all([file.arrayBuffer(), this.#model]);
      const samples = await this.#worker.run((reader) => reader.read(transfer(bytes, [bytes]), model, proxy(report)));
      if (run.signal.aborted) return;
      hearing?.end(samples);
      this.#end(run, { kind: "idle" });
    } catch (error) {
      if (run.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#end(run, { kind: "fileFailed", file: name, reason });
    }
  }

  /** Ends what runs. What was heard stays. */
  stop(): void {
    this.#end(this.#run, { kind: "idle" });
  }

  close(): void {
    this.#run.abort();
    this.#worker.close();
    this.#forget();
  }

  /** Ends what runs before something else runs. */
  #begin(state: State): AbortController {
    this.#run.abort();
    this.#run = new AbortController();
    this.#state = state;
    this.onChange();
    return this.#run;
  }

  #end(run: AbortController, state: State): void {
    run.abort();
    this.#state = state;
    this.onChange();
  }

  #hear(hearing: Hearing): Hearing {
    this.#forget();
    this.#hearing = hearing;
    return hearing;
  }

  #forget(): void {
    if (this.#hearing?.sound !== undefined) URL.revokeObjectURL(this.#hearing.sound.url);
  }
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}
