#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the sample pictures: images/ is the demo's bucket and the tests' input, orientation/ and
broken/ are the tests' alone. The same run gives the same bytes (with the same Pillow).

    /usr/bin/python3 testdata/make_images.py [FOLDER]

Needs Debian's python3-pil and python3-numpy."""

import io
import pathlib
import struct
import sys
import zlib

import numpy
from PIL import Image, ImageDraw, ImageFilter

D50 = (0.9642, 1.0, 0.8249)
# Columns of Display P3's matrix, adapted to D50 (as in Apple's profile of that name).
P3_COLUMNS = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))


# -- drawing ------------------------------------------------------------------------------------


def noise(width, height, cells, octaves, seed):
    """Clouds between 0 and 1: random grids, each twice as fine and half as strong as the last."""
    random = numpy.random.RandomState(seed)
    total = numpy.zeros((height, width), numpy.float32)
    for octave in range(octaves):
        columns = max(2, cells << octave)
        rows = max(2, columns * height // width)
        grid = Image.fromarray(random.rand(rows, columns).astype(numpy.float32))
        total += numpy.asarray(grid.resize((width, height), Image.BICUBIC)) / 2**octave
    return (total - total.min()) / (total.max() - total.min())


def mix(below, above, amount):
    return below + (numpy.asarray(above, numpy.float32) - below) * amount[..., None]


def landscape(width, height, seed, low=(252, 196, 140), high=(52, 96, 160)):
    """Hills one behind the other under an evening sky, as floats from 0 to 255."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    y, x = y / height, x / width
    sky = mix(numpy.full((height, width, 3), high, numpy.float32), low, numpy.clip(y * 1.8, 0, 1))
    sun = numpy.hypot((x - 0.68) * width, (y - 0.36) * height) / height
    sky = mix(sky, (255, 240, 205), numpy.clip(numpy.exp(-((sun / 0.16) ** 2)), 0, 1) * 0.9)
    clouds = noise(width, height * 3, 3, 7, seed)[: height * 3 : 3]
    picture = mix(sky, (255, 236, 222), numpy.clip((clouds - 0.52) * 3, 0, 0.8) * (1 - y))
    for layer in range(5):
        line = noise(width, 8, 2 + layer * 2, 8, seed + 10 + layer)[4]
        top = 0.42 + layer * 0.11 + (line - 0.5) * (0.26 - layer * 0.03)
        depth = (layer + 1) / 5
        ground = noise(width, height, 24 + 20 * layer, 5, seed + 20 + layer)
        colour = numpy.array((150, 140, 168)) * (1 - depth) + numpy.array((26, 52, 34)) * depth
        shade = 1 + (ground[..., None] - 0.5) * (0.2 + 0.9 * depth)
        inside = numpy.clip((y - top[None, :]) * height, 0, 1)
        picture = picture * (1 - inside[..., None]) + colour * shade * inside[..., None]
    grain = numpy.random.RandomState(seed + 40).normal(0, 1.5, (height, width, 1))
    return numpy.clip(picture + grain, 0, 255)


def lights(width, height, seed, count=70):
    """Out-of-focus lights at night: saturated, with soft and with hard edges."""
    random = numpy.random.RandomState(seed)
    base = 18 + 26 * noise(width, height, 3, 4, seed)[..., None] * numpy.array((0.7, 0.8, 1.3))
    picture = Image.fromarray(base.astype(numpy.uint8))
    hues = ((255, 64, 48), (255, 168, 32), (64, 224, 112), (48, 128, 255), (232, 64, 216))
    for i in range(count):
        radius = int(width * (0.01 + 0.05 * random.rand()))
        left, top = int(width * random.rand()), int(height * random.rand())
        mask = Image.new("L", (width, height), 0)
        box = (left - radius, top - radius, left + radius, top + radius)
        ImageDraw.Draw(mask).ellipse(box, int(60 + 140 * random.rand()))
        if i % 3:
            mask = mask.filter(ImageFilter.GaussianBlur(1.5))
        picture.paste(Image.new("RGB", (width, height), hues[i % len(hues)]), (0, 0), mask)
    return numpy.asarray(picture, numpy.float32)


def leaf(width, height):
    """A leaf cut out: a hard edge, a soft shadow and clear corners; RGBA."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    u, v = (x - width / 2) / (width * 0.46), (y - height / 2) / (height * 0.36)
    half = numpy.clip(1 - u * u, 0, 1) ** 0.8
    body = numpy.clip((half - numpy.abs(v)) * height * 0.36, 0, 1) * (numpy.abs(u) < 1)
    veins = 0.5 + 0.5 * numpy.cos((u * 3 + numpy.abs(v) * 2.4) * 14)
    stem = numpy.exp(-((v * 26) ** 2))
    shade = 0.75 + 0.2 * veins**8 + 0.35 * stem + 0.15 * noise(width, height, 12, 4, 5)
    colour = numpy.array((196, 96, 28)) * (0.5 - u / 2)[..., None]
    colour = (colour + numpy.array((84, 150, 40)) * (0.5 + u / 2)[..., None]) * shade[..., None]
    shadow = Image.fromarray((numpy.roll(body, (14, 10), (0, 1)) * 140).astype(numpy.uint8))
    shadow = numpy.asarray(shadow.filter(ImageFilter.GaussianBlur(14)), numpy.float32) / 255
    alpha = body + shadow * (1 - body)
    colour = colour * (body / numpy.maximum(alpha, 1e-6))[..., None]
    return Image.fromarray(bytes_of(numpy.dstack([colour, alpha * 255])), "RGBA")


def bytes_of(picture):
    return numpy.clip(picture + 0.5, 0, 255).astype(numpy.uint8)


def image(picture):
    return Image.fromarray(bytes_of(picture))


def corners():
    """A picture that cannot be mistaken for itself turned or mirrored: each corner its own colour."""
    picture = image(landscape(320, 240, 70))
    draw = ImageDraw.Draw(picture)
    for box, colour in (
        ((0, 0, 79, 59), (220, 30, 30)),
        ((240, 0, 319, 59), (30, 180, 40)),
        ((0, 180, 79, 239), (40, 60, 220)),
        ((240, 180, 319, 239), (240, 220, 40)),
    ):
        draw.rectangle(box, colour)
    return picture.filter(ImageFilter.GaussianBlur(1))


def spinning_square(turn):
    frame = image(landscape(320, 240, 90, low=(180, 220, 240)))
    patch = Image.new("RGBA", (110, 110), (230, 60, 40, 255)).rotate(turn, Image.BICUBIC, True)
    frame.paste(patch, (160 - patch.width // 2, 120 - patch.height // 2), patch)
    return frame


# -- formats ------------------------------------------------------------------------------------


def icc_profile(columns, description):
    """A version 2 matrix profile with sRGB's curve: what a phone embeds, in 3 KB."""

    def fixed(*values):
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def curve_value(i):
        v = i / 1023
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    text = description.encode() + b"\0"
    curve = b"curv" + bytes(4) + struct.pack(">I", 1024)
    curve += b"".join(struct.pack(">H", round(curve_value(i) * 65535)) for i in range(1024))
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + fixed(*D50),
        b"rXYZ": b"XYZ " + bytes(4) + fixed(*columns[0]),
        b"gXYZ": b"XYZ " + bytes(4) + fixed(*columns[1]),
        b"bXYZ": b"XYZ " + bytes(4) + fixed(*columns[2]),
        b"rTRC": curve,
    }
    places, body = {}, b""
    start = 128 + 4 + 12 * (len(tags) + 2)
    for name, data in tags.items():
        places[name] = (start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    places[b"gTRC"] = places[b"bTRC"] = places[b"rTRC"]
    table = struct.pack(">I", len(places))
    table += b"".join(name + struct.pack(">II", *place) for name, place in places.items())
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(*D50) + bytes(48)
    return head + table + body


def exif(orientation, place=False):
    tags = Image.Exif()
    tags[0x0112] = orientation
    if place:
        tags[0x010F], tags[0x0110] = "Example", "Phone 1"
        tags.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 30.0), 3: "E", 4: (8.0, 32.0, 15.0)})
        tags[0x8825] = tags.get_ifd(0x8825)
    return tags.tobytes()


def png_16_bit(picture):
    """Pillow writes no 16-bit RGB; the format is simple enough."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, _ = picture.shape
    samples = numpy.clip(picture * 257, 0, 65535).astype(">u2").reshape(height, -1)
    rows = samples.view(numpy.uint8).reshape(height, -1)
    filtered = rows.copy()
    filtered[1:] -= rows[:-1]
    lines = b"".join(b"\2" + row.tobytes() for row in filtered)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


def cmyk(picture):
    """Inks with the black taken out of the three colours, as a printer's separation has it."""
    light = picture / 255
    black = 1 - light.max(axis=2)
    inks = (1 - light - black[..., None]) / numpy.maximum(1 - black, 1e-6)[..., None]
    return Image.fromarray(bytes_of(numpy.dstack([inks, black]) * 255), "CMYK")


def make_images(folder):
    folder.mkdir(parents=True, exist_ok=True)
    image(landscape(2600, 1733, 1)).save(folder / "photo.jpg", quality=80)
    # As a phone stores an upright picture: lying, and told by EXIF to be turned; with the place it was taken.
    upright = image(landscape(1200, 1600, 2, low=(250, 170, 150), high=(70, 60, 130)))
    lying = upright.transpose(Image.ROTATE_90)
    lying.save(folder / "phone-portrait.jpg", quality=80, exif=exif(6, place=True))
    image(lights(1600, 1067, 3)).save(folder / "progressive.jpg", quality=85, progressive=True)
    profile = icc_profile(P3_COLUMNS, "Wide gamut (P3 primaries)")
    image(lights(1200, 800, 4)).save(folder / "wide-gamut.jpg", quality=85, icc_profile=profile)
    cmyk(landscape(1000, 700, 5)).save(folder / "cmyk.jpg", quality=80)
    grey = image(landscape(1200, 800, 6)).convert("L")
    grey.save(folder / "greyscale.jpg", quality=80)
    leaf(800, 600).save(folder / "transparent.png", optimize=True)
    image(lights(640, 480, 7)).quantize(64, dither=Image.NONE).save(folder / "palette.png", optimize=True)
    smooth = mix(numpy.zeros((240, 320, 3)), (255, 180, 90), numpy.mgrid[0:240, 0:320][1] / 319.0)
    (folder / "16-bit.png").write_bytes(png_16_bit(smooth))
    frames = [spinning_square(turn).quantize(96, dither=Image.NONE) for turn in range(0, 90, 15)]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:], duration=120, loop=0)
    image(landscape(1800, 1200, 8, low=(255, 210, 120))).save(folder / "photo.webp", quality=78, method=4)
    leaf(1200, 900).save(folder / "transparent.webp", quality=80, method=4)


def make_orientations(folder):
    """The same picture stored in the eight ways of EXIF: each is to look like the first."""
    folder.mkdir(parents=True, exist_ok=True)
    stored_as = {
        1: None,
        2: Image.FLIP_LEFT_RIGHT,
        3: Image.ROTATE_180,
        4: Image.FLIP_TOP_BOTTOM,
        5: Image.TRANSPOSE,
        6: Image.ROTATE_90,
        7: Image.TRANSVERSE,
        8: Image.ROTATE_270,
    }
    for orientation, change in stored_as.items():
        picture = corners() if change is None else corners().transpose(change)
        name = folder / f"orientation-{orientation}.jpg"
        picture.save(name, quality=92, subsampling=0, exif=exif(orientation))


def make_broken(folder):
    folder.mkdir(parents=True, exist_ok=True)
    picture = image(landscape(320, 240, 60))
    profile = bytearray(icc_profile(P3_COLUMNS, "broken"))
    picture.save(folder / "icc-profile-of-noise.jpg", quality=80, icc_profile=bytes(range(256)) * 4)
    profile[128:132] = b"\xff\xff\xff\xff"  # more tags than it has bytes
    picture.save(folder / "icc-profile-cut.jpg", quality=80, icc_profile=bytes(profile[:400]))
    # A profile for three inks where the picture has four.
    wrong = icc_profile(P3_COLUMNS, "of another kind")
    cmyk(landscape(320, 240, 61)).save(folder / "icc-profile-of-rgb-in-cmyk.jpg", quality=80, icc_profile=wrong)
    whole = io.BytesIO()
    picture.save(whole, "JPEG", quality=80)
    (folder / "cut-short.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    whole = io.BytesIO()
    picture.resize((160, 120)).save(whole, "PNG")
    (folder / "cut-short.png").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    (folder / "text-named-image.jpg").write_bytes(b"This is a text, whatever its name says.\n")


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    make_images(folder / "images")
    make_orientations(folder / "orientation")
    make_broken(folder / "broken")


if __name__ == "__main__":
    main()
