"""A Modbus device with 100 registers on a free port of loopback, which it prints; the argument is the framer."""

import asyncio
import sys

from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def main():
    device = SimDevice(1, simdata=[SimData(0, values=[0] * 100, datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(device, framer=FramerType(sys.argv[1]), address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    await server.serving


asyncio.run(main())
