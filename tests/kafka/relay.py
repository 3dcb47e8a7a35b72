"""A way to brokers that can be cut: what goes through it then goes nowhere, as behind a dead switch, and no end is told."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence

CHUNK = 65536


class Relay:
    """Listens on ports of ``host`` and hands on to others there. ``ways``: (from, to). In a thread of its own."""

    def __init__(self, host: str, ways: Sequence[tuple[int, int]]) -> None:
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._asks, self._answers = asyncio.Event(), asyncio.Event()
        self._asks.set()
        self._answers.set()
        self._running: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()
        self._servers = [asyncio.run_coroutine_threadsafe(self._listen(*way), self._loop).result() for way in ways]

    def cut(self) -> None:
        """Hand on nothing, in either way."""
        self._loop.call_soon_threadsafe(self._asks.clear)
        self.mute()

    def mute(self) -> None:
        """Hand on no answers: what is asked is done, and nobody hears of it."""
        self._loop.call_soon_threadsafe(self._answers.clear)

    def mend(self) -> None:
        """Hand on again, and what was held back first, as the sender's kernel would send it again."""
        for way in (self._asks, self._answers):
            self._loop.call_soon_threadsafe(way.set)

    def close(self) -> None:
        """End all connections."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    async def _listen(self, port: int, target: int) -> asyncio.Server:
        async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self._running.add(task)
            try:
                await self._carry(reader, writer, target)
            except asyncio.CancelledError:
                # else asyncio says on stderr that it was
                pass
            finally:
                self._running.discard(task)
                writer.close()

        return await asyncio.start_server(come, self._host, port)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int) -> None:
        await self._asks.wait()
        try:
            there, back = await asyncio.open_connection(self._host, target)
        except OSError:
            return
        ways = ((reader, back, self._asks), (there, writer, self._answers))
        pumps = [asyncio.ensure_future(self._pump(*way)) for way in ways]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in pumps:
                one.cancel()
            back.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await way.wait()
                writer.write(data)
                await writer.drain()
            await way.wait()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._running)
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
