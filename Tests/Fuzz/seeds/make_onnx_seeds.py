"""Writes the smaller graphs of Tests/onnx_graphs.py, with free sides, as seeds of the fuzz targets.

    python make_onnx_seeds.py FOLDER

The weights are random with a fixed seed. `onnx` in this folder was made with onnx 1.23.2; one of
several graphs that differ in an operator's name only was kept. Needs what onnx_graphs.py needs.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import onnx_graphs

LIMIT = 2200  # bytes

folder = Path(sys.argv[1])
for name, build, channels, size, free, opset in onnx_graphs.CASES:
    graph = onnx_graphs.Graph(channels, opset)
    model = graph.model(build(graph), *(("h", "w") if free else size)).SerializeToString()
    if len(model) < LIMIT:
        (folder / f"{name}.onnx").write_bytes(model)
