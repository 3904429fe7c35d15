"""The sentence encoder as an ONNX graph: BERT, mean pooling and L2 norm, written from its safetensors weights.

The weights lie in a file of their own, which the runtime maps: half of them are the words' vectors, of which a question
needs a few. In one file with the graph they cost 130 MB for each process, mapped 55 MB.
"""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data
from safetensors.numpy import load_file

OPSET = 20
HEADS = 12
EPSILON = 1e-12  # layer norm, from the model's config.json
PAGE = 4096  # bytes; what is mapped begins on one
LARGE = 1024  # bytes from which a constant lies in the weights' file

Weights = dict[str, np.ndarray[Any, Any]]


class _Graph:
    """Nodes and constants in the order they are written; every name is unique by its number."""

    def __init__(self, weights: BinaryIO, location: str) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._weights, self._location = weights, location  # where large constants are written, and its name

    def const(self, array: np.ndarray[Any, Any]) -> str:
        name = f"c{len(self.constants)}"
        tensor = numpy_helper.from_array(np.ascontiguousarray(array), name)
        if len(tensor.raw_data) >= LARGE:
            self._weights.seek(-self._weights.tell() % PAGE, 1)
            set_external_data(tensor, self._location, self._weights.tell(), len(tensor.raw_data))
            self._weights.write(tensor.raw_data)
            tensor.ClearField("raw_data")
        self.constants.append(tensor)
        return name

    def ints(self, *values: int) -> str:
        return self.const(np.array(values, dtype=np.int64))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def dense(self, x: str, weight: np.ndarray[Any, Any], bias: np.ndarray[Any, Any]) -> str:
        return self.node("Add", self.node("MatMul", x, self.const(weight.T)), self.const(bias))

    def norm(self, x: str, weights: Weights, prefix: str) -> str:
        scale, bias = self.const(weights[f"{prefix}.weight"]), self.const(weights[f"{prefix}.bias"])
        return self.node("LayerNormalization", x, scale, bias, axis=-1, epsilon=EPSILON)


def _embed_tokens(graph: _Graph, weights: Weights) -> str:
    """Word, position and (single) segment embeddings, normalised: (batch, tokens, hidden)."""
    positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    words = graph.node("Gather", graph.const(weights["embeddings.word_embeddings.weight"]), "input_ids", axis=0)
    length = graph.node("Shape", "input_ids", start=1, end=2)
    used = graph.node("Slice", graph.const(positions), graph.ints(0), length, graph.ints(0))
    return graph.norm(graph.node("Add", words, used), weights, "embeddings.LayerNorm")


def _attend(graph: _Graph, x: str, bias: str, weights: Weights, layer: str) -> str:
    """Multi-head self-attention with its output projection; the 1/sqrt(d) lies in the query's weights."""
    prefix = f"{layer}.attention"
    hidden = weights[f"{prefix}.self.query.weight"].shape[0]
    scale = np.float32(1.0 / np.sqrt(hidden / HEADS))
    heads = {}
    for part, order in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3))):
        factor = scale if part == "query" else np.float32(1)
        weight, offset = (weights[f"{prefix}.self.{part}.{kind}"] * factor for kind in ("weight", "bias"))
        split = graph.node("Reshape", graph.dense(x, weight, offset), graph.ints(0, 0, HEADS, hidden // HEADS))
        heads[part] = graph.node("Transpose", split, perm=list(order))
    scores = graph.node("Add", graph.node("MatMul", heads["query"], heads["key"]), bias)
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), heads["value"])
    joined = graph.node("Reshape", graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), graph.ints(0, 0, hidden))
    return graph.dense(joined, weights[f"{prefix}.output.dense.weight"], weights[f"{prefix}.output.dense.bias"])


def _encode(graph: _Graph, x: str, bias: str, weights: Weights, layer: str) -> str:
    attended = graph.node("Add", x, _attend(graph, x, bias, weights, layer))
    x = graph.norm(attended, weights, f"{layer}.attention.output.LayerNorm")
    wide = graph.dense(x, weights[f"{layer}.intermediate.dense.weight"], weights[f"{layer}.intermediate.dense.bias"])
    narrow = graph.dense(
        graph.node("Gelu", wide), weights[f"{layer}.output.dense.weight"], weights[f"{layer}.output.dense.bias"]
    )
    return graph.norm(graph.node("Add", x, narrow), weights, f"{layer}.output.LayerNorm")


def _pool(graph: _Graph, x: str, mask: str) -> None:
    """The mean over real tokens, at length one, as the graph's output `embedding`."""
    weights = graph.node("Unsqueeze", mask, graph.ints(2))
    total = graph.node("ReduceSum", graph.node("Mul", x, weights), graph.ints(1), keepdims=0)
    mean = graph.node("Div", total, graph.node("ReduceSum", mask, graph.ints(1), keepdims=1))
    length = graph.node("ReduceL2", mean, graph.ints(1), keepdims=1)
    graph.nodes.append(helper.make_node("Div", [mean, length], ["embedding"]))


def write_graph(weights_file: Path, target: BinaryIO, mapped: BinaryIO, location: str) -> None:
    """Write the encoder of `weights_file` (BERT names, safetensors) to `target`, its weights to `mapped`.

    `location` is the name that `mapped` will have beside the graph. Inputs `input_ids` and `attention_mask`: int64
    (batch, tokens); output `embedding`: float32 (batch, hidden).
    """
    weights = load_file(weights_file)
    graph = _Graph(mapped, location)
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    padding = graph.node("Sub", mask, graph.const(np.array([1], np.float32)))
    bias = graph.node(
        "Unsqueeze", graph.node("Mul", padding, graph.const(np.array([1e9], np.float32))), graph.ints(1, 2)
    )
    x = _embed_tokens(graph, weights)
    layers = sum(name.endswith(".attention.self.query.weight") for name in weights)
    for number in range(layers):
        x = _encode(graph, x, bias, weights, f"encoder.layer.{number}")
    _pool(graph, x, mask)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    hidden = weights["embeddings.LayerNorm.weight"].shape[0]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", hidden])
    body = helper.make_graph(graph.nodes, "sentence-encoder", inputs, [output], graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    target.write(model.SerializeToString())
