"""A fake camera: what it sees is a film of codes, given to Chromium instead of a device."""

from contextlib import suppress
from pathlib import Path

import segno
from playwright.sync_api import Page, TimeoutError

WIDTH, HEIGHT, RATE = 320, 240, 10


def film(path: Path, scenes: list[tuple[str, float]]) -> None:
    """Write a video (YUV4MPEG2) of codes held before a camera, each for some seconds; "" is an empty table."""
    grey, chroma = bytearray([160]) * (WIDTH * HEIGHT), bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for text, seconds in scenes:
            frame = bytearray(grey)
            if text:
                rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(scale=5, border=4)]
                top, left = (HEIGHT - len(rows)) // 2, (WIDTH - len(rows[0])) // 2
                assert top >= 0
                for y, row in enumerate(rows):
                    start = (top + y) * WIDTH + left
                    frame[start : start + len(row)] = bytes(0 if dark else 255 for dark in row)
            for _frame in range(int(seconds * RATE)):
                out.write(b"FRAME\n" + frame + chroma)


def camera_args(video: Path) -> list[str]:
    """Give Chromium's arguments for a camera that sees a film and may be used."""
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]


def start_camera(page: Page) -> None:
    """Press, unless the browser allowed it before: then it starts by itself."""
    with suppress(TimeoutError):
        page.get_by_role("button", name="Start the camera").click(timeout=1000)
