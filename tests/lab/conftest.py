from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from voicelab import Lab


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    opened = await Lab.open(
        port=0, recordings=tmp_path / "recordings", webhook_log=tmp_path / "webhooks.log"
    )
    async with opened:
        yield opened
