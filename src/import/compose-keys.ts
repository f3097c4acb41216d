/** Keys of a service that do not affect which daemon Watchtower reaches, or how. */
const IRRELEVANT: ReadonlySet<string> = new Set([
  ...["annotations", "attach", "blkio_config", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "cpu_count"],
  ...["cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset"],
  ...["depends_on", "deploy", "develop", "device_cgroup_rules", "devices", "domainname", "expose", "gpus"],
  ...["group_add", "healthcheck", "init", "ipc", "isolation", "label_file", "labels", "logging", "mac_address"],
  ...["mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "oom_kill_disable", "oom_score_adj", "pid"],
  ...["pids_limit", "platform", "ports", "post_start", "pre_stop", "privileged", "profiles", "pull_policy"],
  ...["pull_refresh_after", "read_only", "restart", "runtime", "scale", "security_opt", "shm_size", "stdin_open"],
  ...["stop_grace_period", "stop_signal", "storage_opt", "sysctls", "tty", "ulimits", "user", "userns_mode", "uts"],
]);

/** Keys that are read: settings, files, and names under which containers reach each other. */
const READ: ReadonlySet<string> = new Set([
  ...["command", "configs", "container_name", "dns", "dns_opt", "dns_search", "entrypoint", "env_file"],
  ...["environment", "extends", "external_links", "extra_hosts", "hostname", "image", "links", "network_mode"],
  ...["networks", "secrets", "tmpfs", "volumes"],
]);

/** Keys that can change Watchtower's settings in ways that the file does not show. */
const OPAQUE: Readonly<Record<string, string>> = {
  build: "an image that is built can set its own flags and variables",
  credential_spec: "it takes settings from elsewhere",
  models: "it sets variables that are not in the file",
  provider: "another program runs the service",
  use_api_socket: "it passes in the registry logins and the socket of Docker's client",
  volumes_from: "certificates can come from another container",
  working_dir: "relative paths are based on it",
};

/** Says why a key of a service cannot be imported. Returns undefined for keys that are read or irrelevant. */
export function refuseKey(key: string, value: unknown): string | undefined {
  if (IRRELEVANT.has(key) || READ.has(key) || key.startsWith("x-")) return undefined;
  if (value === null || value === false) return undefined;
  const why = OPAQUE[key];
  return why === undefined
    ? `its key ${JSON.stringify(key)} is not a key of Compose; correct it`
    : `its key "${key}" cannot be imported: ${why}. Give Watchtower's settings as a docker run command after -- instead`;
}
