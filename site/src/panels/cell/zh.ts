import type { en } from "./en.js";

export const zh: typeof en = {
  intro: "这个模型从两个方向读一段中文，并判断每个字的读音。下面是其中 LSTM 的 32 个单元在每一步的门和状态。",
  text: "文本",
  direction: "方向",
  directions: { forward: "正向", reverse: "反向" },
  gates: { i: "i，输入门", f: "f，遗忘门", g: "g，候选值", o: "o，输出门", c: "c，单元状态", h: "h，输出" },
  heatmap: "热图",
  begin: "开始",
  end: "结束",
  readings: "模型读出的拼音",
  selected: (unit, step) => `第 ${unit} 个单元，“${step}”处`,
  cell: (unit, step, value) => `第 ${unit} 个单元，${step}：${value}`,
};
