/** Directives that only one context can have, of the modules that nginx.org's packages have built in (nginx 1.31). */
import type { Directive } from "./parse.ts";
import { problemAt, type Problem } from "./problem.ts";

const words = (text: string) => new Set(text.trim().split(/\s+/));

/** NGX_MAIN_CONF in ngx_command_t tables, without those that http also has. */
const ofMain = words(`
  daemon debug_points env events google_perftools_profiles http load_module lock_file mail master_process pcre_jit pid quic_bpf
  ssl_engine ssl_object_cache_inheritable stream thread_pool timer_resolution user worker_cpu_affinity worker_priority
  worker_processes worker_rlimit_core worker_rlimit_nofile worker_shutdown_timeout working_directory
`);

/** NGX_HTTP_MAIN_CONF alone. */
const ofHttp = words(`
  charset_map fastcgi_cache_path geo geoip_city geoip_country geoip_org geoip_proxy geoip_proxy_recursive http2_recv_buffer_size
  limit_conn_zone limit_req_zone log_format map map_hash_bucket_size map_hash_max_size perl_modules perl_require perl_set
  proxy_cache_path scgi_cache_path server server_names_hash_bucket_size server_names_hash_max_size split_clients upstream
  uwsgi_cache_path variables_hash_bucket_size variables_hash_max_size
`);

/** NGX_HTTP_SRV_CONF, with or without NGX_HTTP_MAIN_CONF. All of ssl_…, http3_… and quic_… also belong to them. */
const ofServers = words(`
  client_body_early_read client_header_buffer_size client_header_timeout connection_pool_size http2 http2_body_preread_size
  http2_idle_timeout http2_max_concurrent_pushes http2_max_concurrent_streams http2_max_field_size http2_max_header_size
  http2_max_requests http2_pool_size http2_recv_timeout http2_streams_index_size http3 ignore_invalid_headers
  large_client_header_buffers listen max_headers merge_slashes request_pool_size server_name ssl underscores_in_headers
`);

/** NGX_HTTP_LOC_CONF without NGX_HTTP_SRV_CONF. */
const ofLocations = words(`
  alias empty_gif fastcgi_pass flv grpc_pass image_filter internal limit_except memcached_pass mp4 perl proxy_pass random_index
  scgi_pass uwsgi_pass xslt_stylesheet
`);

/** The only context in which nginx accepts a directive. Undefined if several contexts can have it, or if it is not known. */
export function onlyContext(name: string): "main" | "http" | "server" | "location" | undefined {
  if (ofMain.has(name)) return "main";
  if (ofHttp.has(name)) return "http";
  if (ofServers.has(name) || /^(ssl|http3|quic)_/.test(name)) return "server";
  return ofLocations.has(name) ? "location" : undefined;
}

/** A problem for directives that nginx does not accept in its http block, as in a whole nginx.conf. */
export function outsideHttp(directives: readonly Directive[], file: string): Problem | undefined {
  const found = directives.filter(({ name }) => onlyContext(name) === "main");
  const [first] = found;
  if (first === undefined) return undefined;
  const names = [...new Set(found.map(({ name }) => name))];
  const listed = names.map((name) => `"${name}"`).join(", ");
  const reason = `can't be in conf.d, whose files nginx reads inside the http block of the image's nginx.conf`;
  const cure = names.includes("http")
    ? 'This looks like a whole nginx.conf: keep the "server" blocks of its http block, and what they need and the image\'s nginx.conf does not set.'
    : `Remove ${names.length > 1 ? "them" : "it"}.`;
  const other = ["stream", "mail"].some((name) => names.includes(name))
    ? " Only HTTP can be served here."
    : "";
  return problemAt(file, first.line, `${listed} ${reason}.${other} ${cure}`);
}
