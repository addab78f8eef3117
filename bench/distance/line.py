# line.py NEAR FAR MILLISECONDS PERCENT: a long line between two network interfaces, which it makes and which go with it. What one sends
# the other gets so much later; so many of the IPv4 packets get lost. It ends with its standard input.
#
# tc's netem does the same, where the kernel has it (CONFIG_NET_SCH_NETEM). Here it is a relay, so that any kernel will do.
import fcntl
import os
import random
import selectors
import struct
import sys
import time
from collections import deque

# Linux: linux/if_tun.h, linux/if_ether.h
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
IPV4 = b"\x08\x00"

near, far = sys.argv[1:3]
delay, loss = float(sys.argv[3]) / 1000, float(sys.argv[4]) / 100


def interface(name):
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return descriptor


ends = [interface(near), interface(far)]
other = dict(zip(ends, reversed(ends)))
under_way = deque()
selector = selectors.DefaultSelector()
for descriptor in [*ends, sys.stdin.fileno()]:
    selector.register(descriptor, selectors.EVENT_READ)
print("ready", flush=True)

while True:
    wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
    for key, _ in selector.select(wait):
        if key.fd not in other:
            sys.exit()
        frame = os.read(key.fd, 65536)
        # A lost question of ARP would only add a second here and there.
        if frame[12:14] != IPV4 or random.random() >= loss:
            under_way.append((time.monotonic() + delay, other[key.fd], frame))
    while under_way and under_way[0][0] <= time.monotonic():
        _, to, frame = under_way.popleft()
        try:
            os.write(to, frame)
        except OSError:
            # It is down, or full.
            pass
