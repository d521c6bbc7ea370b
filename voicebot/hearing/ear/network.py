"""The head: a small recurrent network over the encoder's frames. Needs torch (extra `train`); calls never load it."""

from __future__ import annotations

import io

import numpy as np
import onnx
import torch
from torch import nn

from voicebot.hearing.ear.classes import CLASSES
from voicebot.hearing.ear.features import FRAMES, WIDTH, Floats
from voicebot.hearing.ear.letters import PAIRS

EMBEDDING = 128
_SMALL = 64  # weights: what is smaller stays as it is
_SELDOM = -3.5  # most pairs are not in most answers: without this the second lesson drowns the first
_NARROW, _HIDDEN, _HEADS = 128, 96, 4  # EAR.md has 96, 64: a voice that it did not know was right 3 % less often


class Head(nn.Module):
    """[n, 50, 512] -> logits [n, classes], embedding [n, 128] of length 1. About 373,000 weights."""

    def __init__(self, mean: Floats, spread: Floats) -> None:
        """mean, spread: [512] of the features that it will learn from."""
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("scale", torch.from_numpy(1 / np.maximum(spread, 1e-3)))
        self.narrow = nn.Linear(WIDTH, _NARROW)
        self.near = nn.Conv1d(_NARROW, _NARROW, 3, padding=1)
        self.order = nn.GRU(_NARROW, _HIDDEN, batch_first=True, bidirectional=True)
        self.attend = nn.Linear(2 * _HIDDEN, _HEADS)
        self.gather = nn.Linear(2 * _HIDDEN * (_HEADS + 1), EMBEDDING)
        self.tell = nn.Linear(EMBEDDING, len(CLASSES))
        self.spell = nn.Linear(2 * _HIDDEN, PAIRS)  # not exported
        nn.init.constant_(self.spell.bias, _SELDOM)
        self.drop = nn.Dropout(0.3)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits, embedding, _ = self.learn(features)
        return logits, embedding

    def learn(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The same, and which pairs of letters were heard anywhere, [n, 256] logits: only for training."""
        x = nn.functional.gelu(self.narrow((features - self.mean) * self.scale))
        x = self.drop(x)
        x = x + nn.functional.gelu(self.near(x.transpose(1, 2)).transpose(1, 2))
        x, _ = self.order(x)
        x = self.drop(x)
        weights = torch.softmax(self.attend(x), dim=1)
        attended = torch.matmul(weights.transpose(1, 2), x).flatten(1)
        gathered = torch.cat([attended, x.max(dim=1).values], dim=1)
        inner = torch.tanh(self.gather(gathered))
        spelt = self.spell(x).max(dim=1).values if self.training else inner[:, :0]
        return self.tell(self.drop(inner)), nn.functional.normalize(inner, dim=1), spelt


def to_onnx(head: Head) -> bytes:
    """The head as ONNX: features [n, 50, 512] -> logits, embedding."""
    head.eval()
    out = io.BytesIO()
    torch.onnx.export(
        head,
        (torch.zeros(1, FRAMES, WIDTH),),
        out,
        input_names=["features"],
        output_names=["logits", "embedding"],
        opset_version=17,
        dynamo=False,  # the new exporter needs two more packages
    )
    return _halved(out.getvalue())


def _halved(model: bytes) -> bytes:
    """The weights as float16, made float32 again when the model is loaded: half the size, the same work."""
    graph = onnx.load_model_from_string(model)
    casts = []
    for weight in graph.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        name = weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())
