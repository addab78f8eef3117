import type { ServiceSection } from "../../units/sections/service.ts";
import type { UnitSection } from "../../units/sections/unit.ts";

/**
 * What a service of a socket has, so that one that fails comes back by itself. A request would start it again, but five failures
 * in ten seconds are systemd's limit: it gives up on the service and then on its socket, and from then on every client is
 * refused (systemd.unit(5), StartLimitBurst=). So the service is tried again each second, and requests wait in the socket; and so is
 * what it requires.
 */
export const unlimited: UnitSection = { startLimitIntervalSec: "0" };
export const retried: ServiceSection = { restart: "on-failure", restartSec: "1s" };
