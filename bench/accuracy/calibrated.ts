/** Calibrates the recurrent layers of a model by what comes to them while it works on other data than it is judged on. */
import { GRU, LSTM, Tensor } from "lstm-wasm";
import { calibrate, type Module, type Sample } from "lstm-wasm/nn";
import type { Variant } from "../../examples/variant.js";

/** @param work makes the model with the variant that it is given, and runs it */
export function calibrated(work: (variant: Variant) => void): Variant {
  /** Of each layer, in the order in which the model makes them. */
  const samples: Sample[][] = [];
  work((layer) => observed(layer, samples));
  let layers = 0;
  return (layer) => {
    const narrow = calibrate(layer, samples[layers++] as Sample[]);
    layer.dispose();
    return narrow;
  };
}

/** The layer itself, whose calls are written down from now on; each step of a stream as a call of one step. */
function observed<M extends Module>(layer: M, all: Sample[][]): M {
  if (!(layer instanceof LSTM || layer instanceof GRU)) throw new Error("calibrated: only LSTM and GRU");
  const samples: Sample[] = [];
  all.push(samples);
  const forward = layer.forward.bind(layer) as (...sample: Sample) => never;
  const stream = layer.stream.bind(layer);
  return Object.assign(layer, {
    forward(...[input, state]: Sample) {
      samples.push([input, state ?? null]);
      return forward(input, state);
    },
    stream() {
      const steps: { step(x?: Float32Array | Tensor): Float32Array } & Pick<ReturnType<LSTM["stream"]>, "input"> &
        Readonly<{ state: { h: Tensor; c?: Tensor } }> = stream();
      const step = steps.step.bind(steps);
      return Object.assign(steps, {
        step(x?: Float32Array | Tensor) {
          const values = x instanceof Tensor ? x.data : (x ?? steps.input);
          const { h, c } = steps.state;
          samples.push([new Tensor(values.slice(), [1, 1, layer.inputSize]), c === undefined ? h : [h, c]]);
          return x === undefined ? step() : step(x);
        },
      });
    },
  });
}
