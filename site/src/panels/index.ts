import type { Language } from "../i18n/index.js";
import type { PanelModule } from "../panel.js";

export interface PanelEntry {
  /** The name of its folder, and its address: `#/name`. */
  readonly name: string;
  readonly title: Record<Language, string>;
  load(): Promise<PanelModule>;
}

/** Every panel, in the order of the navigation. The first one is shown where the address names none. */
export const PANELS: readonly [PanelEntry, ...PanelEntry[]] = [
  { name: "cell", title: { en: "The cell", zh: "单元" }, load: () => import("./cell/index.js") },
  { name: "train", title: { en: "Train", zh: "训练" }, load: () => import("./train/index.js") },
  { name: "memory", title: { en: "Memory", zh: "记忆" }, load: () => import("./memory/index.js") },
  { name: "voice", title: { en: "Voice", zh: "语音" }, load: () => import("./voice/index.js") },
  { name: "file", title: { en: "Your file", zh: "你的文件" }, load: () => import("./file/index.js") },
  { name: "benchmark", title: { en: "Benchmark", zh: "基准测试" }, load: () => import("./benchmark/index.js") },
  { name: "reference", title: { en: "Reference", zh: "参考手册" }, load: () => import("./reference/index.js") },
];
