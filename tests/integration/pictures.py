# SPDX-License-Identifier: Apache-2.0
"""The uploads of the tests: pictures made here, their keys, and what thumbnails they must get."""

import concurrent.futures
import dataclasses
import io

import numpy
from PIL import Image

# Sides of the boxes; a size without a height is free in that direction.
SIZES = {"small": (200, 200), "medium": (640, None)}

CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}

# What tends to get lost between a client, an S3 server, an event and a URL. None without a folder:
# versitygw 1.8.0 writes the event of such a key after the buffer that holds it has gone to the next
# request, and announces "deep/er/and/deeper" in place of "045-at-the-top.jpg". See TOP_KEY.
KEY_PATTERNS = [
    "plain/{n:03}.{ext}",
    "with spaces/my holiday {n:03}.{ext}",
    "plus+sign/a+b {n:03}.{ext}",
    "percent/100%_{n:03}.{ext}",
    "escaped/p%20q{n:03}.{ext}",
    "ünïcödé/夏の写真 {n:03} ☀.{ext}",
    "deep/er/and/deeper/2026/11/{n:03}.{ext}",
    "odd/it's (a) [test] & more; #{n:03}, ok=yes~!$@.{ext}",
    "a/{n:03}.{ext}",
    "many.dots/v1.2.{n:03}.tar.{ext}",
]

# Its event is right as long as no other request follows it.
TOP_KEY = "at the top.jpg"


@dataclasses.dataclass
class Picture:
    key: str
    body: bytes
    content_type: str
    width: int
    height: int
    references: dict  # size name -> array of RGB

    def outputs(self):
        return {size: f"resized/{size}/{self.key}" for size in SIZES}


def fit_inside(width, height, box_width, box_height):
    """The size of a thumbnail: inside the box, never enlarged, halves rounded up, at least 1."""
    box_height = box_height or height * box_width
    if width <= box_width and height <= box_height:
        return width, height
    if box_width * height <= box_height * width:
        return box_width, max(1, (2 * height * box_width + width) // (2 * width))
    return max(1, (2 * width * box_height + height) // (2 * height)), box_height


def photograph(random, width, height):
    """Wide soft waves of colour, some edges, and fine grain."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    image = numpy.empty((height, width, 3), numpy.float32)
    # The channels share most of their shape, as in nature.
    shape = numpy.zeros((height, width), numpy.float32)
    for _ in range(5):
        fx, fy = random.uniform(-6, 6, 2) / max(width, height)
        shape += random.uniform(10, 30) * numpy.sin(
            2 * numpy.pi * (fx * x + fy * y) + random.uniform(0, 6)
        )
    for channel in range(3):
        image[..., channel] = 128 + shape * random.uniform(0.6, 1.0)
    for _ in range(6):
        cx, cy = random.uniform(0, width), random.uniform(0, height)
        radius = random.uniform(0.05, 0.2) * max(width, height)
        image[(x - cx) ** 2 + (y - cy) ** 2 < radius**2] += random.uniform(-60, 60, 3)
    image += random.normal(0, 6, (height, width, 1)).astype(numpy.float32)
    return Image.fromarray(image.clip(0, 255).astype(numpy.uint8))


def drawing(random, width, height):
    """Few flat colours, as GIF is used for: a palette then costs nothing."""
    image = numpy.empty((height, width, 3), numpy.uint8)
    image[:] = random.integers(0, 256, 3)
    for _ in range(12):
        left, top = random.integers(0, width), random.integers(0, height)
        right, bottom = left + random.integers(40, width // 2), top + random.integers(
            40, height // 2
        )
        image[top:bottom, left:right] = random.integers(0, 256, 3)
    return Image.fromarray(image)


def encode(image, extension):
    out = io.BytesIO()
    if extension == "jpg":
        image.save(out, "JPEG", quality=90)
    elif extension == "png":
        image.save(out, "PNG", compress_level=1)
    elif extension == "webp":
        image.save(out, "WEBP", quality=90, method=0)
    else:
        image.quantize(64, dither=Image.Dither.NONE).save(out, "GIF")
    return out.getvalue()


def make_picture(n):
    random = numpy.random.default_rng(n)
    extension = ("jpg", "png", "webp", "jpg", "gif")[n % 5]
    width, height = (int(side) for side in random.integers(400, 1601, 2))
    image = (drawing if extension == "gif" else photograph)(random, width, height)
    body = encode(image, extension)
    # The source is what was uploaded, with what its own format has lost.
    source = Image.open(io.BytesIO(body)).convert("RGB")
    references = {
        name: numpy.asarray(
            source.resize(fit_inside(width, height, *box), Image.Resampling.LANCZOS)
        )
        for name, box in SIZES.items()
    }
    # n // 5: so that every pattern meets every format.
    key = KEY_PATTERNS[(n + n // 5) % len(KEY_PATTERNS)].format(n=n, ext=extension)
    return Picture(key, body, CONTENT_TYPES[extension], width, height, references)


def make_pictures(count):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return list(pool.map(make_picture, range(count)))


def psnr(one, other):
    error = numpy.mean((one.astype(numpy.float64) - other) ** 2)
    return float("inf") if error == 0 else 10 * numpy.log10(255**2 / error)


def check_thumbnail(picture, size, body, content_type):
    """Fails unless the bytes are the thumbnail of this picture; returns its PSNR."""
    name = picture.outputs()[size]
    assert content_type == picture.content_type, name
    image = Image.open(io.BytesIO(body))
    assert image.get_format_mimetype() == picture.content_type, name
    reference = picture.references[size]
    assert image.size == (reference.shape[1], reference.shape[0]), name
    quality = psnr(reference, numpy.asarray(image.convert("RGB")))
    assert quality >= 28, f"{name}: {quality:.1f} dB"
    return quality
