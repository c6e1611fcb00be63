/** The operations, and how often each is drawn. One that finds nothing to work on does nothing. */
import { quantize } from "lstm-wasm/nn";
import { isStack } from "../support/cells.js";
import { chainKind } from "./chain.js";
import type { Draw } from "./draw.js";
import { cellKind, stackKind } from "./kind.js";
import { NarrowSubject } from "./narrow-subject.js";
import { badOptions, loadBadDict, loadDict, set, trace, writeKept } from "./parameters.js";
import { Saved } from "./saved.js";
import { StreamSubject } from "./stream-subject.js";
import { Subject } from "./subject.js";
import { clip, OptimizerSubject } from "./training.js";
import type { World } from "./world.js";

type Operation = (world: World, draw: Draw) => void;

/** An operation on one of the modules. */
const onModule =
  (run: (subject: Subject, draw: Draw, world: World) => void): Operation =>
  (world, draw) => {
    const subject = world.choose(draw, world.subjects);
    if (subject !== undefined) run(subject, draw, world);
  };

/** The same, if it lives. */
const onLive = (run: (subject: Subject, draw: Draw, world: World) => void): Operation =>
  onModule((subject, draw, world) => subject.disposed || run(subject, draw, world));

const onStream =
  (run: (stream: StreamSubject, draw: Draw, world: World) => void): Operation =>
  (world, draw) => {
    const stream = world.choose(draw, world.streams);
    if (stream !== undefined) run(stream, draw, world);
  };

const onOptimizer =
  (run: (optimizer: OptimizerSubject, draw: Draw) => void): Operation =>
  (world, draw) => {
    const optimizer = world.choose(draw, world.optimizers);
    if (optimizer !== undefined) run(optimizer, draw);
  };

const onCheckpoint =
  (run: (saved: Saved, draw: Draw) => void): Operation =>
  (world, draw) => {
    if (world.checkpoints.length === 0) return;
    const saved = draw.pick(world.checkpoints);
    world.about = String(saved);
    run(saved, draw);
  };

function addStream(world: World, draw: Draw) {
  const recurrent = world.subjects.filter(({ module }) => isStack(module));
  const owner = world.choose(draw, recurrent);
  if (owner === undefined || world.streams.length > 7) return;
  const { module } = owner;
  if (!isStack(module)) return;
  const bad = { batchSize: draw.pick([0, -1, 0.5, "2", null]) } as never;
  owner.refuses("stream", ["OPTION"], () => module.stream(bad));
  if (module.bidirectional) return owner.refuses("stream", ["OPTION"], () => module.stream());
  if (owner.disposed) return;
  world.streams.push(new StreamSubject(owner, world.streams.length, draw.int(1, 4)));
}

/** A stream that goes on from the state of another. */
function fork(stream: StreamSubject, draw: Draw, world: World): void {
  if (stream.dead || world.streams.length > 9) return;
  const other = new StreamSubject(stream.owner, world.streams.length, stream.batch);
  world.streams.push(other);
  other.setState(stream.stream.state, draw);
}

function addOptimizer(world: World, draw: Draw): void {
  const subjects = world.subjects.filter(({ disposed }) => !disposed && draw.chance(0.5));
  if (!subjects.some(({ weights }) => weights.length > 0) || world.optimizers.length > 4) return;
  world.optimizers.push(new OptimizerSubject(world.optimizers.length, subjects, draw));
}

function addCheckpoint(world: World, draw: Draw): void {
  const subject = world.choose(draw, world.subjects);
  if (subject === undefined || subject.disposed || subject.weights.length === 0) return;
  const optimizer = world.optimizers.find(
    ({ dead, subjects }) => !dead && subjects.length === 1 && subjects[0] === subject,
  );
  world.checkpoints.push(new Saved(subject, draw.chance(0.7) ? optimizer : undefined));
}

/** Integer weights of a live module; one with a part of one's own has none. */
function addNarrow(subject: Subject, draw: Draw, world: World): void {
  if (world.narrow.filter(({ disposed }) => !disposed).length > 2) return;
  if (!subject.kind.name.includes("Scale")) world.narrow.push(new NarrowSubject(subject, world.narrow.length, draw));
  else subject.refuses("quantize", ["OPTION"], () => quantize(subject.module, { weights: "int8" }));
}

const onNarrow =
  (run: (subject: NarrowSubject, draw: Draw) => void): Operation =>
  (world, draw) => {
    const subject = world.choose(draw, world.narrow);
    if (subject !== undefined) run(subject, draw);
  };

const TABLE: readonly [weight: number, name: string, run: Operation][] = [
  [
    8,
    "new module",
    (world, draw) => {
      if (world.subjects.filter(({ disposed }) => !disposed).length > 4) return;
      const kind = draw.pick([stackKind, stackKind, cellKind, chainKind, chainKind])(draw);
      world.about = kind.name;
      world.subjects.push(new Subject(kind, world.subjects.length));
    },
  ],
  [
    14,
    "forward",
    onModule((subject, draw, world) =>
      subject.forward(draw, draw.chance(0.15) ? world.meanwhile(draw, subject) : undefined),
    ),
  ],
  [2, "forward into an earlier result", onLive((subject, draw) => subject.forwardInto(draw))],
  [
    12,
    "backward",
    onModule((subject, draw, world) =>
      subject.backward(draw, draw.chance(0.15) ? world.meanwhile(draw, subject) : undefined),
    ),
  ],
  [
    4,
    "bad forward",
    onModule((subject, draw, world) => {
      const { what, args, codes } = subject.kind.badInputs(draw);
      world.about += `: ${what}`;
      subject.refuses(what, codes, () => subject.module.forward(...args));
    }),
  ],
  [
    4,
    "bad backward",
    onModule((subject, draw, world) => {
      const waiting = subject.waiting.at(-1);
      if (waiting === undefined) return;
      const { what, args, codes } = subject.kind.badGradients(draw, waiting.result);
      world.about += `: ${what}`;
      subject.refuses(what, [...codes, "STALE_FORWARD"], () =>
        subject.kind.backward(subject.module, args, waiting.name),
      );
    }),
  ],
  [5, "train", onLive((subject, draw) => subject.setMode(draw.chance(0.8)))],
  [
    1,
    "discardPending",
    onLive((subject) => {
      subject.module.discardPending();
      subject.waiting = [];
      subject.check();
    }),
  ],
  [
    2,
    "zeroGrad",
    onLive((subject) => {
      subject.module.zeroGrad();
      for (const grad of subject.grads) grad?.fill(0);
      subject.check();
    }),
  ],
  [5, "write into a kept array", onModule(writeKept)],
  [2, "parameter.set", onLive(set)],
  [2, "loadStateDict", onLive(loadDict)],
  [2, "bad loadStateDict", onLive(loadBadDict)],
  [1, "bad options", (_, draw) => badOptions(draw)],
  [2, "trace", onLive(trace)],
  [1, "dispose", onModule((subject) => subject.dispose())],
  [4, "new stream", addStream],
  [
    6,
    "step",
    onStream((stream, draw, world) =>
      stream.step(draw, draw.chance(0.15) ? world.meanwhile(draw, stream.owner) : undefined),
    ),
  ],
  [
    4,
    "run",
    onStream((stream, draw, world) =>
      stream.run(draw, draw.chance(0.15) ? world.meanwhile(draw, stream.owner) : undefined),
    ),
  ],
  [2, "fork", onStream(fork)],
  [2, "reset", onStream((stream, draw) => stream.reset(draw))],
  [2, "set state", onStream((stream, draw) => stream.setState(stream.anotherState(draw), draw))],
  [3, "bad call of a stream", onStream((stream, draw) => stream.bad(draw))],
  [2, "write into a stream's input", onStream((stream) => void stream.input.fill(NaN))],
  [1, "dispose a stream", onStream((stream) => stream.dispose())],
  [2, "new optimiser", addOptimizer],
  [5, "optimiser.step", onOptimizer((optimizer) => optimizer.step())],
  [1, "optimiser.zeroGrad", onOptimizer((optimizer) => optimizer.zeroGrad())],
  [2, "optimiser.loadStateDict", onOptimizer((optimizer, draw) => optimizer.load(draw))],
  [1, "optimiser.lr", onOptimizer((optimizer, draw) => optimizer.setRate(draw))],
  [1, "dispose an optimiser", onOptimizer((optimizer) => optimizer.dispose())],
  [
    3,
    "clip",
    (world, draw) =>
      clip(
        world.subjects.filter(({ disposed }) => draw.chance(disposed ? 0.05 : 0.5)),
        draw,
      ),
  ],
  [3, "saveCheckpoint", addCheckpoint],
  [3, "loadCheckpoint", onCheckpoint((saved) => saved.load())],
  [5, "loadCheckpoint of changed bytes", onCheckpoint((saved, draw) => saved.loadChanged(draw))],
  [3, "quantize", onLive(addNarrow)],
  [4, "forward with integer weights", onNarrow((subject, draw) => subject.forward(draw))],
  [2, "steps with integer weights", onNarrow((subject, draw) => subject.step(draw))],
  [2, "what integer weights refuse", onNarrow((subject, draw) => subject.refuse(draw))],
  [2, "integer weights in a file", onNarrow((subject, draw) => subject.file(draw))],
  [1, "dispose integer weights", onNarrow((subject) => subject.dispose())],
  [2, "grow memory", (world, draw) => world.grow(draw)],
  [4, "check all", (world) => world.check()],
];

const TOTAL = TABLE.reduce((sum, [weight]) => sum + weight, 0);

/** Draws an operation and runs it; returns what was done, for the report, also if it failed. */
export function operate(world: World, draw: Draw, note: (what: string) => void, without: readonly string[]): void {
  let ticket = draw.int(1, TOTAL);
  const [, name, run] = TABLE.find(([weight]) => {
    ticket -= weight;
    return ticket <= 0;
  }) as (typeof TABLE)[number];
  if (without.includes(name)) return;
  world.about = "";
  try {
    run(world, draw);
  } finally {
    note(world.about === "" ? name : `${name}: ${world.about}`);
  }
}
