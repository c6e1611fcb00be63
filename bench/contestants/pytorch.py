"""PyTorch for the benchmark: one request a line on standard input, one answer a line, both JSON, arrays in base64.

It times itself, so that no time of the pipe is in the figures.
"""

import base64
import json
import sys
import time

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


class Cell:
    """"step": nn.LSTMCell, nn.GRUCell or nn.RNNCell, the state kept."""

    def __init__(self, case, arrays, int8):
        name, nonlinearity = class_of(case)
        self.cell = getattr(nn, f"{name}Cell")(case["inputs"], case["hidden"], **nonlinearity)
        # The cells call them weight_ih and so on, without the layer.
        copy_into(self.cell, {name.removesuffix("_l0"): values for name, values in arrays["weights"].items()})
        self.cell = quantized(self.cell) if int8 else self.cell
        self.input = arrays["input"].reshape(1, case["inputs"])
        zeros = torch.zeros(1, case["hidden"])
        self.zeros = (zeros, zeros) if name == "LSTM" else zeros
        self.reset()

    def reset(self):
        self.state = self.zeros

    def run(self):
        with torch.inference_mode():
            start = time.perf_counter()
            self.state = self.cell(self.input, self.state)
            return time.perf_counter() - start

    def results(self):
        return {"h": self.state[0] if isinstance(self.state, tuple) else self.state}


class Forward:
    def __init__(self, case, arrays, int8):
        self.layers = layers_of(case, arrays["weights"]).eval()
        self.layers = quantized(self.layers) if int8 else self.layers
        self.input = arrays["input"].reshape(case["steps"], case["batch"], case["inputs"])

    def run(self):
        with torch.inference_mode():
            start = time.perf_counter()
            self.output, _ = self.layers(self.input)
            return time.perf_counter() - start

    def results(self):
        return {"output": self.output}


class Train:
    def __init__(self, case, arrays, int8):
        self.layers = layers_of(case, arrays["weights"])
        self.input = arrays["input"].reshape(case["steps"], case["batch"], case["inputs"]).requires_grad_()
        self.grad_output = arrays["gradOutput"].reshape(case["steps"], case["batch"], -1)

    def run(self):
        # Gradients that are None are assigned and not added to: the faster way, and the usual one.
        self.layers.zero_grad(set_to_none=True)
        self.input.grad = None
        start = time.perf_counter()
        output, _ = self.layers(self.input)
        output.backward(self.grad_output)
        return time.perf_counter() - start

    def results(self):
        gradients = {name: parameter.grad for name, parameter in self.layers.named_parameters()}
        return {**gradients, "input": self.input.grad}


KINDS = {"step": Cell, "forward": Forward, "train": Train}


def class_of(case):
    """"LSTM", "GRU", "RNN" or "RNN relu": the class in torch.nn, and its argument if it has one."""
    name, *nonlinearity = case["cell"].split()
    return name, {"nonlinearity": nonlinearity[0]} if nonlinearity else {}


def layers_of(case, weights):
    name, nonlinearity = class_of(case)
    bidirectional = case["directions"] == 2
    layers = getattr(nn, name)(
        case["inputs"], case["hidden"], case["layers"], bidirectional=bidirectional, **nonlinearity
    )
    copy_into(layers, weights)
    return layers


def quantized(module):
    """The module with weights of int8, by the engine that PyTorch takes on this machine."""
    holder = nn.ModuleList([module])
    return torch.ao.quantization.quantize_dynamic(holder, {type(module)}, dtype=torch.qint8)[0]


def copy_into(module, weights):
    shapes = {name: parameter.shape for name, parameter in module.named_parameters()}
    module.load_state_dict({name: values.reshape(shapes[name]) for name, values in weights.items()})


def decoded(node):
    if isinstance(node, dict):
        return {name: decoded(child) for name, child in node.items()}
    return torch.from_numpy(np.frombuffer(base64.b64decode(node), dtype="<f4").copy())


def encoded(tensor):
    return base64.b64encode(tensor.detach().contiguous().numpy().astype("<f4").tobytes()).decode()


def answer(request, models):
    match request["do"]:
        case "prepare":
            kind = KINDS[request["case"]["kind"]]
            models[request["id"]] = kind(request["case"], decoded(request["data"]), request["int8"])
        case "timed":
            model = models[request["id"]]
            return [model.run() for _ in range(request["count"])]
        case "results":
            return {name: encoded(values) for name, values in models[request["id"]].results().items()}
        case "reset":
            models[request["id"]].reset()
        case "dispose":
            del models[request["id"]]
    return None


def main():
    print(json.dumps({"value": torch.__version__}), flush=True)
    models = {}
    for line in sys.stdin:
        try:
            print(json.dumps({"value": answer(json.loads(line), models)}), flush=True)
        except Exception as error:  # The other side throws it.
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


main()
