import { loadPinyin } from "../pinyin/model.js";
import { toneMarks } from "../pinyin/tone-marks.js";
import { Complaint, commandLine, print, run } from "../terminal.js";
import type { Ink } from "./bars.js";
import { frame, frameCount } from "./frame.js";
import { view } from "./viewer.js";
import { walk } from "./walk.js";

const HELP = `Walks the pinyin model's bidirectional LSTM through a sentence, gate by gate.

  npm run gates                     walks through 我爱中国
  npm run gates -- 银行很远           walks through this
  npm run gates -- 银行 | less       prints all steps

  -a, --all    print all steps at once, as into a pipe
  -h, --help   this text

Keys: space, enter or → goes on, ← goes back, home and end go to the ends, q quits.`;

const SAMPLE = "我爱中国";

/** Between the steps where there are several on one page. */
const RULE = `${"─".repeat(80)}\n`;

async function main(): Promise<void> {
  const { values, positionals } = options();
  if (values.help) return print(`${HELP}\n`);
  const text = chooseText(positionals);
  const terminal = process.stdout.isTTY && process.env.TERM !== "dumb";
  const ink: Ink = !terminal ? "plain" : process.stdout.hasColors() ? "colour" : "mono"; // which honours NO_COLOR

  const pinyin = loadPinyin();
  const way = walk(pinyin, text, toneMarks);
  pinyin.dispose();
  const count = frameCount(way);
  if (terminal && process.stdin.isTTY && !values.all) return view(count, (index) => frame(way, index, ink), ink);
  for (let index = 0; index < count; index++) {
    await print(`${index > 0 ? RULE : ""}${frame(way, index, ink).join("\n")}\n`);
  }
}

function options() {
  return commandLine({
    allowPositionals: true,
    options: { all: { type: "boolean", short: "a" }, help: { type: "boolean", short: "h" } },
  });
}

function chooseText(texts: readonly string[]): string {
  if (texts.length > 1) throw new Complaint(`give one text, got ${texts.length}; quote a text that has spaces`, 2);
  const text = texts[0] ?? SAMPLE;
  if (text.trim() === "") throw new Complaint("the text: there is nothing to walk through, it is empty");
  return text;
}

run("gates", main);
