"""Pictures of every form that is taken or refused, and what Pillow and numpy make of some, for tests/data/pictures."""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

out = Path(sys.argv[1])


def scene(height, width):
    """Colours that change everywhere, without noise: JPEG keeps them."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [np.sin(6 * x + 3 * y), np.cos(5 * y - 2 * x), np.sin(4 * (x - 0.5) ** 2 + 5 * y)]
    return np.rint(127.5 + 120 * np.stack(waves, -1)).astype(np.uint8)


def bilinear(image, height, width):
    """Straightforward: half-pixel centres, two taps, clamped; no antialiasing."""

    def axis(source, target):
        at = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
        low = np.floor(at).astype(int)
        return low, np.minimum(low + 1, source - 1), at - low

    y0, y1, wy = axis(image.shape[0], height)
    x0, x1, wx = axis(image.shape[1], width)
    wy, wx = wy[:, None, None], wx[None, :, None]
    image = image.astype(np.float64)
    top = image[y0][:, x0] * (1 - wx) + image[y0][:, x1] * wx
    bottom = image[y1][:, x0] * (1 - wx) + image[y1][:, x1] * wx
    return top * (1 - wy) + bottom * wy


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png_16bit(image):
    color = {1: 0, 2: 4, 3: 2, 4: 6}[image.shape[2]]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in image.astype(np.uint16) * 257)
    header = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 16, color, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def png_interlaced(image):
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
              (1, 0, 2, 1)]
    rows = b"".join(b"\0" + row.tobytes() for y, x, dy, dx in passes
                    for row in image[y::dy, x::dx] if row.size)
    header = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 2, 0, 0, 1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def as_held(image, orientation):
    """The rows of a camera that was held so: EXIF's orientations 1 to 8."""
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return image.swapaxes(0, 1) if orientation >= 5 else image


small = scene(21, 27)
rgb = Image.fromarray(small)
small.tofile(out / "scene_21x27.u8")
rgb.save(out / "rgb.png")
rgb.convert("L").save(out / "gray.png")
rgb.convert("P", palette=Image.Palette.ADAPTIVE).save(out / "palette.png")
alpha = np.zeros((21, 27, 1), np.uint8)
alpha[:, 13:] = 255
Image.fromarray(np.concatenate([small, alpha], -1)).save(out / "alpha.png")  # left: transparent
(out / "16bit.png").write_bytes(png_16bit(small))
(out / "interlaced.png").write_bytes(png_interlaced(small))
rgb.save(out / "animated.png", save_all=True, append_images=[Image.fromarray(255 - small)])
rgb.save(out / "rgb.jpg", quality=95, subsampling=0)
rgb.save(out / "progressive.jpg", quality=95, subsampling=0, progressive=True)
rgb.convert("L").save(out / "gray.jpg", quality=95)
rgb.convert("CMYK").save(out / "cmyk.jpg", quality=95)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = out / f"orientation_{orientation}.jpg"
    held = Image.fromarray(np.ascontiguousarray(as_held(small, orientation)))
    held.save(file, quality=95, subsampling=0, exif=exif)
    meant = np.asarray(ImageOps.exif_transpose(Image.open(file))).astype(int)
    assert meant.shape == small.shape and abs(meant - small).max() < 12, orientation

gray = np.asarray(rgb.convert("L"))[..., None]
(out / "gray_16bit.png").write_bytes(png_16bit(gray))
(out / "gray_alpha_16bit.png").write_bytes(png_16bit(np.concatenate([gray, alpha], -1)))
(out / "alpha_16bit.png").write_bytes(png_16bit(np.concatenate([small, alpha], -1)))
Image.fromarray(np.concatenate([gray, alpha], -1), "LA").save(out / "gray_alpha.png")
Image.fromarray((gray[..., 0] > 127)).save(out / "bits.png")
palette = Image.new("P", (27, 21), 1)  # two colours, of which the first is transparent
palette.putpalette([9, 9, 9, 200, 100, 50])
palette.paste(0, (0, 0, 13, 21))
palette.save(out / "palette_alpha.png", transparency=0)

Image.fromarray(scene(180, 240)).save(out / "large.jpg", quality=90)

bilinear(small, 10, 8).astype("float32").tofile(out / "stretch_10x8.f32")
wide = Image.fromarray(small).resize((50, 40), Image.BILINEAR)  # enlarging, Pillow has two taps too
np.asarray(wide).tofile(out / "pillow_40x50.u8")
