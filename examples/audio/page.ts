import { amplifierNode, Meter } from "./node.js";
import { Scope } from "./scope.js";
import { RATE, riff } from "./strings.js";

const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const [play, wet] = [element<HTMLButtonElement>("play"), element<HTMLInputElement>("wet")];
const [share, bar] = [element<HTMLOutputElement>("share"), element<HTMLProgressElement>("share-bar")];

/** Everything that sounds, made at the first press: browsers allow no sound before one. */
let sound: Promise<Sound> | undefined;

interface Sound {
  readonly context: AudioContext;
  readonly amplifier: AudioWorkletNode;
  readonly meter: Meter;
  readonly scopes: readonly Scope[];
}

async function open(): Promise<Sound> {
  const context = new AudioContext({ sampleRate: RATE });
  const meter = new Meter();
  const amplifier = await amplifierNode(context, meter);
  amplifier.addEventListener("processorerror", () => complain(new Error("the audio worklet stopped")));

  const samples = riff();
  const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE });
  buffer.copyToChannel(samples, 0);
  const guitar = new AudioBufferSourceNode(context, { buffer, loop: true });
  const volume = new GainNode(context, { gain: 0.8 });
  guitar.connect(amplifier).connect(volume).connect(context.destination);
  guitar.start();
  const scopes = [new Scope("guitar", guitar), new Scope("loudspeaker", volume)];
  return { context, amplifier, meter, scopes };
}

play.addEventListener("click", async () => {
  play.disabled = true;
  try {
    sound ??= open();
    const { context } = await sound;
    const playing = play.textContent === "Play"; // a context may run from the start, so its state does not tell
    await (playing ? context.resume() : context.suspend());
    bypass(await sound);
    play.textContent = playing ? "Pause" : "Play";
    if (playing) requestAnimationFrame(draw);
  } catch (error) {
    sound = undefined;
    complain(error);
  } finally {
    play.disabled = false;
  }
});

wet.addEventListener("change", async () => {
  if (sound) bypass(await sound);
});

/** Quickly, but not at once: that would click. */
function bypass({ context, amplifier }: Sound): void {
  amplifier.parameters.get("wet")?.setTargetAtTime(wet.checked ? 1 : 0, context.currentTime, 0.01);
}

async function draw(): Promise<void> {
  const { context, scopes } = (await sound) as Sound;
  if (context.state !== "running") return;
  for (const scope of scopes) scope.draw();
  requestAnimationFrame(draw);
}

setInterval(async () => {
  const { context, meter } = (await sound) ?? {};
  const used = context && meter?.read(context.sampleRate);
  if (used === undefined) return;
  share.value = `${(100 * used).toFixed(1)}\u00a0%`;
  bar.value = used;
}, 2000);

function complain(error: unknown): void {
  element("problem").textContent = `No sound: ${error instanceof Error ? error.message : String(error)}`;
}
