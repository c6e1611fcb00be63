import { emitKeypressEvents, type Key } from "node:readline";
import { bold, type Ink } from "./bars.js";

/** The frame to show after a key; undefined to quit. */
export function follow({ name, ctrl }: Key, at: number, count: number): number | undefined {
  if (name === "q" || name === "escape" || (ctrl && (name === "c" || name === "d"))) return undefined;
  if (name === "space" || name === "return" || name === "enter" || name === "right") return Math.min(at + 1, count - 1);
  if (name === "left" || name === "backspace") return Math.max(at - 1, 0);
  if (name === "home") return 0;
  if (name === "end") return count - 1;
  return at;
}

/** A screen of its own, no cursor, and lines that end at the edge of a narrow window instead of going on below. */
const [ENTER, LEAVE] = ["\u001b[?1049h\u001b[?25l\u001b[?7l", "\u001b[?7h\u001b[?25h\u001b[?1049l"];
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ["\u001b[H", "\u001b[2K", "\u001b[J"];

/** Shows one frame at a time on the terminal until the user quits, and leaves the terminal as it was. */
export async function view(count: number, frame: (index: number) => readonly string[], ink: Ink): Promise<void> {
  const { stdin, stdout } = process;
  let at = 0;
  const draw = () => {
    const keys = at === count - 1 ? "the end   ← back   q quit" : `space next${at > 0 ? "   ← back" : ""}   q quit`;
    const lines = [...frame(at).slice(0, (stdout.rows || 24) - 1), bold(keys, ink)];
    stdout.write(HOME + lines.map((line) => CLEAR_LINE + line).join("\r\n") + CLEAR_BELOW);
  };
  const restore = () => {
    stdout.write(LEAVE);
    if (!stdin.destroyed) stdin.setRawMode(false);
  };

  process.once("exit", restore); // on an error too
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdout.write(ENTER);
  stdout.on("resize", draw);
  draw();
  await new Promise<void>((resolve) => {
    stdin.on("end", resolve);
    stdin.on("keypress", (_, key: Key) => {
      const next = follow(key, at, count);
      if (next === undefined) return resolve();
      at = next;
      draw();
    });
  });
  stdout.off("resize", draw);
  stdin.pause();
  process.off("exit", restore);
  restore();
}
