/**
 * What is run in every runtime: a seeded LSTM, GRU and RNN forward, backward, packed, traced and streamed, and a little
 * training. The results are digests of every bit that came out, so that runtimes can be compared by a few short strings.
 *
 * Plain ECMAScript, without any runtime's API, and without the functions of `Math` whose last bits an engine may choose.
 */

/** @returns {Record<string, string>} digests of what the core computes */
export function checkCore({ LSTM, LSTMCell, GRU, GRUCell, RNN, RNNCell, packPaddedSequence, Tensor }) {
  const lstm = new LSTM({ inputSize: 5, hiddenSize: 7, numLayers: 2, bidirectional: true, projSize: 3, seed: 42 });
  const input = new Tensor(wave(9 * 4 * 5), [9, 4, 5]);
  const [output, [hn, cn]] = lstm.forward(input);
  const [packed] = lstm.forward(packPaddedSequence(input, [9, 2, 0, 5], { enforceSorted: false }));
  const traced = lstm.trace(input).layers.flatMap(({ i, f, g, o, c, h }) => [i, f, g, o, c, h]);

  lstm.train();
  const [trained] = lstm.forward(input);
  const gradients = lstm.backward(new Tensor(wave(trained.data.length), trained.shape));
  const grads = lstm.parameters().map(({ grad }) => Float32Array.from(grad)); // views go stale

  const wide = new LSTM({ inputSize: 19, hiddenSize: 33, seed: 7 });
  const stream = wide.stream({ batchSize: 2 });
  const steps = Array.from({ length: 50 }, (_, t) => Float32Array.from(stream.step(wave(2 * 19, t))));
  const rest = stream.run(new Tensor(wave(40 * 2 * 19), [40, 2, 19]));

  const narrow = ["int8", "int16"].map((weights) => {
    const small = LSTM.fromStateDict(lstm.stateDict(), { weights });
    const [inPacked] = small.forward(packPaddedSequence(input, [9, 2, 0, 5], { enforceSorted: false }));
    const stream = LSTM.fromStateDict(wide.stateDict(), { weights }).stream({ batchSize: 6 });
    const [all, ends] = small.forward(input);
    return [all, ...ends, inPacked.data, stream.run(new Tensor(wave(9 * 6 * 19), [9, 6, 19]))];
  });

  const cell = new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 1 });
  return {
    forward: digest(output.data, hn.data, cn.data),
    packed: digest(packed.data.data),
    trace: digest(...traced.map(({ data }) => data)),
    backward: digest(gradients.input.data, gradients.h0.data, gradients.c0.data, ...grads),
    stream: digest(...steps, rest.data),
    narrow: digest(...narrow.flat().map(({ data }) => data)),
    cell: digest(...cell.forward(new Tensor(wave(6), [2, 3])).map(({ data }) => data)),
    gru: checkSibling(GRU, GRUCell, {}),
    rnn: checkSibling(RNN, RNNCell, {}),
    relu: checkSibling(RNN, RNNCell, { nonlinearity: "relu" }),
  };

  /** One digest of all that layers with h alone compute, and their cell. */
  function checkSibling(Layers, Cell, options) {
    const layers = new Layers({
      inputSize: 5,
      hiddenSize: 19,
      numLayers: 2,
      bidirectional: true,
      seed: 42,
      ...options,
    });
    const [output, hn] = layers.forward(input);
    const [packed] = layers.forward(packPaddedSequence(input, [9, 2, 0, 5], { enforceSorted: false }));
    const traced = layers
      .trace(input)
      .layers.flatMap(({ layer: _, direction: __, ...tensors }) => Object.values(tensors));
    layers.train();
    const [trained] = layers.forward(input);
    const gradients = layers.backward(new Tensor(wave(trained.data.length), trained.shape));
    const grads = layers.parameters().map(({ grad }) => Float32Array.from(grad));
    const stream = new Layers({ inputSize: 5, hiddenSize: 33, seed: 7, ...options }).stream({ batchSize: 4 });
    const steps = stream.run(input);
    const h = new Cell({ inputSize: 3, hiddenSize: 4, seed: 1, ...options }).forward(new Tensor(wave(6), [2, 3]));
    const results = [output, hn, packed.data, ...traced, gradients.input, gradients.h0, steps, h];
    return digest(...results.map(({ data }) => data), ...grads);
  }
}

/** @returns {Record<string, string>} digests of a model that was trained, saved, loaded and run */
export function checkTraining({ LSTM, Adam, Sequential, Linear, crossEntropy, clipGradNorm, load, save }) {
  const model = new Sequential({
    lstm: new LSTM({ inputSize: 4, hiddenSize: 8, numLayers: 2, dropout: 0.25, seed: 3 }),
    head: new Linear({ inFeatures: 8, outFeatures: 3, seed: 4 }),
  }).train();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const input = { data: wave(6 * 5 * 4), shape: [6, 5, 4] };
  const targets = Array.from({ length: 6 }, (_, t) => Array.from({ length: 5 }, (_, b) => (t + b) % 3));
  const losses = [];
  for (let step = 0; step < 5; step++) {
    optimizer.zeroGrad();
    const { loss, gradient } = crossEntropy(model.forward(input), targets);
    model.backward(gradient);
    clipGradNorm(model.parameters(), 1);
    optimizer.step();
    losses.push(loss);
  }
  const file = save(model.stateDict());
  const again = LSTM.fromStateDict(load(file), { prefix: "lstm." });
  const narrow = ["int8", "int16"].map((weights) => {
    const parts = {
      lstm: (dict, options) => LSTM.fromStateDict(dict, { ...options, weights }),
      head: (dict, options) => Linear.fromStateDict(dict, { ...options, weights }),
    };
    const small = save(Sequential.fromStateDict(model.stateDict(), parts).stateDict());
    return [small, Sequential.fromStateDict(load(small), { lstm: LSTM, head: Linear }).forward(input).data];
  });
  return {
    training: digest(Float32Array.from(losses), ...model.parameters().map(({ data }) => data)),
    reloaded: digest(again.forward(input)[0].data),
    narrowed: digest(...narrow.flat()),
  };
}

/** Numbers in [-0.5, 0.5) that look random and are exact in float32. */
function wave(length, from = 0) {
  return Float32Array.from({ length }, (_, i) => (Math.imul(i + 1000 * from + 1, 2654435761) >>> 8) / 2 ** 24 - 0.5);
}

/** FNV-1a of 64 bits over the bytes of all values. */
function digest(...arrays) {
  let hash = 0xcbf29ce484222325n;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, "0");
}
