# Example 2, as a user of pyinfra would write it. Run by bench/pyinfra.ts.
from pyinfra import host
from pyinfra.facts.server import Command
from pyinfra.operations import files, server, systemd
from pyinfra.operations.util import any_changed

unit = host.data.unit
image = host.data.image
checks = host.data.checks == "yes"


def put(path):
    return files.put(src=host.data.payload + path, dest=path, user="root", group="root", mode="644")


container = put(f"/etc/containers/systemd/{unit}.container")
socket = put(f"/etc/systemd/system/{unit}.socket")
configuration = put(f"/etc/quadlet-fleet/{unit}/conf.d/default.conf")
units_changed = any_changed(container, socket)
changed = any_changed(container, socket, configuration)

if host.get_fact(Command, f"podman image exists {image} && echo present || true") != "present":
    server.shell(commands=[f"podman pull --quiet {image}"])

if checks:
    mount = f"/etc/quadlet-fleet/{unit}/conf.d:/etc/nginx/conf.d:ro"
    server.shell(commands=[f"podman run --rm --network=none --volume={mount} {image} nginx -t"], _if=changed)

systemd.daemon_reload(_if=units_changed)
systemd.service(f"{unit}.socket", running=True, enabled=True)
# Of a stopped service it starts nothing: that is for the next one.
systemd.service(f"{unit}.service", running=None, restarted=True, _if=units_changed)
systemd.service(f"{unit}.service", running=True)
systemd.service(
    f"{unit}.service",
    running=None,
    reloaded=True,
    _if=lambda: configuration.did_change() and not units_changed(),
)

if checks:
    server.shell(commands=["curl --fail --silent --show-error --output /dev/null http://127.0.0.1/"], _if=changed)
