"""Writes small images, and what Pillow's resampling and Hugging Face's slow processors make of them.

    python tests/golden/images/make.py [--check]

`expected.json`: for each image and case the bytes that the processor's resize and crop give (before
rescaling), as base64. `hostile/` holds files that must be refused or read in part; nothing is expected of
them here.
"""

import argparse
import base64
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

HERE = Path(__file__).parent

# Name of the case: filter, shortest edge or None for a square, side of the output.
CASES = {
    "clip": (Image.Resampling.BICUBIC, True, 16),
    "clip_odd": (Image.Resampling.BICUBIC, True, 15),
    "clip_bilinear": (Image.Resampling.BILINEAR, True, 16),
    "siglip": (Image.Resampling.BICUBIC, False, 16),
    "siglip_bilinear": (Image.Resampling.BILINEAR, False, 17),
}


def smooth(rng, width, height):
    """Waves of random colours, so that neither noise nor flat areas dominate."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [
        127 + 120 * np.sin(x * rng.uniform(0.05, 0.6) + y * rng.uniform(0.05, 0.6) + rng.uniform(0, 6))
        for _ in range(3)
    ]
    return np.clip(np.stack(waves, -1) + rng.normal(0, 8, (height, width, 3)), 0, 255).astype(np.uint8)


def fixtures():
    rng = np.random.default_rng(0)
    noise = lambda w, h, c=3: rng.integers(0, 256, (h, w, c), dtype=np.uint8)
    check = ((np.indices((50, 70)).sum(0) // 3) % 2 * 255).astype(np.uint8)
    smooth_rgb = Image.fromarray(smooth(rng, 101, 67))
    palette = Image.fromarray(smooth(rng, 61, 47)).quantize(40)
    transparent = Image.fromarray(smooth(rng, 40, 31)).quantize(16)
    transparent.info["transparency"] = bytes([0, 128] + [255] * 14)
    return {
        "smooth": smooth_rgb,
        "noise": Image.fromarray(noise(37, 53)),
        "checkerboard": Image.fromarray(check).convert("RGB"),
        "upscaled": Image.fromarray(noise(9, 7)),
        "one_wide": Image.fromarray(noise(1, 40)),
        "one_high": Image.fromarray(noise(45, 1)),
        "one_pixel": Image.fromarray(noise(1, 1)),
        "square": Image.fromarray(smooth(rng, 16, 16)),
        "tall": Image.fromarray(smooth(rng, 23, 301)),
        "grey": Image.fromarray(smooth(rng, 33, 64)[..., 0]),
        "grey_alpha": Image.fromarray(noise(29, 35, 2)),
        "alpha": Image.fromarray(noise(48, 33, 4)),
        "palette": palette,
        "palette_transparent": transparent,
        "one_bit": Image.fromarray(noise(51, 38)[..., 0]).convert("1"),
    }


def processed(image, resample, shortest, side):
    image = image.convert("RGB")
    width, height = image.size
    if not shortest:
        return np.asarray(image.resize((side, side), resample))
    # transformers.image_transforms: get_resize_output_image_size, center_crop
    short, long = min(width, height), max(width, height)
    grown = int(side * long / short)
    size = (side, grown) if width <= height else (grown, side)
    array = np.asarray(image.resize(size, resample))
    top, left = (array.shape[0] - side) // 2, (array.shape[1] - side) // 2
    return array[top : top + side, left : left + side]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows=b"", depth=8, colour=2):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def hostile(directory):
    directory.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    whole = Image.fromarray(smooth(rng, 64, 48))
    write = lambda name, data: (directory / name).write_bytes(data)
    for name, kind in [("whole.jpg", "JPEG"), ("whole.png", "PNG"), ("whole.bmp", "BMP")]:
        whole.save(directory / name, kind)
    Image.open(directory / "whole.jpg").convert("RGB").save(directory / "decoded.png")
    for name in ["whole.jpg", "whole.png"]:
        data = (directory / name).read_bytes()
        write(name.replace("whole", "truncated"), data[: len(data) * 2 // 3])
    whole.convert("CMYK").save(directory / "cmyk.jpg", "JPEG")
    Image.fromarray(rng.integers(0, 65536, (20, 20), dtype=np.uint16)).save(directory / "sixteen_bit.png")
    frames = [Image.fromarray(np.full((12, 10, 3), value, np.uint8)) for value in (200, 40)]
    for name, kind in [("animated.gif", "GIF"), ("animated.webp", "WEBP")]:
        options = {"lossless": True} if kind == "WEBP" else {}
        frames[0].save(directory / name, kind, save_all=True, append_images=frames[1:], **options)
    write("bomb.png", png(30_000, 30_000, bytes(30_001 * 64), colour=0))
    write("wide.png", png(30_000, 1, bytes(30_001), colour=0))
    write("empty.png", png(0, 0))
    write("text.png", b"this is no image, whatever its name says\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    expected = {"versions": {"pillow": PIL.__version__}, "cases": {}, "images": {}}
    for name, (resample, shortest, side) in CASES.items():
        expected["cases"][name] = {
            "do_center_crop": shortest,
            "crop_size": side,
            "size": {"shortest_edge": side} if shortest else {"height": side, "width": side},
            "resample": int(resample),
        }
    for name, image in fixtures().items():
        path = HERE / f"{name}.png"
        if not check:
            image.save(path)
        image = Image.open(path)
        expected["images"][name] = {
            case: base64.b64encode(processed(image, *how).tobytes()).decode() for case, how in CASES.items()
        }
    if not check:
        hostile(HERE / "hostile")
    text = json.dumps(expected, indent=1) + "\n"
    path = HERE / "expected.json"
    if check:
        sys.exit(0 if path.read_text() == text else "expected.json differs")
    path.write_text(text)


main()
