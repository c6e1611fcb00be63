import { element } from "./element.js";

let ids = 0;
const newId = (): string => `control-${++ids}`;

export interface Control<Value> {
  readonly element: HTMLElement;
  /** Setting it does not call `onChange`. */
  value: Value;
}

/** A slider with its label and its value in words beside it. */
export function slider(options: {
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
  /** How the value is written, with its unit; as a plain number by default. */
  format?: (value: number) => string;
  onChange: (value: number) => void;
}): Control<number> {
  const { label, min, max, step, format = String, onChange } = options;
  const id = newId();
  const input = element("input", { id, type: "range", min: `${min}`, max: `${max}`, step: `${step}` });
  const output = element("output", { htmlFor: id } as object);
  const write = () => {
    const text = format(input.valueAsNumber);
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  input.valueAsNumber = options.value;
  write();
  input.addEventListener("input", () => {
    write();
    onChange(input.valueAsNumber);
  });
  return {
    element: element("div", { className: "control" }, element("label", { htmlFor: id }, label), input, output),
    get value() {
      return input.valueAsNumber;
    },
    set value(value) {
      input.valueAsNumber = value;
      write();
    },
  };
}

/** A choice out of a few: the options' values with their texts. */
export function select<Value extends string>(options: {
  id?: string;
  label: string;
  options: Readonly<Record<Value, string>>;
  value: Value;
  onChange: (value: Value) => void;
}): Control<Value> {
  const { id = newId(), label, onChange } = options;
  const choices = Object.entries<string>(options.options).map(([value, text]) => element("option", { value }, text));
  const input = element("select", { id }, ...choices);
  input.value = options.value;
  input.addEventListener("change", () => onChange(input.value as Value));
  return {
    element: element("div", { className: "control" }, element("label", { htmlFor: id }, label), input),
    get value() {
      return input.value as Value;
    },
    set value(value) {
      input.value = value;
    },
  };
}

/** A line of text; `onChange` gets every change while it is typed. */
export function textField(options: {
  label: string;
  value: string;
  /** In UTF-16 units. */
  maxLength: number;
  onChange: (value: string) => void;
}): Control<string> {
  const { label, value, maxLength, onChange } = options;
  const id = newId();
  const input = element("input", { id, type: "text", maxLength, value, autocomplete: "off", spellcheck: false });
  input.addEventListener("input", () => onChange(input.value));
  return {
    element: element("div", { className: "control wide" }, element("label", { htmlFor: id }, label), input),
    get value() {
      return input.value;
    },
    set value(text) {
      input.value = text;
    },
  };
}

/** A button; `primary` for the one action of the panel that matters most. */
export function button(label: string, onClick: () => void, kind?: "primary"): HTMLButtonElement {
  const made = element("button", { type: "button", className: kind ?? "" }, label);
  made.addEventListener("click", onClick);
  return made;
}
