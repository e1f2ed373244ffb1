#!/usr/bin/env python3
"""Writes small files in the formats that @core/data reads, and what they hold, to packages/core/data/test/goldens.

    python3 tooling/goldens/data_formats.py

Needs numpy, torch and Pillow (Debian 12: python3-torch, python3-pil); the safetensors files need the official
library too (`pip install safetensors`), and are left as they are without it.
"""
import hashlib
import io
import json
import math
import os

import numpy as np
import torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.normpath(os.path.join(HERE, "../../packages/core/data/test/goldens"))
expected = {}


def value(x):
    """A JSON value that JavaScript turns into the same number; wide integers and non-finite numbers as text."""
    if isinstance(x, (bool, np.bool_)):
        return int(x)
    if isinstance(x, (int, np.integer)):
        return int(x) if abs(int(x)) < 2**53 else str(int(x))
    x = float(x)
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    return "-0" if x == 0 and math.copysign(1, x) < 0 else x


def note(name, array):
    array = np.asarray(array)
    expected[name] = {
        "shape": list(array.shape),
        "type": array.dtype.name,
        "values": [value(x) for x in array.reshape(-1)],
    }


def write(name, content):
    path = os.path.join(FOLDER, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def npy(name, array, version=None):
    out = io.BytesIO()
    if version is None:
        np.save(out, array)
    else:
        np.lib.format.write_array(out, array, version=version)
    write(f"npy/{name}.npy", out.getvalue())
    if array.dtype.kind in "biuf":
        note(f"npy/{name}", array)


def make_npy():
    npy("bool", np.array([[True, False, True]]))
    for bits in (8, 16, 32, 64):
        for kind in ("int", "uint"):
            info = np.iinfo(f"{kind}{bits}")
            npy(f"{kind}{bits}", np.array([info.min, 0, 1, 2**53 % (info.max + 1), info.max], dtype=info.dtype))
    npy("int64-small", np.array([-5, 0, 2**31 - 1], dtype=np.int64))
    floats = [0.0, -0.0, 1 / 3, -65504.0, 6e-8, np.inf, -np.inf, np.nan]
    for bits in (16, 32, 64):
        npy(f"float{bits}", np.array(floats, dtype=f"float{bits}"))
    npy("float64-extremes", np.array([5e-324, 1.7976931348623157e308, 0.1]))
    npy("big-int16", np.array([[-2, 258]], dtype=">i2"))
    npy("big-float32", np.array([1.5, -3.25e7], dtype=">f4"))
    npy("big-float64", np.array([math.pi, 1e-300], dtype=">f8"))
    npy("fortran", np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)))
    npy("fortran-big-int32", np.asfortranarray(np.arange(6, dtype=">i4").reshape(3, 2)))
    npy("scalar", np.array(2.5))
    npy("empty", np.zeros((0, 3), dtype=np.float32))
    npy("version2", np.array([1, 2], dtype=np.int32), (2, 0))
    npy("version3", np.array([1, 2], dtype=np.int32), (3, 0))
    npy("complex", np.array([1 + 2j], dtype=np.complex64))
    npy("text", np.array(["ab", "c"]))
    npy("record", np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8")]))
    npy("wide-header", np.zeros((1,) * 24, dtype=np.float32))
    arrays = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4, "step": np.array(7, dtype=np.int32)}
    for name, save in (("stored", np.savez), ("compressed", np.savez_compressed)):
        out = io.BytesIO()
        save(out, **arrays)
        write(f"npy/{name}.npz", out.getvalue())
        for key, array in arrays.items():
            note(f"npy/{name}/{key}", array)


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def make_digests():
    """SHA-256 of whole tables, for conversions that are checked on every value."""
    halves = np.arange(65536, dtype=np.uint16)
    wide = halves.view(np.float16).astype(np.float32)
    expected["float16 table"] = digest(np.where(np.isnan(wide), np.float32(0), wide))
    brain = (halves.astype(np.uint32) << 16).view(np.float32)
    expected["bfloat16 table"] = digest(np.where(np.isnan(brain), np.float32(0), brain))
    expected["bytes by 255"] = digest(np.arange(256, dtype=np.float32) / np.float32(255))


def picture(name, image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    write(f"images/{name}", out.getvalue())
    note(f"images/{name}", np.asarray(image) if options["format"] == "PNG" else np.asarray(Image.open(out)))


def make_images():
    height, width = 5, 7
    y, x = np.mgrid[0:height, 0:width]
    red, green, blue = (37 * x + 11 * y) % 256, (90 * y) % 256, (255 - 30 * x) % 256
    rgb = np.stack([red, green, blue], -1).astype(np.uint8)
    alpha = ((x + y) * 20).astype(np.uint8)
    colour = Image.fromarray(rgb)
    picture("grey.png", Image.fromarray(rgb[..., 0]), format="PNG")
    picture("bits.png", Image.fromarray((x + y) % 2 == 0), format="PNG")
    picture("grey16.png", Image.fromarray((x * 9000 + y * 7).astype(np.uint16)), format="PNG")
    picture("rgb.png", colour, format="PNG")
    picture("rgba.png", Image.fromarray(np.dstack([rgb, alpha])), format="PNG")
    picture("grey-alpha.png", Image.fromarray(np.dstack([rgb[..., 0], alpha]), "LA"), format="PNG")
    palette = Image.fromarray(((x + y) % 5).astype(np.uint8), "P")
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 250, 128, 3])
    picture("palette.png", palette, format="PNG", bits=4)
    note("images/palette.png", np.asarray(palette.convert("RGB")))
    # Smooth and large enough for the 8x8 transform to keep it close.
    y, x = np.mgrid[0:16, 0:24]
    smooth = np.stack([x * 8, y * 12, 128 + x * 2 - y * 3], -1).astype(np.uint8)
    picture("rgb.jpg", Image.fromarray(smooth), format="JPEG", quality=95, subsampling=0)
    picture("grey.jpg", Image.fromarray(smooth[..., 0]), format="JPEG", quality=95)
    picture("progressive.jpg", Image.fromarray(smooth), format="JPEG", quality=95, subsampling=0, progressive=True)


def make_resize():
    image = torch.arange(2 * 3 * 5, dtype=torch.float32).reshape(1, 2, 3, 5).mul(0.37).sin()
    note("resize/image", image[0])
    for size in ((6, 10), (2, 2), (1, 7), (3, 5)):
        bigger = torch.nn.functional.interpolate(image, size=size, mode="bilinear", align_corners=False)
        note(f"resize/{size[0]}x{size[1]}", bigger[0])


def make_safetensors():
    try:
        from safetensors.torch import save
    except ImportError:
        print("the safetensors library is missing: its files are left as they are")
        return
    torch.manual_seed(0)
    tensors = {
        "conv1.weight": torch.randn(2, 1, 2, 2),
        "conv1.bias": torch.tensor([0.5, -0.25]),
        "blocks.0.scale": torch.tensor(1.5, dtype=torch.float64),
        "blocks.1.scale": torch.tensor(-2.5, dtype=torch.float64),
        "mask": torch.tensor([True, False]),
        "steps": torch.tensor([1, -2], dtype=torch.int32),
        "empty": torch.zeros(0, 3),
        "größe😀": torch.tensor([1.0]),
        "größe\uffff": torch.tensor([2.0]),
    }
    write("safetensors/model.safetensors", save(tensors, metadata={"format": "pt"}))
    for name, tensor in tensors.items():
        note(f"safetensors/model/{name}", tensor.numpy())
    other = {
        "half": torch.tensor([1 / 3, 65504.0, 6e-8]).half(),
        "brain": torch.tensor([1 / 3, 3e38, -1e-40]).bfloat16(),
        "long": torch.tensor([2**40, -1]),
        "small": torch.tensor([-7, 7], dtype=torch.int16),
        "bytes": torch.tensor([0, 255], dtype=torch.uint8),
    }
    write("safetensors/other.safetensors", save(other))
    for name, tensor in other.items():
        note(f"safetensors/other/{name}", (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy())


def main():
    path = os.path.join(FOLDER, "expected.json")
    if os.path.exists(path):
        with open(path) as file:
            expected.update(json.load(file))
    for make in (make_npy, make_digests, make_images, make_resize, make_safetensors):
        make()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(expected[name])}" for name in sorted(expected))
    write("expected.json", f"{{\n{lines}\n}}\n".encode())
    size = sum(os.path.getsize(os.path.join(root, f)) for root, _, files in os.walk(FOLDER) for f in files)
    print(f"{len(expected)} entries, {size / 1000:.1f} kB in all")


if __name__ == "__main__":
    main()
