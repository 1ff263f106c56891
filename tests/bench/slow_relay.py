"""A server's socket at another path, behind a link of so many bits a second and so much delay."""

import asyncio
import threading
import time

RECEIVE_BYTES = 1 << 12  # what arrives at once: some packets
QUEUED_CHUNKS = 1024  # of RECEIVE_BYTES or less: then the sender waits, as behind a full link


class Direction:
    """One way of the link, which all connections share. Bytes are sent one after another at the
    link's rate, and arrive a delay later."""

    def __init__(self, bits_per_s, delay_s):
        self.bits_per_s = bits_per_s
        self.delay_s = delay_s
        self.free_at = 0.0
        self.bytes = 0

    def arrival(self, size):
        self.bytes += size
        self.free_at = max(self.free_at, time.monotonic()) + size * 8 / self.bits_per_s
        return self.free_at + self.delay_s


class SlowRelay:
    """Listens on `path` and passes on to `upstream`, in a thread of its own, until it is stopped.

    delay_s is of one way; a question and its answer take two. `up` and `down` count the bytes of
    the protocol: no headers of TCP or IP, and no slow start.
    """

    def __init__(self, upstream, path, bits_per_s, delay_s):
        self.upstream = upstream
        self.path = str(path)
        self.up = Direction(bits_per_s, delay_s)
        self.down = Direction(bits_per_s, delay_s)
        self.loop = None
        self.stopping = None
        self.listening = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.listening.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join()

    def reset(self):
        self.up.bytes = self.down.bytes = 0

    def bytes(self):
        return self.up.bytes + self.down.bytes

    def _run(self):
        asyncio.run(self._listen())  # cancels what is still under way at its end

    async def _listen(self):
        self.loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        await asyncio.start_unix_server(self._serve, self.path)
        self.listening.set()
        await self.stopping.wait()

    async def _serve(self, reader, writer):
        server_reader, server_writer = await asyncio.open_unix_connection(self.upstream)
        await asyncio.gather(self._pass(reader, server_writer, self.up),
                             self._pass(server_reader, writer, self.down))

    async def _pass(self, reader, writer, direction):
        queue = asyncio.Queue(QUEUED_CHUNKS)
        delivering = asyncio.ensure_future(self._deliver(queue, writer))
        try:
            while data := await reader.read(RECEIVE_BYTES):
                at = direction.arrival(len(data))
                await queue.put((at, data))
                # The link takes no more than it can send.
                await asyncio.sleep(direction.free_at - time.monotonic())
        except OSError:
            pass  # one side is gone: so is the other, below
        await queue.put((0, b""))
        await delivering

    @staticmethod
    async def _deliver(queue, writer):
        try:
            while True:
                at, data = await queue.get()
                if not data:
                    break
                await asyncio.sleep(at - time.monotonic())
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()
