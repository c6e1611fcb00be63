"""Records the first 20 losses of a small model in PyTorch, for SGD and for Adam, with all it starts from: trajectory.json.

    pip install torch==2.15.0 numpy
    python trajectory.py [OUT.json]

nn.LSTM(4, 8), nn.Linear(8, 3) and cross-entropy over every step of a batch, float32 on one thread. losses[k] is the loss
after k steps. Every float is written so that it reads back as the same float32.
"""
import copy, json, sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

SEQUENCE, BATCH, STEPS = 6, 5, 20
OPTIMISERS = {
    "SGD": {"lr": 0.5, "momentum": 0.9},
    "Adam": {"lr": 1e-2},
}

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 8)
        self.linear = nn.Linear(8, 3)

    def forward(self, x):
        return self.linear(self.lstm(x)[0])

def losses_of(model, optimiser, x, targets):
    losses = []
    for _ in range(STEPS):
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), targets.flatten())
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return losses

def record(name, options, start, x, targets):
    model = copy.deepcopy(start)
    losses = losses_of(model, getattr(torch.optim, name)(model.parameters(), **options), x, targets)
    fall = 1 - losses[-1] / losses[0]
    print(f"{name}: {losses[0]:.4f} to {losses[-1]:.4f}, a fall by {fall:.0%}")
    assert fall >= 0.3
    return {"options": options, "losses": [shortest(loss) for loss in losses]}

def shortest(value):
    return float(str(np.float32(value)))

def tensor(t):
    return {"shape": list(t.shape), "data": [shortest(value) for value in t.flatten().tolist()]}

def main(out):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    start = Model()
    x = 2 * torch.randn(SEQUENCE, BATCH, 4)
    targets = (x[..., :2] > 0).sum(-1)  # 0, 1 or 2: what there is to learn
    content = {
        "torch": torch.__version__,
        "weights": {name: tensor(value) for name, value in start.state_dict().items()},
        "input": tensor(x),
        "targets": {"shape": list(targets.shape), "data": targets.flatten().tolist()},
        "optimisers": {name: record(name, options, start, x, targets) for name, options in OPTIMISERS.items()},
    }
    for name, value in start.state_dict().items():
        assert torch.equal(torch.tensor(content["weights"][name]["data"]).reshape(value.shape), value)
    out.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    print(f"{out}: {out.stat().st_size} bytes")

if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("trajectory.json")))
