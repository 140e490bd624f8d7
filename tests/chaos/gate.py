"""A small TCP gate between a client and a server: it cuts connections in the middle of the stream
and stalls them half-open. One thread carries all gates of a run."""

import asyncio
import contextlib
import threading

CHUNK_BYTES = 16 * 1024
CUT_AT_LATEST_S = 2.0


class Gates:
    """The loop of all gates, in its own thread."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def open(self, target_port):
        gate = Gate(self, target_port)
        self.call(gate._listen())
        return gate

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class Gate:
    """Listens on `port` and carries bytes to and from `target_port`."""

    def __init__(self, gates, target_port):
        self._gates = gates
        self._target_port = target_port
        self._writers = set()
        self._flows = None
        self._bytes_left = None
        self._cut = None
        self.port = None

    async def _listen(self):
        self._flows = asyncio.Event()
        self._flows.set()
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _carry(self, reader, writer):
        self._writers.add(writer)
        far_writer = None
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._flows.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._writers.add(far_writer)
            # The one direction's end is the end of both: nothing here half-closes.
            pumps = [asyncio.ensure_future(self._pump(reader, far_writer)),
                     asyncio.ensure_future(self._pump(far_reader, writer))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
        for end in (writer, far_writer):
            if end is not None:
                self._writers.discard(end)
                end.close()

    async def _pump(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await self._flows.wait()
                if self._bytes_left is not None:
                    data = data[:self._bytes_left]
                    self._bytes_left -= len(data)
                writer.write(data)
                await writer.drain()
                if self._bytes_left == 0:
                    self._abort_all()

    def _abort_all(self):
        """A reset on both sides; what is only buffered is gone."""
        self._bytes_left = None
        for writer in list(self._writers):
            writer.transport.abort()
        if self._cut is not None and not self._cut.done():
            self._cut.set_result(None)

    def cut(self, after_bytes):
        """Cuts all connections once so many more bytes have passed, or after a moment. How many
        there were."""
        async def do():
            count = len(self._writers) // 2
            self._cut = asyncio.get_running_loop().create_future()
            self._bytes_left = max(after_bytes, 1)
            try:
                await asyncio.wait_for(asyncio.shield(self._cut), CUT_AT_LATEST_S)
            except asyncio.TimeoutError:
                self._abort_all()
            return count
        return self._gates.call(do())

    def stall(self):
        """Nothing passes any more; the connections stay open and new ones are taken."""
        async def do():
            self._flows.clear()
        self._gates.call(do())

    def flow(self, cut=False):
        """Ends a stall; with `cut` the stalled connections end with it."""
        async def do():
            if cut:
                self._abort_all()
            self._flows.set()
        self._gates.call(do())
