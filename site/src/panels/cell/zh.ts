import type { en } from "./en.js";

export const zh: typeof en = {
  intro: {
    pinyin:
      "LSTM 一步一步读入序列，随身带着一份记忆，也就是单元状态。每一步都由几个门（0 到 1 之间的数）决定忘掉什么、记住什么、输出什么。这里的双向 LSTM 每个方向有 32 个隐藏单元，它阅读一段中文，判断每个字的读音。跟着它逐字往下走：所有数值都来自公开发布的 g2pM 模型。",
    digits:
      "RNN、GRU 和 LSTM 各有 4 个隐藏单元，学的是同一个任务：每读一个字符，就说出到目前为止最后出现的数字。每个字符用两个数表示：数字 d 是 d / 10 和 1；字母是一个各不相同、应当忽略的数和 0。看看它们遇到数字时各自怎么做，又怎样在字母经过时把数字记住。",
  },
  lookFor:
    "请跟踪第 0 个隐藏单元。遇到数字时，GRU 的 z 和 LSTM 的 f 降到接近 0：旧内容被丢弃；遇到字母时接近 1：旧内容得以保留。LSTM 的第 1 个隐藏单元只对数字打开输入门。RNN 没有门，它记住的一切每一步都要经过 tanh，每个字母都会搅动它。在 200 段各 100 个字符（平均每十个字符有一个数字）的新文本上，RNN 平均偏差 0.645，GRU 和 LSTM 为 0.075。",
  model: "模型",
  models: { pinyin: "拼音：双向 LSTM", digits: "最后的数字：RNN、GRU、LSTM" },
  text: "文本",
  noText: "请输入一些字符：现在还没有可读的内容。",
  failed: (reason) => `模型无法读取这段文本：${reason}`,
  shown: "显示",
  all: { pinyin: "两个方向", digits: "全部三个" },
  runs: { forward: "正向", reverse: "反向", rnn: "RNN", gru: "GRU", lstm: "LSTM" },
  unit: "隐藏单元",
  step: "步",
  speed: "速度",
  stagesPerSecond: (stages) => `每秒 ${stages} 个阶段`,
  play: "▶ 播放",
  pause: "❚❚ 暂停",
  back: "← 后退",
  on: "前进 →",
  stageBack: "‹ 阶段",
  stageOn: "阶段 ›",
  keys: "按键：← 和 → 逐字移动，按住 Shift 则逐个阶段移动；空格键播放或暂停。点击某一列即可跟踪那个隐藏单元。",
  at: (t, length, characters) => `${t} / ${length}：${characters}`,
  reads: (run, symbol) => `${run}读“${symbol}”`,
  and: "，",
  begin: "开始",
  end: "结束",
  unknown: "模型不认识这个字：所有不认识的字在它看来都一样。",
  stages: {
    input: "输入",
    forget: "遗忘门",
    inputGate: "输入门",
    candidate: "候选值",
    cellState: "单元状态",
    outputGate: "输出门",
    hidden: "隐藏状态",
    reset: "重置门",
    update: "更新门",
    resetState: "重置门放行的部分",
  },
  picture: (run, symbol, t, unit) =>
    `${run}，第 ${t} 步：单元读入“${symbol}”。图中是所有门和状态的热力图，标出了第 ${unit} 个隐藏单元；其数值在下面以文字列出。`,
  colours: (x, c) => `颜色最深处为 ±1，x(t) 为 ±${x}，单元状态为 ±${c}。`,
  negative: "负",
  positive: "正。",
  inFull: (unit) => `第 ${unit} 个隐藏单元的完整数值`,
  rounding:
    "门和状态是 trace() 的返回值。σ 和 tanh 的自变量由权重以 float64 算出：门的值接近 0 或 1 时，反推回去会太粗糙。",
  allNumbers: "这一步的全部数值",
  outcome: {
    pinyin: "拼接 [正向 h(t), 反向 h(t)]，以及模型的结论",
    digits: "隐藏状态，以及每种单元的回答",
  },
  outcomeText: {
    pinyin:
      "每一半只知道文本的一侧。两个方向都读过一个字之后，它的读音才会出现；字典里有多个读音时，由全连接层根据这 64 个值来选择。",
    digits: "线性层从隐藏状态读出回答。四舍五入后与正确数字不同的回答标为红色。",
  },
  character: "字符",
  halves: { forward: "h(t)，正向", reverse: "h(t)，反向" },
  pinyin: "拼音",
  probability: "概率",
  onlyReading: "唯一读音",
  lastDigit: "最后的数字",
  answer: "回答",
};
