/**
 * What podman makes of quadlets, from the output of its generator (podman 5.4.2, 5.8.2, 6.1.1). test/hosts/generator.test.ts checks it
 * again with the base image's generator.
 */

/** What is joined, a text, its assignments as podman reads them, and as systemd reads them. */
export const joinedLines: readonly [what: string, text: string, podman: string[], systemd: string[]][] = [
  ["nothing to join", "A=b\nC=d\n", ["A=b", "C=d"], ["A=b", "C=d"]],
  ["a backslash", "A=a\\\nb", ["A=ab"], ["A=a b"]],
  ["a blank before it and blanks on the next line", "A=a \\\n   b", ["A=a b"], ["A=a     b"]],
  ["a blank after the backslash", "A=a\\ \t\nB=b", ["A=aB=b"], ["A=a\\", "B=b"]],
  ["two backslashes", "A=a\\\\\nB=b", ["A=a\\B=b"], ["A=a\\\\", "B=b"]],
  ["a comment between", "A=a\\\n# c \\\n; d\nb", ["A=ab"], ["A=a b"]],
  ["an empty line between", "A=a\\\n \t\nB=b", ["A=aB=b"], ["A=a", "B=b"]],
  ["a comment that ends in a backslash", "# c \\\nA=a", ["A=a"], ["A=a"]],
  ["the end of the file", "A=a\\", ["A=a"], ["A=a"]],
  ["the end of the file, with a newline", "A=a \\\n", ["A=a"], ["A=a"]],
  ["a lone backslash", "\\\nA=a", ["A=a"], ["A=a"]],
  ["a lone backslash at the end of the file", "A=a\\\n\\", ["A=a"], ["A=a"]],
  ["a key in two parts", "Aa\\\nBb=c", ["AaBb=c"], ["Aa Bb=c"]],
  ["line ends of Windows", "A=a\\\r\nb\r\nC=d\r\n", ["A=ab", "C=d"], ["A=a b", "C=d"]],
  ["a carriage return alone", "A=a\rB=b", ["A=a\rB=b"], ["A=a", "B=b"]],
  ["a newline and a carriage return", "A=a\\\n\rb", ["A=ab"], ["A=a b"]],
  ["blanks of Unicode at the ends", "\u00a0A=a\u3000", ["A=a"], ["\u00a0A=a\u3000"]],
  ["a vertical tab", "A=\va", ["A=a"], ["A=\va"]],
];

const container = (lines: string) => `[Container]\nImage=registry.example/nginx:1\n${lines}`;
const network = (lines: string) => `[Network]\n${lines}`;

/** A quadlet, its service, and the name of its container or network if that is known before the service runs. */
export const madeNames: readonly [file: string, text: string, unit: string, name: string | undefined][] = [
  ["web.container", container(""), "web.service", "systemd-web"],
  ["web.container", container("ServiceName=other\nServiceName=nginx\n"), "nginx.service", "systemd-nginx"],
  ["web.container", container('ServiceName="front"\n'), "front.service", "systemd-front"],
  ["web.container", container("ServiceName=fr\\\n  ont\n"), "front.service", "systemd-front"],
  ["web.container", container('ContainerName="apache"\n'), "web.service", "apache"],
  ["web.container", container("ContainerName=a\nContainerName=apache\n"), "web.service", "apache"],
  ["web.container", container("ContainerName=a\nContainerName=\n"), "web.service", "systemd-web"],
  ["web.container", container("ContainerName=my-%N-1\nServiceName=x\n"), "x.service", "my-x-1"],
  ["web.container", container("ContainerName=%p\n"), "web.service", undefined],
  ["web@.container", container(""), "web@.service", undefined],
  ["web@1.container", container(""), "web@1.service", undefined],
  ["web@.container", container("ContainerName=only\n"), "web@.service", "only"],
  ["web.network", network("Internal=true\n"), "web-network.service", "systemd-web"],
  ["web.network", network('NetworkName="lan"\n'), "web-network.service", "lan"],
  ["web.network", network("NetworkName=lan\nNetworkName=\n"), "web-network.service", "systemd-web"],
  ["web.network", network("NetworkName=%N\n"), "web-network.service", "web-network"],
  ["web.network", network('ServiceName="net"\nNetworkName=%N\n'), "net.service", "net"],
  ["web@.network", network(""), "web-network@.service", undefined],
];
