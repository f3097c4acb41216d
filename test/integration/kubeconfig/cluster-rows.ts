import { config, facts, one, port, type Row, world } from "./world.ts";

/** A name that only a proxy can reach. */
const BEHIND = { server: `https://api.example.test:${port}`, "tls-server-name": "localhost" };

/** How the API server is reached and verified. */
export const CLUSTER_ROWS: Readonly<Record<string, Row>> = {
  "a CA file, relative": {
    files: () => ({
      config: config({ cluster: { "certificate-authority-data": undefined, "certificate-authority": "ca.crt" } }),
      "ca.crt": facts.ca,
    }),
    works: true,
  },
  "a CA of the system": {
    files: () => ({ config: config({ cluster: { "certificate-authority-data": undefined } }), "ca.crt": facts.ca }),
    env: () => ({ SSL_CERT_FILE: "FOLDER/ca.crt" }),
    ownProcess: true,
    works: true,
  },
  "a CA that is not known": {
    files: one(() => ({ cluster: { "certificate-authority-data": undefined } })),
    works: false,
  },
  "a CA that is not valid base64": {
    files: one(() => ({ cluster: { "certificate-authority-data": "%" } })),
    works: false,
  },
  "a CA file that is missing": {
    files: one(() => ({ cluster: { "certificate-authority-data": undefined, "certificate-authority": "none.crt" } })),
    works: false,
    says: /none\.crt .*ENOENT/,
  },
  "insecure-skip-tls-verify": {
    files: one(() => ({ cluster: { "certificate-authority-data": undefined, "insecure-skip-tls-verify": true } })),
    works: true,
  },
  "a tls-server-name": { files: one(() => ({ cluster: { "tls-server-name": "localhost" } })), works: true },
  "a tls-server-name that the certificate does not have": {
    files: one(() => ({ cluster: { "tls-server-name": "other.example.com" } })),
    works: false,
    says: /other\.example\.com/,
  },
  "the flag --tls-server-name": {
    files: one(() => ({ cluster: { "tls-server-name": "other.example.com" } })),
    args: ["--tls-server-name", "localhost"],
    works: true,
  },
  "the flag --certificate-authority": {
    files: () => ({ config: config({ cluster: { "certificate-authority-data": undefined } }), "ca.crt": facts.ca }),
    args: ["--certificate-authority", "FOLDER/ca.crt"],
    works: true,
  },
  "a CA and insecure-skip-tls-verify": {
    files: one(() => ({ cluster: { "insecure-skip-tls-verify": true } })),
    works: false,
    says: /remove one/,
  },
  "the flag --insecure-skip-tls-verify": { files: one(() => ({})), args: ["--insecure-skip-tls-verify"], works: true },
  "an http proxy-url": {
    files: one(() => ({ cluster: { ...BEHIND, "proxy-url": `http://${world.proxies.http.address}` } })),
    works: true,
  },
  "a socks5 proxy-url": {
    files: one(() => ({ cluster: { ...BEHIND, "proxy-url": `socks5://${world.proxies.socks5.address}` } })),
    works: true,
  },
  "a proxy-url, which goes before HTTPS_PROXY": {
    files: one(() => ({ cluster: { ...BEHIND, "proxy-url": `http://${world.proxies.http.address}` } })),
    env: () => ({ HTTPS_PROXY: "http://127.0.0.1:9" }),
    works: true,
  },
  "a proxy-url with socks5h": {
    files: one(() => ({ cluster: { ...BEHIND, "proxy-url": `socks5h://${world.proxies.socks5.address}` } })),
    works: false,
    says: /proxy-url/,
  },
  "a proxy-url where nothing listens": {
    files: one(() => ({ cluster: { ...BEHIND, "proxy-url": "http://127.0.0.1:9" } })),
    works: false,
    says: /127\.0\.0\.1:9/,
  },
  "a proxy-url that is not valid": {
    files: one(() => ({ cluster: { "proxy-url": "ftp://127.0.0.1:1" } })),
    works: false,
    says: /proxy-url/,
  },
  HTTPS_PROXY: {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ HTTPS_PROXY: `http://${world.proxies.http.address}` }),
    works: true,
  },
  "https_proxy without a scheme": {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ https_proxy: world.proxies.http.address }),
    works: true,
  },
  "HTTPS_PROXY, which NO_PROXY excludes": {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ HTTPS_PROXY: `http://${world.proxies.http.address}`, NO_PROXY: "example.org, .example.test" }),
    works: false,
  },
  "HTTPS_PROXY, which NO_PROXY=* excludes": {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ HTTPS_PROXY: `http://${world.proxies.http.address}`, NO_PROXY: "*" }),
    works: false,
  },
  "HTTPS_PROXY, with a NO_PROXY for another port": {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ HTTPS_PROXY: `http://${world.proxies.http.address}`, NO_PROXY: "api.example.test:1" }),
    works: true,
  },
  "ALL_PROXY and HTTP_PROXY, which do not count": {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({
      ALL_PROXY: `http://${world.proxies.http.address}`,
      HTTP_PROXY: `http://${world.proxies.http.address}`,
    }),
    works: false,
  },
  "HTTPS_PROXY does not count on loopback": {
    files: one(() => ({})),
    env: () => ({ HTTPS_PROXY: "http://127.0.0.1:9" }),
    works: true,
  },
  "the flag --server": {
    files: one(() => ({ cluster: { server: "https://x" } })),
    args: ["-s", facts.url],
    works: true,
  },
};
