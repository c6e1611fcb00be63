import type { en } from "./en.js";

export const zh: typeof en = {
  tagline: "在浏览器里看真实的 LSTM 工作",
  skip: "跳到正文",
  panels: "面板",
  language: "语言",
  theme: "主题",
  themes: { system: "跟随系统", light: "浅色", dark: "深色" },
  loading: "正在加载…",
  failed: (reason) => `无法显示这个面板：${reason}`,
  privacy: "一切都在本机运行。你输入、绘制、说出或打开的内容都不会离开这台机器。",
  licences: "许可证",
};
