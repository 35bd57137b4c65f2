"""A relay that makes a round trip so many milliseconds long.

usage: relay.py PORT MILLISECONDS

It passes connections on to PORT of this host, and prints the port at which it
waits for them. Connecting takes a round trip, too.
"""
import asyncio
import sys


async def pump(reader, writer, delay):
    """Passes bytes on, each after the delay, until the end."""
    async def write():
        while True:
            due, octets = await waiting.get()
            await asyncio.sleep(due - loop.time())
            if not octets:
                break
            writer.write(octets)
            await writer.drain()
        writer.close()

    loop, waiting = asyncio.get_running_loop(), asyncio.Queue()
    writing = asyncio.create_task(write())
    octets = b"more"
    while octets:
        try:
            octets = await reader.read(1 << 17)
        except ConnectionError:
            octets = b""
        waiting.put_nowait((loop.time() + delay, octets))
    await asyncio.gather(writing, return_exceptions=True)


async def main(port, round_trip):
    async def serve(reader, writer):
        await asyncio.sleep(round_trip)
        onward = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, onward[1], round_trip / 2),
                             pump(onward[0], writer, round_trip / 2))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1e3))
