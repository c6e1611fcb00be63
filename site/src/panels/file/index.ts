import sampleUrl from "../../../../examples/audio/data/amplifier.safetensors?url";
import type { PanelContext } from "../../panel.js";
import { element } from "../../ui/element.js";
import { DropZone } from "./drop-zone.js";
import { en } from "./en.js";
import { factsView } from "./facts-view.js";
import "./file.css";
import { refusalView } from "./refusal-view.js";
import { RunView } from "./run-view.js";
import { saveView } from "./save-view.js";
import { isRefused, Session } from "./session.js";
import { zh } from "./zh.js";

export function mount(root: HTMLElement, { language, signal, keep, announce }: PanelContext): void {
  const strings = { en, zh }[language];
  const session = keep(() => new Session());
  const result = element("div", { className: "file-result" });
  /** Ends what is shown of the file before. */
  let shown = new AbortController();

  const show = (): void => {
    shown.abort();
    shown = new AbortController();
    const { name, answer } = session;
    result.ariaBusy = `${name !== undefined && answer === undefined}`;
    if (name !== undefined) result.replaceChildren(...contentOf(name));
  };
  const contentOf = (name: string): Node[] => {
    const { answer } = session;
    if (answer === undefined) return [element("p", { className: "muted" }, strings.reading(name))];
    if (isRefused(answer)) return [refusalView(answer.refusal, strings, strings.cannot(name))];
    const facts = factsView(answer.value, strings);
    if (answer.value.layers.length === 0) return facts;
    const options = { session, strings, signal: AbortSignal.any([signal, shown.signal]) };
    return [...facts, new RunView(answer.value, options).element, saveView(answer.value, options)];
  };
  const open = async (files: readonly File[]): Promise<void> => {
    const opening = session.open(files.map(({ name }) => name).join(", "), files);
    show();
    if (!(await opening) || signal.aborted) return;
    show();
    const { answer } = session;
    if (answer !== undefined && !isRefused(answer))
      announce(strings.opened(answer.value.name, answer.value.layers.length));
  };
  const openSample = async (): Promise<void> => {
    const name = "amplifier.safetensors";
    try {
      const response = await fetch(sampleUrl);
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
      await open([new File([await response.arrayBuffer()], name)]);
    } catch (error) {
      if (signal.aborted) return;
      const { name: code, message } = error as Error;
      result.replaceChildren(refusalView({ code, message }, strings, strings.cannot(name)));
    }
  };

  root.append(
    element("p", {}, strings.intro),
    element("p", {}, element("strong", {}, strings.privacy), strings.space, strings.privacyMore),
    new DropZone({ strings, signal, onFiles: (files) => void open(files), onSample: () => void openSample() }).element,
    result,
  );
  show();
}
