import type { en } from "./en.js";

const NAMES: Readonly<Record<string, string>> = {
  "plain JS": "纯 JavaScript",
  "tfjs wasm": "TensorFlow.js wasm",
  "tfjs cpu": "TensorFlow.js cpu",
};

export const zh: typeof en = {
  intro:
    "在你的浏览器里有多快？这里用同样的数据，让 lstm-wasm 和纯 JavaScript 写的 LSTM 比速度；愿意的话，还可以加上 onnxruntime-web 和 TensorFlow.js。先核对输出：结果不一致的，不参与计时。",
  cell: "网络",
  size: "大小（输入，隐藏单元）",
  sizeOf: (size) => `(${size})`,
  library: (library) => (library === "tfjs" ? "TensorFlow.js" : library),
  add: (library, megabytes) => `加入 ${library}（${megabytes} MB）`,
  adding: (library) => `正在加载 ${library}…`,
  added: (library) => `${library} 已加入`,
  addHint: "文件就在本站，按下按钮才会加载。",
  run: "开始测量",
  cancel: "取消",
  running: (done, of, kind) => `第 ${done + 1} 项，共 ${of} 项：${kind}…`,
  cancelled: "已取消。",
  finished: "测量完毕。",
  notLoaded: (library, reason) => `无法加载 ${library}：${reason}`,
  failed: (reason) => `无法测量：${reason}`,
  aloneHint: "这种网络没有纯 JavaScript 版本：我们只优化了 LSTM。要比较，请加入一个库。",

  kind: {
    step: "流式推理一步",
    forward: "一条 100 步的序列",
    train: "训练：32 条 50 步的序列，前向与反向",
  },
  network: (cell, size) => `${cell} (${size})`,
  place: ({ browser, release, system, processors }) =>
    `${browser === "other" ? "未知浏览器" : `${browser} ${release || ""}`.trim()}，${system === "other" ? "未知系统" : system}，${processors} 个逻辑处理器`,
  clock: (step) => `时钟步长 ${step}`,
  release: (name, version) => `${name} ${version}`,
  coarse: (part) => `这个浏览器的时钟太粗，每个用时的误差可达 ${part}。`,
  comma: "，",
  space: "",
  name: (name) => NAMES[name] ?? name,

  own: "本浏览器的测量结果",
  elsewhere: "别处的结果",
  elsewhereHint: "这份结果来自网址，不是在这个浏览器里测的，本页也无从判断真假。",
  dismiss: "关闭",
  invalid: "网址里带的不是这项基准测试的结果：可能被截断或改动过。其中的内容一概不显示。",
  ratio: (name, least, largest) =>
    least === largest ? `${name} 用时是我们的 ${least} 倍。` : `${name} 用时是我们的 ${least} 到 ${largest} 倍。`,
  columns: { name: "", time: "每次用时", ratio: "倍数", share: "占峰值" },
  median: (time) => `中位数 ${time}`,
  speed: (gflops) => `${gflops} GFLOP/s`,
  reference: "比较基准",
  difference: (difference) => `输出相差 ${difference}`,
  untimed: "未计时",
  differs: (difference) => `输出相差 ${difference}。`,
  crashed: (reason) => (reason === undefined ? "运行失败。" : `运行失败：${reason}`),
  peak: (gflops) => `峰值 ${gflops} GFLOP/s`,
  table: (kind) => `${kind}：用时、比值、占峰值的比例`,
  copyText: "复制为文本",
  copyLink: "复制链接",
  link: "这份结果的链接",
  copied: "已复制。",
  notCopied: "浏览器不允许本页写入剪贴板，请手动复制：",
  text: {
    head: (version, date) => `lstm-wasm ${version}，${date}`,
    columns: ["最快", "中位数", "比值", "GFLOP/s", "占峰值", "输出相差"],
    how: "单线程，在浏览器的 worker 里运行；各方轮流计时，比值取最快的一轮。",
  },

  method: "怎样测量",
  methods: (steps) => [
    [
      "数据相同。",
      "大家用同样的权重（按 PyTorch 的方式初始化）和同样的输入。计时之前，先把每个输出与我们的比较，训练时还比较每个梯度。表中给出的是最大的差别，以其中最大的数值为 1。超过 1e-4 的不计时。",
    ],
    [
      "轮流进行。",
      "全部单线程，在 worker 里运行。各自先预热四分之一秒，然后轮流运行，每次 12 毫秒，共 31 轮，每轮次序不同。单次用时达到 100 毫秒的，轮数会少一些。用时包括送入数据和取回结果。",
    ],
    [
      "最快与中位数。",
      "最快的一轮说明它能有多快，比值用的就是它；中位数说明机器同时还有别的事时它有多快。两者相差很大，说明当时机器很忙：请再测一次。",
    ],
    [
      "浏览器的时钟不精细。",
      `为了防止网页互相窥探，浏览器有意把时钟调粗。${steps}因此短的运行会连做许多次一起计时，每次至少占时钟的 50 个步长，最长 100 毫秒。`,
    ],
    [
      "峰值",
      "取四个手写的 WebAssembly 循环里最快的一个：它们只用 128 位向量对一级缓存里的数做乘法和加法，在每一项里与我们的代码轮流运行。GFLOP/s 只计各个门的矩阵乘法里的乘法和加法；训练按三倍计。",
    ],
    [
      "纯 JavaScript",
      "是用类型化数组写成的 LSTM，我们已尽力优化。TensorFlow.js 没有 PyTorch 那种 GRU，我们用它的运算写了一个，比它自带的还快。",
    ],
  ],
  steps: (step) => `在这里，步长是 ${step}。`,
  limits: "它没有说明的",
  limitsOf: [
    "GPU。onnxruntime-web 和 TensorFlow.js 可以通过 WebGPU 或 WebGL 使用 GPU；网络很宽、批量很大时，可能会快得多。",
    "多线程。在允许的网站上，这两个库也能用。",
    "加载和启动要多久。它们的大小写在按钮上。",
    "onnxruntime-web 的训练（它不支持），以及 TensorFlow.js 的 cpu 后端要跑很久的项目（没有人愿意等）。",
    "别的机器，或者改日的这台机器。测量时请让这个标签页留在最前面：看不见的标签页会被浏览器降速。",
  ],
};
