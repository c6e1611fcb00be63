import type { Closeable } from "../../panel.js";
import { Background } from "../../worker.js";
import type { Direction, Insight, Reader } from "./reader.worker.js";

/** What the visitor has chosen and what the model made of it. It outlasts a change of the language. */
export class Session implements Closeable {
  readonly #worker = new Background<Reader>(
    new Worker(new URL("./reader.worker.ts", import.meta.url), { type: "module" }),
  );
  text = "我爱中国";
  direction: Direction = "forward";
  unit = 0;
  step = 1;

  /** What the model makes of the present text. */
  read(): Promise<Insight> {
    return this.#worker.run((reader) => reader.read(this.text));
  }

  close(): void {
    this.#worker.close();
  }
}
