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
  /** The beginning of the published ports, such as `4187`. */
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
 * Together they use every option of `docker run` that the engines accept on this machine. The networks `net-a` and
 * `net-b`, the volumes `named` and `nested` (with a folder `inner`) and the container `source` are there.
 */
export const runCases = ({ net, net6, port, folder, cgroup, platform, image }: RunSettings): readonly RunCase[] => [
  { name: "bare", args: [off, "--cidfile", `${folder}/bare.cid`] },
  {
    name: "environment",
    args: [off, "--env", "A=1", "--env", "EMPTY=", "-e", "TEXT=a b=c", "--env-file", `${folder}/env`],
  },
  { name: "environment-of-image", image: "rich", args: [off, "--env", "FROM_IMAGE=other", "--env", "OWN=1"] },
  {
    name: "labels",
    args: [
      off,
      "--label",
      "a=1",
      "--label",
      "com.example.b=x y",
      "--label",
      "empty=",
      "--label-file",
      `${folder}/labels`,
    ],
  },
  { name: "labels-of-image", image: "rich", args: [off, "--label", "image.label=other"] },
  { name: "image-command", image: "rich", args: [off] },
  { name: "own-command", image: "rich", args: [off], command: ["sh", "-c", IDLE] },
  { name: "own-entrypoint", image: "rich", args: [off, "--entrypoint", "/bin/busybox"], command: ["sh", "-c", IDLE] },
  { name: "same-entrypoint", image: "rich", args: [off, "--entrypoint", "/bin/busybox"], command: ["sleep", "1000"] },
  { name: "emptied-entrypoint", image: "rich", args: [off, "--entrypoint", ""], command: sh(IDLE) },
  { name: "command-without-entrypoint", args: [off], command: sh(IDLE) },
  { name: "entrypoint-without-command", args: [off, "--entrypoint", "/bin/busybox"], ends: true },
  { name: "user", args: [off, "--user", "1000:1001"] },
  { name: "user-of-image", image: "rich", args: [off, "--user", "0"] },
  { name: "groups", args: [off, "--group-add", "100", "--group-add", "200"] },
  { name: "working-directory", args: [off, "--workdir", "/somewhere/else"] },
  { name: "working-directory-of-image", image: "rich", args: [off, "--workdir", "/"] },
  { name: "tty", args: [off, "--tty", "--interactive"] },
  { name: "hostname", args: [off, "--hostname", "edge-7", "--domainname", "example.test"] },
  { name: "hostname-in-network", args: ["--network=net-a", "--hostname", "inside"] },
  { name: "stop-settings", args: [off, "--stop-signal", "USR1", "--stop-timeout", "3"] },
  {
    name: "health-check",
    args: [
      off,
      "--health-cmd",
      "/bin/busybox true",
      "--health-interval",
      "200ms",
      "--health-retries",
      "4",
      "--health-timeout",
      "3s",
      "--health-start-period",
      "2s",
    ],
  },
  { name: "health-check-of-image", image: "rich", args: [off] },
  { name: "health-check-disabled", image: "rich", args: [off, "--no-healthcheck"] },
  {
    name: "published-port",
    args: ["--network=net-a", "--publish", `127.0.0.1:${port}1:80`, "--publish", `${port}2:81/udp`],
  },
  { name: "random-port", args: ["--network=net-a", "--publish", "8080", "--expose", "9000-9002"] },
  { name: "published-image-port", image: "rich", args: ["--network=net-a", "--publish", `${port}3:8000`] },
  { name: "all-ports", image: "rich", args: ["--network=net-a", "--publish-all"] },
  { name: "host-network", args: ["--network=host"] },
  { name: "host-network-with-name", args: ["--network=host", "--hostname", "mine"] },
  { name: "alias", args: ["--network=net-a", "--network-alias", "db", "--network-alias", "database"] },
  { name: "static-address", args: ["--network=net-b", "--ip", `${net}2.77`, "--ip6", `${net6}::77`] },
  { name: "link-local-address", args: ["--network=net-a", "--link-local-ip", "169.254.33.1"] },
  { name: "fixed-mac", args: ["--network=net-a", "--mac-address", "02:42:ac:1f:65:99"] },
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
    name: "named-volume",
    args: [off, "--volume-driver", "local", "--volume", "named:/data"],
    data: ["/data/named-volume"],
  },
  {
    name: "read-only-volume",
    args: [off, "--volume", "named:/data:ro", "--volume", "named:/rw"],
    data: ["/rw/read-only-volume"],
  },
  { name: "volume-no-copy", args: [off, "--volume", "fresh:/bin/copied:nocopy"], data: ["/bin/copied/file"] },
  { name: "anonymous-volume", args: [off, "--volume", "/anonymous"], data: ["/anonymous/file"] },
  { name: "anonymous-mount", args: [off, "--mount", "type=volume,target=/anonymous"], data: ["/anonymous/file"] },
  { name: "image-volume", image: "rich", args: [off], data: ["/image-volume/file"] },
  {
    name: "mounted-volume",
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
    name: "part-of-a-volume",
    only: "new",
    args: [off, "--mount", "type=volume,source=nested,target=/data,volume-subpath=inner"],
    data: ["/data/file"],
  },
  {
    name: "image-mounts",
    only: "new",
    args: [
      off,
      "--mount",
      `type=image,source=${image},target=/image`,
      "--mount",
      `type=image,source=${image},target=/part,image-subpath=bin`,
    ],
  },
  {
    name: "bind",
    args: [
      off,
      "--volume",
      "/etc/hostname:/host/hostname:ro",
      "--mount",
      "type=bind,source=/etc/hosts,target=/host/hosts,readonly",
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
  {
    name: "bind-propagation",
    args: [off, "--mount", "type=bind,source=/usr,target=/host,readonly,bind-propagation=rprivate"],
  },
  {
    name: "tmpfs",
    args: [
      off,
      "--tmpfs",
      "/scratch:rw,size=1m,mode=1770",
      "--mount",
      "type=tmpfs,target=/more,tmpfs-size=65536,tmpfs-mode=1770",
    ],
  },
  { name: "inherited-volumes", args: [off, "--volumes-from", "source"], data: ["/source-volume/inherited"] },
  { name: "inherited-read-only", args: [off, "--volumes-from", "source:ro"] },
  { name: "capabilities", args: [off, "--cap-add", "NET_ADMIN", "--cap-drop", "MKNOD", "--cap-drop", "CHOWN"] },
  { name: "privileged", args: [off, "--privileged"], created: true },
  {
    name: "security-options",
    args: [
      off,
      "--security-opt",
      "no-new-privileges",
      "--security-opt",
      "seccomp=unconfined",
      "--security-opt",
      "label=disable",
    ],
  },
  { name: "unmasked-paths", args: [off, "--security-opt", "systempaths=unconfined"] },
  { name: "read-only-root", args: [off, "--read-only", "--tmpfs", "/tmp"] },
  { name: "devices", args: [off, "--device", "/dev/null:/dev/nothing:r", "--device-cgroup-rule", "c 1:3 rwm"] },
  { name: "ulimits", args: [off, "--ulimit", "nofile=512:1024", "--ulimit", "nproc=100"] },
  {
    name: "sysctls",
    args: ["--network=net-a", "--sysctl", "net.core.somaxconn=1024", "--sysctl", "kernel.msgmax=8192"],
  },
  {
    name: "dns",
    args: ["--network=net-a", "--dns", "192.0.2.1", "--dns-search", "example.test", "--dns-option", "ndots:2"],
  },
  { name: "extra-hosts", args: ["--network=net-a", "--add-host", "one:192.0.2.1", "--add-host", "six:2001:db8::1"] },
  {
    name: "log-options",
    args: [off, "--log-driver", "json-file", "--log-opt", "max-size=1m", "--log-opt", "max-file=2"],
  },
  { name: "log-driver", args: [off, "--log-driver", "none"] },
  { name: "restart-always", args: [off, "--restart", "always"] },
  { name: "restart-on-failure", args: [off, "--restart", "on-failure:5"] },
  { name: "restart-unless-stopped", args: [off, "--restart", "unless-stopped"] },
  { name: "init", args: [off, "--init"] },
  { name: "pid-host", args: [off, "--pid", "host"] },
  { name: "pid-of-another", args: [off, "--pid", "container:source"] },
  { name: "ipc-shareable", args: [off, "--ipc", "shareable"] },
  { name: "ipc-of-another", args: [off, "--ipc", "container:source"] },
  { name: "network-of-another", args: ["--network", "container:source"] },
  { name: "uts-host", args: [off, "--uts", "host"] },
  { name: "cgroup-namespace", args: [off, "--cgroupns", "host", "--cgroup-parent", `${cgroup}/nested`] },
  { name: "user-namespace", args: [off, "--userns", "host"] },
  {
    name: "memory",
    args: [
      off,
      ...["--memory", "64m", "--memory-reservation", "32m", "--memory-swap", "128m", "--memory-swappiness", "20"],
      ...["--oom-score-adj", "100", "--oom-kill-disable"],
    ],
  },
  {
    name: "processor",
    args: [off, "--cpus", "0.5", "--cpu-shares", "512", "--cpuset-cpus", "0", "--cpuset-mems", "0"],
  },
  { name: "processor-quota", args: [off, "--cpu-period", "50000", "--cpu-quota", "25000"] },
  { name: "processes", args: [off, "--pids-limit", "50", "--shm-size", "32m"] },
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
  { name: "runtime", args: [off, "--runtime", "runc", "--platform", platform] },
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
