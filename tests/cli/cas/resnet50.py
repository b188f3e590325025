"""Writes safetensors of a ResNet-50 with two outputs: zeros but for a path of ones along the shortcuts.

usage: resnet50.py FILE
"""
import json, struct, sys

shapes = {}


def norm(name, channels):
    for part in ("weight", "bias", "running_mean", "running_var"):
        shapes[f"{name}.{part}"] = [channels]
    shapes[f"{name}.num_batches_tracked"] = []


shapes["conv1.weight"] = [64, 3, 7, 7]
norm("bn1", 64)
channels, ones = 64, {"conv1.weight": 3 * 7 + 3}
for stage, blocks in enumerate((3, 4, 6, 3)):
    inner = 64 << stage
    for i in range(blocks):
        block = f"layer{stage + 1}.{i}"
        for number, (a, b, k) in enumerate(((channels, inner, 1), (inner, inner, 3), (inner, 4 * inner, 1))):
            shapes[f"{block}.conv{number + 1}.weight"] = [b, a, k, k]
            norm(f"{block}.bn{number + 1}", b)
        if i == 0:
            shapes[f"{block}.downsample.0.weight"] = [4 * inner, channels, 1, 1]
            norm(f"{block}.downsample.1", 4 * inner)
            ones[f"{block}.downsample.0.weight"] = 0
        channels = 4 * inner
shapes["fc.weight"], shapes["fc.bias"] = [2, 2048], [2]
ones["fc.weight"], ones["fc.bias"] = 2048, 0
header, offset = {}, 0
for name, shape in shapes.items():
    size = 8 if name.endswith("tracked") else 4
    for side in shape:
        size *= side
    dtype = "I64" if name.endswith("tracked") else "F32"
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
    offset += size
text = json.dumps(header).encode()
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text)
    begin = file.tell()
    file.truncate(begin + offset)
    for name, shape in shapes.items():
        at = begin + header[name]["data_offsets"][0]
        if "bn" in name or "downsample.1" in name:
            if name.endswith((".weight", "running_var")):
                file.seek(at)
                file.write(struct.pack("<f", 1) * shape[0])
        if name in ones:
            file.seek(at + 4 * ones[name])
            file.write(struct.pack("<f", 1))
