/** Random input for the property tests of units/nginx. */
import fc from "fast-check";
import { parseListenStream, type ListenAddress } from "../../units/nginx/address.ts";
import { canonicalIpv6 } from "../../units/nginx/ip.ts";

const port = fc.integer({ min: 1, max: 65535 });

const ip = (family: "ipv4" | "ipv6", text: fc.Arbitrary<string>): fc.Arbitrary<ListenAddress> =>
  fc.tuple(text, port).map(([address, port]) => ({ family, address, port }));

/** Any address that both systemd and nginx can listen on. */
export const listenAddress: fc.Arbitrary<ListenAddress> = fc.oneof(
  ip("ipv4", fc.oneof(fc.ipV4(), fc.constant("0.0.0.0"))),
  ip(
    "ipv6",
    fc.oneof(fc.ipV6(), fc.constant("::")).map((text) => canonicalIpv6(text) ?? ""),
  ),
  fc.stringMatching(/^\/[\w .;"'{}$#-]{0,60}\w$/).map((path) => ({ family: "unix" as const, path })),
);

/** Only a few addresses, so that wildcards, duplicates and covered addresses are frequent. */
export const crowdedAddress: fc.Arbitrary<ListenAddress> = fc
  .constantFrom(
    "0.0.0.0:80",
    "127.0.0.1:80",
    "192.0.2.1:80",
    "0.0.0.0:81",
    "[::]:80",
    "[::1]:80",
    "/run/x.sock",
  )
  .map(parseListenStream);

/** Text that looks like a configuration often enough to reach every branch of the parser. */
export const configuration: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "server",
        "listen",
        "include",
        "80",
        " ",
        "\n",
        ";",
        "{",
        "}",
        '"',
        "'",
        "\\",
        "$",
        "${",
        "#",
      ),
      fc.constantFrom(
        "content_by_lua_block",
        "[[",
        "]]",
        "--",
        "[::]:80",
        "*.conf",
        "127.0.0.1:80",
        "unix:/x",
      ),
      fc.string(),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));
