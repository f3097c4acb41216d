import type { ReasonEntry } from "./entry.ts";

const network = { condition: "Connected", outcome: "failed", retry: "backoff" } as const;
const refused = { condition: "Connected", outcome: "failed", retry: "interval" } as const;

/** What only the wire shows. Network errors are retried soon; refusals by the other side at the interval. */
export const connectionReasons = {
  ConnectionEstablished: {
    condition: "Connected",
    outcome: "ok",
    retry: "interval",
    meaning: "The daemon answered and an API version was agreed.",
    cause: "All is well.",
    fix: "Nothing to do.",
  },
  InvalidEndpoint: {
    condition: "Ready",
    outcome: "stalled",
    retry: "interval",
    meaning: "spec.host is no address that can be used.",
    cause: "The scheme is missing or unknown, or the address is malformed.",
    fix: "Write it in one of the forms that the message lists.",
  },
  PlaintextForbidden: {
    condition: "Ready",
    outcome: "stalled",
    retry: "interval",
    meaning: "The endpoint is plaintext, and the program was started with --require-tls.",
    cause: "The scheme is http://, or it is tcp:// and spec.tls.verify is false.",
    fix: "Use https:// or tcp:// with spec.tls.verify true, or ssh://.",
  },
  VerificationRequired: {
    condition: "Ready",
    outcome: "stalled",
    retry: "interval",
    meaning: "The endpoint would not be verified, and the program was started with --require-tls.",
    cause: "The scheme is https:// and spec.tls.verify is false, or spec.ssh.hostKeyChecking is Disabled.",
    fix: "Set spec.tls.verify to true, or with ssh:// spec.ssh.hostKeyChecking to Strict.",
  },
  EndpointDenied: {
    ...refused,
    meaning: "The host's address is one to which the program must not connect.",
    cause:
      "It is link-local, a cloud's metadata service, a socket or an address of the controller itself or of the API server, or the program was started with --denied-endpoint-cidrs.",
    fix: "Correct spec.host, or start the program with --allowed-endpoint-cidrs for this address, or for a unix:// host with --allowed-sockets.",
  },
  NameResolutionFailed: {
    ...network,
    meaning: "The host's name has no address.",
    cause: "The name is wrong, or DNS does not answer.",
    fix: "Check the name in spec.host and the cluster's DNS.",
  },
  ConnectionRefused: {
    ...network,
    meaning: "The host refused the connection.",
    cause: "Docker is not running or does not listen on this port.",
    fix: "Start Docker on the host, or correct the port.",
  },
  ConnectionTimedOut: {
    ...network,
    meaning: "The host did not answer in time.",
    cause: "It is down, a firewall drops the packets, or it is too slow for spec.timeout.",
    fix: "Check the host and the firewall between, or raise spec.timeout.",
  },
  ConnectionReset: {
    ...network,
    meaning: "The connection was cut.",
    cause: "The daemon or something on the way closed it in the middle.",
    fix: "Look at the daemon's log; it is tried again.",
  },
  HostUnreachable: {
    ...network,
    meaning: "There is no route to the host.",
    cause: "A network, route or firewall between is down or refuses.",
    fix: "Check the route from the controller to the host.",
  },
  ConnectionFailed: {
    ...network,
    meaning: "The connection failed in a way that has no reason of its own.",
    cause: "See the message.",
    fix: "Look at the daemon's log, and at what stands before the daemon.",
  },
  SocketNotFound: {
    ...network,
    meaning: "The socket does not exist.",
    cause: "Docker is not running here, or the path is another one.",
    fix: "Start Docker, or correct the path in spec.host.",
  },
  SocketPermissionDenied: {
    ...refused,
    meaning: "The socket may not be opened.",
    cause: "The user that runs the program is not in the socket's group.",
    fix: "Run as a user who may open the socket, for example a member of the group `docker`.",
  },
  ServerRequiresTLS: {
    ...refused,
    meaning: "The daemon speaks TLS, and was spoken to in plaintext.",
    cause: "The endpoint is plaintext, but the port is Docker's TLS port.",
    fix: "Use `https://`, or `tcp://` with spec.tls.verify true.",
  },
  ServerNotTLS: {
    ...refused,
    meaning: "The daemon speaks no TLS on this port.",
    cause: "The daemon listens in plaintext there, or it is another service.",
    fix: "Start dockerd with `--tlsverify`, or correct the port.",
  },
  NotADockerEndpoint: {
    ...refused,
    meaning: "What answered is no Docker daemon.",
    cause: "Another service listens there, or a proxy answers in its place.",
    fix: "Correct the address, the port or the path prefix in spec.host.",
  },
  ServerCertificateUntrusted: {
    ...refused,
    meaning: "The server's certificate was not issued by a CA that is trusted for this host.",
    cause: "The CA in the Secret is not the one that issued the daemon's certificate.",
    fix: "Put the issuing CA into the Secret, or name it by spec.tls.caSecretRef.",
  },
  ServerCertificateNotPermitted: {
    ...refused,
    meaning: "The server's certificate has a name that a CA above it may not issue.",
    cause: "The name constraints of that CA exclude the name that the message shows, or do not include it.",
    fix: "Issue the server's certificate without that name, or by a CA whose name constraints allow it.",
  },
  ServerCertificateSelfSigned: {
    ...refused,
    meaning: "The server's certificate is self-signed and not trusted.",
    cause: "The daemon's certificate was issued by itself.",
    fix: "Put that certificate into the Secret as the CA, or issue one from your CA.",
  },
  ServerCertificateExpired: {
    ...refused,
    meaning: "The server's certificate, or the CA above it, has expired.",
    cause: "It was not renewed, or dockerd was not restarted since (it never reloads its certificate).",
    fix: "Renew the certificate on the host and restart dockerd.",
  },
  ServerCertificateNotYetValid: {
    ...refused,
    meaning: "The server's certificate is not valid yet.",
    cause: "Its start lies ahead, or a clock is wrong.",
    fix: "Check the clocks of the host and of the cluster.",
  },
  ServerNameMismatch: {
    ...refused,
    meaning: "The server's certificate is for another name.",
    cause: "The name or address in spec.host is not among the certificate's subject alternative names.",
    fix: "Use a name that the certificate has in spec.host or spec.tls.serverName, or issue one for this host.",
  },
  ServerCertificateNoSAN: {
    ...refused,
    meaning: "The server's certificate has no subject alternative names.",
    cause: "It names the host in its common name only, which Docker's client refuses as well.",
    fix: "Issue the certificate with the host as a subject alternative name.",
  },
  ServerCertificateMalformed: {
    ...refused,
    meaning: "The server's certificate, or one above it, is of a form that Docker's client does not take.",
    cause:
      "Its alternative names are malformed, its key is of an unusual kind, or it has an unknown critical extension.",
    fix: "Issue it with plain names and an RSA, NIST P or Ed25519 key.",
  },
  ServerCertificateUsageInvalid: {
    ...refused,
    meaning: "The server's certificate, or one above it, may not be used as it is.",
    cause:
      "Its extended key usage lacks server authentication, its key usage allows no TLS, or what issued it is no CA for that.",
    fix: "Issue it with server authentication, by a CA that may issue such certificates.",
  },
  ServerCertificateTooWeak: {
    ...refused,
    meaning: "The server's certificate or key is too weak.",
    cause: "It is signed with SHA-1 or MD5, or its key is too short.",
    fix: "Issue it with SHA-256 and a key of at least 2048 bits (RSA) or 256 bits (EC).",
  },
  TLSVersionUnsupported: {
    ...refused,
    meaning: "Client and server share no TLS version.",
    cause: "The server offers less than TLS 1.2.",
    fix: "Update Docker on the host.",
  },
  TLSHandshakeFailed: {
    ...refused,
    meaning: "The TLS handshake failed.",
    cause: "Client and server could not agree; see the message.",
    fix: "Look at the daemon's log.",
  },
  ClientCertificateRequired: {
    ...refused,
    meaning: "The daemon asks for a client certificate, and none is configured.",
    cause: "dockerd runs with `--tlsverify`, and the Secret has no certificate and key.",
    fix: "Put the client certificate and its key into the Secret that spec.tls.certSecretRef names.",
  },
  ClientCertificateRejected: {
    ...refused,
    meaning: "The daemon rejected the client certificate.",
    cause: "It was not issued by the CA that the daemon trusts, or may not be used by a client.",
    fix: "Issue the client certificate from the CA in dockerd's `--tlscacert`, with client authentication.",
  },
  ClientCertificateUntrusted: {
    ...refused,
    meaning: "The daemon does not know the CA of the client certificate.",
    cause: "The client certificate was issued by another CA than the one in dockerd's `--tlscacert`.",
    fix: "Issue the client certificate from that CA.",
  },
  ClientCertificateTooWeak: {
    ...refused,
    meaning: "The client certificate or its key is too weak to be used.",
    cause: "It is signed with MD5, or its key is too short.",
    fix: "Issue it with SHA-256 and a key of at least 2048 bits (RSA) or 256 bits (EC).",
  },
  NotAnSSHServer: {
    ...refused,
    meaning: "What answered is no SSH server.",
    cause: "Another service listens on this port.",
    fix: "Correct the host or the port in spec.host; a missing port is 22.",
  },
  SSHHandshakeFailed: {
    ...refused,
    meaning: "The SSH handshake failed.",
    cause: "Client and server share no algorithm, or something on the way changes what is sent.",
    fix: "Update sshd on the host, or allow the algorithms of today in its sshd_config.",
  },
  SSHProtocolAbused: {
    ...refused,
    meaning: "The SSH server sends what only an attack or a broken server sends.",
    cause: "It floods the connection with packets that carry nothing, or exchanges keys without end.",
    fix: "Find out what answers there: the host's own sshd, or something that poses as it.",
  },
  SSHHostKeyUnknown: {
    ...refused,
    meaning: "The host's key is not in known_hosts.",
    cause:
      "The Secret's known_hosts has no line for this name and port, or none with the type of key that the host has.",
    fix: "Add the host's line by the ssh-keyscan that the message names to known_hosts in the Secret, after comparing the fingerprint with what `ssh-keygen -lf` says on the host itself.",
  },
  SSHHostKeyMismatch: {
    ...refused,
    meaning: "The host's key is another one than known_hosts has, or one that it revokes.",
    cause: "The host was installed anew, its name leads to another machine, or somebody poses as the host.",
    fix: "Find out which it is before anything else; where the key was changed on purpose, replace the line in the Secret's known_hosts after comparing the fingerprint on the host itself.",
  },
  SSHAuthenticationFailed: {
    ...refused,
    meaning: "The host does not accept the key for this user.",
    cause: "The public key is not in the user's authorized_keys, the user does not exist, or sshd does not let it in.",
    fix: "Add the public key to the user's ~/.ssh/authorized_keys on the host, and look at sshd's log.",
  },
  SSHRemoteDockerMissing: {
    ...refused,
    meaning:
      "The daemon's socket cannot be reached over SSH: sshd does not forward it, and there is no docker command.",
    cause: "The host's sshd forbids forwarding of sockets, and the Docker command line is not in the user's PATH.",
    fix: "Set `AllowStreamLocalForwarding yes` in sshd_config, or install the Docker command line on the host.",
  },
  SSHForwardingDenied: {
    ...refused,
    meaning: "The daemon's socket cannot be reached over SSH, in neither of the two ways.",
    cause: "The host's sshd forbids forwarding of sockets, and lets this user not run `docker system dial-stdio`.",
    fix: "Set `AllowStreamLocalForwarding yes` in sshd_config, or allow this user or key the command `docker system dial-stdio`; docs/ssh.md tells how.",
  },
  APIVersionUnsupported: {
    ...refused,
    meaning: "Client and daemon share no version of the Docker API.",
    cause: "The engine is too old or too new, or spec.apiVersion pins a version that it does not serve.",
    fix: "Update the older side, or change or remove spec.apiVersion.",
  },
  PermissionDenied: {
    ...refused,
    meaning: "A proxy before the daemon denied the request.",
    cause: "The socket proxy does not allow this part of the Docker API, or not this container or image.",
    fix: "Allow in the proxy the request that the message names; docs/socket-proxies.md tells what is needed.",
  },
  AuthorizationDenied: {
    ...refused,
    meaning: "The daemon itself denied the request.",
    cause: "An authorization plugin of the daemon does not allow it.",
    fix: "Allow the request that the message names in the plugin's policy.",
  },
  DaemonError: {
    ...network,
    meaning: "The daemon answered with an error.",
    cause: "See the message.",
    fix: "Look at the daemon's log.",
  },
  InvalidResponse: {
    ...network,
    meaning: "The daemon's answer is not what its API promises.",
    cause: "Something on the way changes answers, or the answer was cut or too large.",
    fix: "Ask the daemon directly with `docker version`, and look for a proxy between.",
  },
} as const satisfies Record<string, ReasonEntry>;
