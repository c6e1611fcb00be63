import type { en } from "./en.js";
import type { CsvProblem } from "./forecast/csv.js";
import type { Problem } from "./trainer.js";

const problem = (problem: Problem): string => {
  switch (problem.kind) {
    case "damaged":
      return `打不开这个文件：${problem.reason}`;
    case "foreign":
      return "这个文件不是本节课的模型。请打开从这里下载的文件。";
    case "short":
      return `可学的内容太少：至少要 ${problem.need} 个，现在只有 ${problem.got} 个。`;
    case "not positive":
      return "序列里有不大于零的值，没法取对数。请选择原始尺度。";
  }
};

const csvProblem = (file: string, problem: CsvProblem): string => {
  switch (problem.kind) {
    case "empty":
      return `${file} 里没有数。`;
    case "not a number":
      return `${file} 第 ${problem.row} 行：最后一列应该是数，却是“${problem.cell}”。`;
    case "columns":
      return `${file} 第 ${problem.row} 行：应有 ${problem.expected} 列，却有 ${problem.got} 列。`;
    case "quotes":
      return `${file} 第 ${problem.row} 行：引号没有成对。`;
    case "long":
      return `${file} 有 ${problem.got} 个数，最多只能用 ${problem.most} 个。`;
  }
};

export const zh: typeof en = {
  intro: "三个 LSTM，当场在页面后台训练。每个都可以暂停，可以存成 PyTorch 也能读的文件，也可以再打开。",
  which: "课程",
  lessons: { gestures: "手势", text: "写诗", forecast: "预测" },
  run: {
    title: "训练",
    train: "开始训练",
    pause: "暂停",
    resume: "继续",
    stops: (steps) => `每轮训练满 ${steps} 步就自动停下，之后可以继续再训练一轮。`,
    reset: "重置",
    download: "下载",
    open: "打开模型…",
    step: "步",
    loss: "损失",
    lossTitle: "训练损失（越低越好）",
    noLoss: "还没有训练。",
    lossFrom: (first, last, step) => `从 ${first} 降到第 ${step} 步的 ${last}。`,
    numbers: { step: "步数", samples: "看过的样本", rate: "每秒步数", loss: "损失" },
    trains: "训练开始了",
    pausedAt: (step) => `训练停在第 ${step} 步`,
    wasReset: "模型回到了初始权重",
    opened: (step) => `模型已打开，它学过 ${step} 步`,
    failed: (reason) => `训练中断了：${reason}`,
    problem,
  },
  gestures: {
    intro:
      "一个 2 个输入、64 个隐藏单元的 LSTM，一步一步读笔的方向，判断你画的是三种手势中的哪一种。每种画几笔，或者直接用样例，训练几秒钟就够了。",
    teach: "教它认什么",
    samples: "使用样例笔画",
    samplesThere: "每一类多了六个样例笔画",
    shapes: { circle: "圆圈", zigzag: "折线", tick: "对勾" },
    needTwo: "请在方框里至少为两类各画几笔，或者使用样例笔画。",
    name: (number) => `第 ${number} 类`,
    padOf: (number) => `画第 ${number} 类笔画的方框`,
    strokes: (count) => `${count} 笔`,
    clear: "清除",
    learnt: (right, of) => `${of} 笔里，它认对了 ${right} 笔。`,
    try: "试一试",
    tryPad: "在这个方框里画一笔，让模型来认",
    trainFirst: "请先训练。",
    drawHere: "画一笔：边画，它边说看到了什么。",
    letDraw: "也可以让页面画一笔它没见过的：",
    tooShort: "这一笔太短了",
    taken: (name, percent) => `${name}，百分之 ${percent}`,
  },
  text: {
    intro:
      "一个 128 个隐藏单元的 LSTM 逐字读一篇文字，学着猜下一个字。看它写的东西就知道它学到了哪一步：先像字，再像词，最后像诗句。",
    text: "文字",
    source: "学什么",
    sources: { poems: "英文诗", tang: "唐诗绝句", own: "我自己的文字" },
    about: {
      poems: "莎士比亚、赫里克、布莱克、华兹华斯、雪莱和克里斯蒂娜·罗塞蒂的诗，都已属公有领域。",
      tang: "《唐诗三百首》里的八十首绝句，已属公有领域。",
      own: "粘贴或输入到框里。内容只留在本机。",
    },
    counts: (length, different) =>
      `共 ${length.toLocaleString("en")} 字，其中不同的有 ${different.toLocaleString("en")} 个。`,
    space: "",
    written: "它写的",
    nothingYet: "还没有。",
    write: "再写一段",
    temperature: "大胆程度（温度）",
  },
  forecast: {
    intro:
      "一个 32 个隐藏单元的 LSTM 看序列的一个窗口，预测接下来的值。它只从前五分之四学习；剩下的它从没学过，用来把预测和实际相比。",
    seriesTitle: "序列",
    series: "序列",
    names: { airline: "航空旅客", sunspots: "太阳黑子", own: "我自己的文件" },
    about: {
      airline: "1949 至 1960 年每月国际航空旅客数，单位千人（Box 与 Jenkins，1970）。数据本身没有版权。",
      sunspots: "1700 至 2008 年每年的太阳黑子数，来自美国国家地球物理数据中心，属公有领域。",
    },
    aboutFile: (file, length) => `${file}：取最后一列，共 ${length} 个值。`,
    openCsv: "打开 CSV 文件…",
    csvProblem,
    window: "窗口",
    horizon: "预测长度",
    season: "周期",
    values: (count) => `${count} 个值`,
    terms:
      "窗口是它每次读入几个值，预测长度是它往后预测几个值，周期是隔多少个值规律重复一次。按百分比增长的序列适合用对数。",
    scale: "尺度",
    scales: { plain: "原始", logarithm: "对数" },
    space: "",
    forecastTitle: "预测",
    chart: "序列与预测",
    x: "时间",
    curves: { series: "序列", backTest: "回测", next: "预测" },
    described: (length, next) =>
      next.length === 0 ? `共 ${length} 个值。` : `共 ${length} 个值。对接下来的预测：${next.join("，")}。`,
    errorsTitle: "回测的平均绝对误差（单位与序列相同）",
    errors: { model: "模型", last: "朴素预测：重复最后一个值", season: "朴素预测：重复上一个周期" },
    noErrors: "训练之后就能看到它预测得如何。",
    verdict: (share) =>
      share < 1
        ? `模型的误差是较好的朴素预测的 ${(100 * share).toFixed(0)}%。`
        : `较好的朴素预测不比模型差：模型的误差是它的 ${share.toFixed(2)} 倍。`,
    best: (error, step) => `到目前为止最小的误差是第 ${step} 步的 ${error}；误差若又变大，说明模型在死记训练的那一段。`,
  },
};
