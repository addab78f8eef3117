import { sameAddress, type ListenAddress } from "./address.ts";
import { findListens, type NginxFile } from "./listens.ts";

/**
 * Whether a plain HTTP/1 request to an address gets an answer: not where a proxy has to say first who the client is, nor where
 * only HTTP/2 is spoken. (To a TLS listener nginx answers plain HTTP with a plain 400.)
 *
 * @param files what is mounted at /etc/nginx/conf.d
 * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
 * @example answersPlainHttp([{ name: "a.conf", text: "server { listen 80 proxy_protocol; }" }], port80) // false
 */
export function answersPlainHttp(files: NginxFile[], address: ListenAddress): boolean {
  const there = findListens(files).listens.filter(({ addresses }) =>
    addresses.some((one) => sameAddress(one, address)),
  );
  return !there.some(
    ({ options }) =>
      options.includes("proxy_protocol") || (options.includes("http2") && !options.includes("ssl")),
  );
}
