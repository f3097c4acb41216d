/** One container of the matrix, as people start it. */
export interface RunCase {
  readonly name: string;
  readonly args: readonly string[];
  /** Default plain. `rich` has everything that an image can set. */
  readonly image?: "plain" | "rich";
  readonly command?: readonly string[];
  /** Files that are written before the update and must be there after it. */
  readonly data?: readonly string[];
  /** Networks that it is connected to afterwards, with flags. */
  readonly connect?: readonly (readonly string[])[];
  /** Its process ends by itself. */
  readonly ends?: true;
  /** Only created: this machine cannot start it. */
  readonly created?: true;
  /** Only on this engine: the other one, or its command line, does not have the options. */
  readonly only?: "old" | "new";
}

/** What differs between the two engines, which share this machine. */
export interface RunSettings {
  /** The beginning of the addresses of the networks: with `172.31.10`, `net-a` is 172.31.101.0/24. */
  readonly net: string;
  /** The beginning of the addresses of `net-b`: with `fd77:1`, it is fd77:1::/64. */
  readonly net6: string;
  /** The beginning of the published ports, such as `1871`. */
  readonly port: string;
  /** A folder with the files `env` and `labels`, for files of containers. */
  readonly folder: string;
  /** The parent of all control groups of the daemon. */
  readonly cgroup: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** The name of an image that the daemon has. */
  readonly image: string;
}

const sh = (script: string) => ["/bin/busybox", "sh", "-c", script];
const IDLE = 'trap "exit 0" TERM INT; /bin/busybox sleep infinity & wait';
/** Most need no network, and start faster without. */
const off = "--network=none";

/**
 * Together they use every option of `docker run` that the engines accept on this machine. Options that have nothing to do
 * with each other share a container, because each container costs an engine many processes; a failure names the setting
 * that differs. The networks `net-a` and `net-b`, the volumes `named` and `nested` (with a folder `inner`) and the container
 * `source` are there.
 */
export const runCases = ({ net, net6, port, folder, cgroup, platform, image }: RunSettings): readonly RunCase[] => [
  { name: "bare", args: [off, "--cidfile", `${folder}/bare.cid`] },
  {
    name: "process",
    args: [
      off,
      ...["--env", "A=1", "--env", "EMPTY=", "-e", "TEXT=a b=c", "--env-file", `${folder}/env`],
      ...["--user", "1000:1001", "--group-add", "100", "--group-add", "200"],
      ...["--workdir", "/somewhere/else", "--tty", "--interactive"],
    ],
  },
  {
    name: "labels-and-name",
    args: [
      off,
      ...["--label", "a=1", "--label", "com.example.b=x y", "--label", "empty=", "--label-file", `${folder}/labels`],
      ...["--hostname", "edge-7", "--domainname", "example.test"],
    ],
  },
  {
    name: "health-and-stop",
    args: [
      off,
      ...["--stop-signal", "USR1", "--stop-timeout", "3"],
      ...["--health-cmd", "/bin/busybox true", "--health-interval", "200ms", "--health-retries", "4"],
      // In this period, the newer engine makes a check every five seconds.
      ...["--health-timeout", "3s", "--health-start-period", "100ms"],
    ],
  },
  {
    name: "settings-of-image",
    image: "rich",
    args: [
      off,
      ...["--env", "FROM_IMAGE=other", "--env", "OWN=1", "--label", "image.label=other"],
      ...["--user", "0", "--workdir", "/"],
    ],
  },
  { name: "all-of-image", image: "rich", args: [off], data: ["/image-volume/file"] },
  { name: "own-command", image: "rich", args: [off, "--no-healthcheck"], command: ["sh", "-c", IDLE] },
  { name: "own-entrypoint", image: "rich", args: [off, "--entrypoint", "/bin/busybox"], command: ["sh", "-c", IDLE] },
  {
    name: "same-entrypoint",
    image: "rich",
    // As process 1, sleep ignores the others.
    args: [off, "--entrypoint", "/bin/busybox", "--stop-signal", "KILL"],
    command: ["sleep", "1000"],
  },
  { name: "emptied-entrypoint", image: "rich", args: [off, "--entrypoint", ""], command: sh(IDLE) },
  { name: "command-without-entrypoint", args: [off], command: sh(IDLE) },
  { name: "entrypoint-without-command", args: [off, "--entrypoint", "/bin/busybox"], ends: true },
  {
    name: "published-port",
    args: [
      ...["--network=net-a", "--hostname", "inside"],
      ...["--publish", `127.0.0.1:${port}1:80`, "--publish", `${port}2:81/udp`],
    ],
  },
  { name: "random-port", args: ["--network=net-a", "--publish", "8080", "--expose", "9000-9002"] },
  { name: "published-image-port", image: "rich", args: ["--network=net-a", "--publish", `${port}3:8000`] },
  { name: "all-ports", image: "rich", args: ["--network=net-a", "--publish-all"] },
  { name: "host-network", args: ["--network=host"] },
  { name: "host-network-with-name", args: ["--network=host", "--hostname", "mine"] },
  {
    name: "in-a-network",
    args: [
      ...["--network=net-a", "--network-alias", "db", "--network-alias", "database"],
      ...["--link-local-ip", "169.254.33.1", "--mac-address", "02:42:ac:1f:65:99"],
      ...["--dns", "192.0.2.1", "--dns-search", "example.test", "--dns-option", "ndots:2"],
      ...["--add-host", "one:192.0.2.1", "--add-host", "six:2001:db8::1"],
      ...["--sysctl", "net.core.somaxconn=1024", "--sysctl", "kernel.msgmax=8192"],
    ],
  },
  { name: "static-address", args: ["--network=net-b", "--ip", `${net}2.77`, "--ip6", `${net6}::77`] },
  { name: "generated-mac", args: ["--network=net-b"] },
  {
    name: "several-networks",
    args: ["--network=net-a", "--network-alias", "one", "--ip", `${net}1.78`],
    connect: [["--alias", "two", "--ip", `${net}2.78`, "net-b"]],
  },
  {
    name: "network-in-words",
    args: ["--network", "name=net-a,alias=db,alias=database,driver-opt=com.example.a=1"],
  },
  {
    name: "networks-in-words",
    only: "new",
    args: [
      "--network",
      `name=net-a,alias=db,ip=${net}1.79,mac-address=02:42:ac:1f:65:98,link-local-ip=169.254.33.2`,
      "--network",
      `name=net-b,alias=cache,ip=${net}2.79,ip6=${net6}::79,gw-priority=7,driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1`,
    ],
  },
  { name: "link", args: ["--network=net-a", "--link", "source:upstream"] },
  {
    name: "named-volumes",
    args: [
      ...[off, "--volume-driver", "local"],
      ...["--volume", "named:/data:ro", "--volume", "named:/rw", "--volume", "fresh:/bin/copied:nocopy"],
    ],
    data: ["/rw/file", "/bin/copied/file"],
  },
  {
    name: "anonymous-volumes",
    args: [off, "--volume", "/anonymous", "--mount", "type=volume,target=/mounted"],
    data: ["/anonymous/file", "/mounted/file"],
  },
  {
    name: "mounted-volumes",
    args: [
      off,
      "--mount",
      "type=volume,source=mounted,target=/data,volume-label=x=y,volume-driver=local",
      "--mount",
      "type=volume,source=mounted,target=/read-only,volume-nocopy,readonly",
      "--mount",
      "type=volume,source=optioned,target=/optioned,volume-opt=type=tmpfs,volume-opt=device=tmpfs",
    ],
    data: ["/data/file"],
  },
  {
    name: "parts-of-volumes-and-images",
    only: "new",
    args: [
      off,
      "--mount",
      "type=volume,source=nested,target=/data,volume-subpath=inner",
      "--mount",
      `type=image,source=${image},target=/image`,
      "--mount",
      `type=image,source=${image},target=/part,image-subpath=bin`,
    ],
    data: ["/data/file"],
  },
  {
    name: "binds-and-tmpfs",
    args: [
      off,
      ...["--volume", "/etc/hostname:/host/hostname:ro", "--tmpfs", "/scratch:rw,size=1m,mode=1770"],
      ...[
        "type=bind,source=/etc/hosts,target=/host/hosts,readonly",
        "type=bind,source=/usr,target=/usr-of-host,readonly,bind-propagation=rprivate",
        "type=tmpfs,target=/more,tmpfs-size=65536,tmpfs-mode=1770",
      ].flatMap((mount) => ["--mount", mount]),
    ],
  },
  {
    name: "bind-of-folder-only",
    only: "old",
    args: [off, "--mount", "type=bind,source=/usr,target=/host,bind-nonrecursive"],
  },
  {
    name: "bind-recursion",
    only: "new",
    args: [
      off,
      ...[
        "source=/usr,target=/only,bind-recursive=disabled",
        "source=/usr,target=/below,readonly,bind-recursive=writable",
        "source=/usr,target=/all,readonly,bind-recursive=readonly,bind-propagation=rprivate",
        `source=${folder}/made,target=/made,bind-create-src`,
      ].flatMap((mount) => ["--mount", `type=bind,${mount}`]),
    ],
  },
  { name: "inherited-volumes", args: [off, "--volumes-from", "source"], data: ["/source-volume/inherited"] },
  { name: "inherited-read-only", args: [off, "--volumes-from", "source:ro"] },
  {
    name: "confinement",
    args: [
      off,
      ...["--cap-add", "NET_ADMIN", "--cap-drop", "MKNOD", "--cap-drop", "CHOWN"],
      ...["no-new-privileges", "seccomp=unconfined", "label=disable"].flatMap((text) => ["--security-opt", text]),
      ...["--read-only", "--tmpfs", "/tmp"],
      ...["--device", "/dev/null:/dev/nothing:r", "--device-cgroup-rule", "c 1:3 rwm"],
    ],
  },
  { name: "privileged", args: [off, "--privileged"], created: true },
  {
    name: "logs-to-files",
    args: [
      off,
      ...["--log-driver", "json-file", "--log-opt", "max-size=1m", "--log-opt", "max-file=2"],
      ...["--restart", "always", "--ipc", "shareable"],
    ],
  },
  { name: "no-logs", args: [off, "--log-driver", "none", "--restart", "on-failure:5", "--init"] },
  {
    name: "namespaces-of-the-host",
    args: [
      off,
      ...["--pid", "host", "--uts", "host", "--userns", "host"],
      ...["--cgroupns", "host", "--cgroup-parent", `${cgroup}/nested`],
      ...["--restart", "unless-stopped"],
    ],
  },
  {
    name: "namespaces-of-another",
    args: ["--network", "container:source", "--pid", "container:source", "--ipc", "container:source"],
  },
  {
    name: "limits",
    args: [
      off,
      ...["--memory", "64m", "--memory-reservation", "32m", "--memory-swap", "128m", "--memory-swappiness", "20"],
      ...["--oom-score-adj", "100", "--oom-kill-disable", "--pids-limit", "50", "--shm-size", "32m"],
      ...["--cpus", "0.5", "--cpu-shares", "512", "--cpuset-cpus", "0", "--cpuset-mems", "0"],
      ...["--ulimit", "nofile=512:1024", "--ulimit", "nproc=100"],
    ],
  },
  {
    name: "processor-quota",
    args: [
      off,
      ...["--cpu-period", "50000", "--cpu-quota", "25000", "--runtime", "runc", "--platform", platform],
      ...["--security-opt", "systempaths=unconfined"],
    ],
  },
  {
    name: "devices-with-limits",
    created: true,
    args: [
      off,
      ...["--blkio-weight", "300", "--blkio-weight-device", "/dev/loop0:200"],
      ...["--device-read-bps", "/dev/loop0:1mb", "--device-write-bps", "/dev/loop0:2mb"],
      ...["--device-read-iops", "/dev/loop0:100", "--device-write-iops", "/dev/loop0:200"],
    ],
  },
  {
    name: "real-time-and-graphics",
    created: true,
    args: [
      off,
      ...["--cpu-rt-period", "1000000", "--cpu-rt-runtime", "1000", "--gpus", "all", "--isolation", "default"],
      ...["--attach", "STDERR"],
    ],
  },
  { name: "kernel-memory", only: "old", args: [off, "--kernel-memory", "64m"] },
  {
    name: "newest",
    only: "new",
    args: [
      off,
      ...["--annotation", "com.example.a=1", "--umask", "0027", "--storage-opt", "size=1G"],
      ...["--health-cmd", "/bin/busybox true", "--health-start-period", "5s", "--health-start-interval", "200ms"],
      ...["--security-opt", "writable-cgroups=true"],
    ],
  },
  {
    name: "compose",
    args: [
      "--network=net-a",
      ...[
        "project=shop",
        "service=web",
        "container-number=1",
        "oneoff=False",
        "config-hash=abc",
        "version=2.29.0",
        "image=sha256:0",
      ].flatMap((label) => ["--label", `com.docker.compose.${label}`]),
    ],
  },
];
