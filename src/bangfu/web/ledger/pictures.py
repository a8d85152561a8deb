"""What is handed in as evidence, checked by its content: pictures written anew without metadata, papers as PDF."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps, UnidentifiedImageError

from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message
from bangfu.web.keyring import fingerprint

MOST_BYTES = 20 << 20
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2_560  # enough to read a meter or a signature
SMALL_SIDE = 480
_QUALITY = 85
_PDF = b"%PDF-"
_FORMATS = ("JPEG", "PNG", "WEBP")


class EvidenceRefused(UserError):
    """A file that is no evidence we can keep."""


@dataclass(frozen=True)
class Checked:
    """A file that may be kept. `small`: the picture as it stands on the page, empty for a paper.
    `origin_digest` is of what was handed in."""

    name: str
    media: str
    content: bytes
    small: bytes
    origin_digest: str


def checked(file: UploadedFile[Any]) -> Checked:
    """The file as it will be kept. Raises EvidenceRefused: too big, empty, neither picture nor PDF."""
    name = PurePath(file.name or "").name[-80:]
    if (file.size or 0) > MOST_BYTES:
        raise _refused("size", N_("文件太大"), name, N_("每个文件不超过 20 MB。"))
    content = file.read()
    digest = fingerprint(content)
    if content.startswith(_PDF) and b"%%EOF" in content[-2048:]:
        return Checked(f"{PurePath(name).stem}.pdf", "application/pdf", content, b"", digest)
    plain = _decoded(content, name)
    full = _written(plain)
    plain.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Checked(f"{PurePath(name).stem}.jpg", "image/jpeg", full, _written(plain), digest)


def _decoded(content: bytes, name: str) -> Image.Image:
    """The pixels of a picture, upright, not more than needed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise _refused("pixels", N_("照片太大"), name, N_("请把照片缩小以后再上传。"))
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                return _on_white(upright)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _not_evidence(name) from error
    except Image.DecompressionBombWarning as error:
        raise _refused("pixels", N_("照片太大"), name, N_("请把照片缩小以后再上传。")) from error


def _written(picture: Image.Image) -> bytes:
    """A new file that holds nothing but the pixels."""
    picture.info = {}  # a comment would go along
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and picture.mode != "P":
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _not_evidence(name: str) -> EvidenceRefused:
    remedy = N_("请上传 JPG、PNG、WebP 照片或 PDF 文件；文件要打得开。")
    return _refused("kind", N_("这不是照片，也不是 PDF"), name, remedy)


def _refused(code: str, message: str, name: str, remedy: str) -> EvidenceRefused:
    return EvidenceRefused(Problem(f"evidence.{code}", Message(message), name, Message(remedy)))
