import { click, one, textOf, textsOf, until } from "./page.js";

const step = () => Number(one("[data-go=step]").value);

/** What a visitor does first in a panel. Each returns what the panel then shows; a panel that is not here is only opened. */
export const FIRST_THINGS = {
  /** Goes back to the first character and one on, and opens the table of all numbers. */
  async cell() {
    const at = step();
    one("[data-go=back]").click();
    await until("a step back", () => step() === at - 1);
    one("article.run details").open = true;
    const numbers = await until("numbers", () => {
      const texts = textsOf("article.run:first-of-type td[data-name=h]");
      return texts.length > 0 && texts;
    });
    return { step: step(), units: numbers.length, numbers: numbers.every((text) => Math.abs(text) < 1) };
  },

  /** Trains on the strokes that ship. */
  async train() {
    await click("Use sample strokes");
    await click("Train");
    await until("the last step", () => textOf("button.primary") === "Go on");
    const [, first, last] = /From ([\d.]+) to ([\d.]+)/.exec(one(".train-run .chart").ariaLabel);
    return { steps: Number(textOf("[data-number=step]")), falls: last < first / 4, note: textOf(".train-note") };
  },

  /** Sees the gradients, and starts the race. */
  async memory() {
    await until("the gradients", () => one("section:nth-of-type(1)[aria-busy=false]"));
    const gradients = document.querySelectorAll("section:nth-of-type(1) td data").length;
    await click("Start the race");
    const progress = () => [...document.querySelectorAll("section:nth-of-type(2) progress")].map(({ value }) => value);
    await until("updates of every network", () => progress().every((updates) => updates > 0));
    await click("Pause");
    return { gradients, networks: progress().length, charts: document.querySelectorAll("main .chart canvas").length };
  },

  /** Has the sample heard that ships. */
  async voice() {
    await click("Try the sample");
    await until("all of the sound", () => one("[data-state=idle]") && /9\.8 s/.test(textOf(".figures")));
    return { segments: textsOf(".segments li") };
  },

  /** Opens a file of PyTorch's, which the layer runs at once. */
  async file() {
    const transfer = new DataTransfer();
    const bytes = await (await fetch("model.pt")).arrayBuffer();
    transfer.items.add(new File([bytes], "model.pt"));
    const input = one(".drop-zone input[type=file]");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await until("the heat maps", () => one(".heatmap canvas") && !one("main [aria-busy=true]"));
    return { layers: textsOf(".file-result tbody tr"), selected: textOf("#file-selected") };
  },

  /** Measures ours against plain JavaScript. */
  async benchmark() {
    await click("Measure");
    await until("three tables", () => document.querySelectorAll(".measure .result table").length === 3);
    // How far the outputs differ depends on the engine's own exp and tanh.
    return { rows: textsOf(".measure .result tbody th").map((text) => text.replace(/\de-[67]$/, "little")) };
  },

  /** Searches for a class and opens it. */
  async reference() {
    const field = one("[role=combobox]");
    field.focus();
    field.value = "PackedSequence";
    field.dispatchEvent(new Event("input"));
    (await until("what the search finds", () => one("[role=option]"))).click();
    await until("the class", () => textOf("article[aria-busy=false] h2") === "PackedSequence");
    return { address: location.hash, members: document.querySelectorAll(".member").length };
  },
};
