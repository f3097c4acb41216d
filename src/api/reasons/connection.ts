import type { ReasonEntry } from "./entry.ts";

const network = { condition: "Connected", outcome: "failed", retry: "backoff" } as const;
const refused = { condition: "Connected", outcome: "failed", retry: "interval" } as const;

/** What only a connection attempt can show. Network errors are retried with increasing delay, refusals at the interval. */
export const connectionReasons = {
  ConnectionEstablished: {
    condition: "Connected",
    outcome: "ok",
    retry: "interval",
    meaning: "The daemon answered, and an API version was agreed.",
    cause: "All is well.",
    fix: "Nothing to do.",
  },
  InvalidEndpoint: {
    condition: "Ready",
    outcome: "stalled",
    retry: "interval",
    meaning: "The address of the host is not valid.",
    cause: "The scheme is missing or unknown, or the address is malformed.",
    fix: "Use unix:///PATH, http://HOST, tcp://HOST, https://HOST or ssh://USER@HOST, each with an optional port.",
  },
  PlaintextForbidden: {
    condition: "Ready",
    outcome: "stalled",
    retry: "interval",
    meaning: "The endpoint is plaintext, and the program was started with --require-tls.",
    cause: "The scheme is http://, or it is tcp:// and spec.tls.verify is false.",
    fix: "Use ssh://, or use https:// or tcp:// with spec.tls.verify true.",
    fixByFlags: "Use ssh://, or use https:// or tcp:// with --tlsverify.",
  },
  VerificationRequired: {
    condition: "Ready",
    outcome: "stalled",
    retry: "interval",
    meaning: "The endpoint is not verified, and the program was started with --require-tls.",
    cause: "The scheme is https:// and spec.tls.verify is false, or spec.ssh.hostKeyChecking is Disabled.",
    fix: "Set spec.tls.verify to true, or for ssh:// set spec.ssh.hostKeyChecking to Strict.",
    fixByFlags: "Add --tlsverify.",
  },
  EndpointDenied: {
    ...refused,
    meaning: "Connections to the address of this host are not allowed.",
    cause:
      "It is a link-local address, a cloud metadata service, or a socket or address of the controller or the API server, or --denied-endpoint-cidrs contains it.",
    fix: "Correct spec.host, or allow the address with --allowed-endpoint-cidrs (for a unix:// host with --allowed-sockets).",
    fixByFlags: "Correct --host, or allow the address with --allowed-endpoint-cidrs.",
  },
  NameResolutionFailed: {
    ...network,
    meaning: "The host's name cannot be resolved.",
    cause: "The name is wrong, or DNS does not answer.",
    fix: "Check the name in spec.host, and that DNS resolves it where the program runs.",
    fixByFlags: "Check the name in --host, and that DNS resolves it on this machine.",
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
    fix: "Check that the host is up and that no firewall blocks the connection, or raise spec.timeout.",
    fixByFlags:
      "Check that the host is up and that no firewall blocks the connection, or allow more time with --timeout.",
  },
  ConnectionReset: {
    ...network,
    meaning: "The connection was closed before the answer was complete.",
    cause: "The daemon, or a proxy or firewall in between, closed it.",
    fix: "Check the daemon's log.",
  },
  HostUnreachable: {
    ...network,
    meaning: "There is no route to the host.",
    cause: "The network is down, a route is missing, or a firewall rejects the packets.",
    fix: "Check the route to the host from the machine where the program runs.",
  },
  ConnectionFailed: {
    ...network,
    meaning: "The connection failed for a cause that has no reason of its own.",
    cause: "The message of the condition has the details.",
    fix: "Check the logs of the daemon and of any proxy in front of it.",
  },
  SocketNotFound: {
    ...network,
    meaning: "The socket does not exist.",
    cause: "Docker is not running on this machine, or the socket has another path.",
    fix: "Start Docker, or correct the path in spec.host.",
    fixByFlags: "Start Docker, or correct the path in --host.",
  },
  SocketPermissionDenied: {
    ...refused,
    meaning: "The program is not permitted to open the socket.",
    cause: "The user that runs the program is not in the socket's group.",
    fix: "Run the program as a user with access to the socket, for example a member of the group `docker`.",
  },
  ServerRequiresTLS: {
    ...refused,
    meaning: "The daemon expects TLS, but the connection is plaintext.",
    cause: "The endpoint is plaintext, but the port is Docker's TLS port.",
    fix: "Use `https://`, or `tcp://` with spec.tls.verify true.",
    fixByFlags: "Use `https://`, or `tcp://` with --tlsverify.",
  },
  ServerNotTLS: {
    ...refused,
    meaning: "The daemon does not use TLS on this port.",
    cause: "The daemon listens in plaintext on this port, or another service does.",
    fix: "Start dockerd with `--tlsverify`, or correct the port.",
  },
  NotADockerEndpoint: {
    ...refused,
    meaning: "The service that answered is not a Docker daemon.",
    cause: "Another service listens on this port, or a proxy answers instead of the daemon.",
    fix: "Correct the address, the port or the path prefix in spec.host.",
    fixByFlags: "Correct the address, the port or the path prefix in --host.",
  },
  ServerCertificateUntrusted: {
    ...refused,
    meaning: "The server's certificate was not issued by a CA that is trusted for this host.",
    cause: "The CA in the Secret is not the one that issued the daemon's certificate.",
    fix: "Put the issuing CA into the Secret, or reference it with spec.tls.caSecretRef.",
    fixByFlags: "Pass the issuing CA with --tlscacert, or put it into the certificate folder as ca.pem.",
  },
  ServerCertificateNotPermitted: {
    ...refused,
    meaning: "The server's certificate has a name that a CA in its chain is not permitted to issue.",
    cause: "The name constraints of that CA exclude the name, or do not include it.",
    fix: "Issue the server's certificate without that name, or from a CA whose name constraints allow it.",
  },
  ServerCertificateSelfSigned: {
    ...refused,
    meaning: "The server's certificate is self-signed and not trusted.",
    cause: "The daemon's certificate is its own issuer.",
    fix: "Put that certificate into the Secret as the CA, or issue one from your CA.",
    fixByFlags: "Pass that certificate with --tlscacert, or issue one from your CA.",
  },
  ServerCertificateExpired: {
    ...refused,
    meaning: "The server's certificate, or the CA that issued it, has expired.",
    cause: "It was not renewed, or dockerd was not restarted afterwards (it never reloads its certificate).",
    fix: "Renew the certificate on the host and restart dockerd.",
  },
  ServerCertificateNotYetValid: {
    ...refused,
    meaning: "The server's certificate is not valid yet.",
    cause: "Its validity starts in the future, or a clock is wrong.",
    fix: "Check the clocks of the host and of the machine where the program runs.",
  },
  ServerNameMismatch: {
    ...refused,
    meaning: "The server's certificate is for another name.",
    cause: "The name or address in spec.host is not among the certificate's subject alternative names.",
    fix: "Set spec.host or spec.tls.serverName to a name in the certificate, or issue a certificate for this host.",
    fixByFlags: "Use a name in the certificate as the host, or issue a certificate for this host.",
  },
  ServerCertificateNoSAN: {
    ...refused,
    meaning: "The server's certificate has no subject alternative names.",
    cause: "It has the host name only in its common name, which Docker's client rejects as well.",
    fix: "Issue the certificate with the host as a subject alternative name.",
  },
  ServerCertificateMalformed: {
    ...refused,
    meaning: "The server's certificate, or one in its chain, has a form that Docker's client does not accept.",
    cause:
      "Its alternative names are malformed, its key is of an unusual kind, or it has an unknown critical extension.",
    fix: "Issue it with valid names and an RSA, NIST P or Ed25519 key.",
  },
  ServerCertificateUsageInvalid: {
    ...refused,
    meaning: "The server's certificate, or one in its chain, is not permitted for this use.",
    cause:
      "Its extended key usage lacks server authentication, its key usage does not allow TLS, or its issuer is not permitted to issue it.",
    fix: "Issue it with server authentication, from a CA that is permitted to issue server certificates.",
  },
  ServerCertificateTooWeak: {
    ...refused,
    meaning: "The server's certificate or key is too weak.",
    cause: "It is signed with SHA-1 or MD5, or its key is too short.",
    fix: "Issue it with SHA-256 and a key of at least 2048 bits (RSA) or 256 bits (EC).",
  },
  TLSVersionUnsupported: {
    ...refused,
    meaning: "Client and server have no TLS version in common.",
    cause: "The server supports only versions older than TLS 1.2.",
    fix: "Update Docker on the host.",
  },
  TLSHandshakeFailed: {
    ...refused,
    meaning: "The TLS handshake failed.",
    cause: "Client and server could not agree on the parameters of the connection.",
    fix: "Check the daemon's log.",
  },
  ClientCertificateRequired: {
    ...refused,
    meaning: "The daemon requires a client certificate, and none is configured.",
    cause: "dockerd runs with `--tlsverify`, and the Secret has no certificate and key.",
    fix: "Put the client certificate and its key into the Secret that spec.tls.certSecretRef references.",
    fixByFlags:
      "Pass the client certificate and its key with --tlscert and --tlskey, or put them into the certificate folder.",
  },
  ClientCertificateRejected: {
    ...refused,
    meaning: "The daemon rejected the client certificate.",
    cause: "It was not issued by the CA that the daemon trusts, or it is not permitted for client authentication.",
    fix: "Issue the client certificate from the CA in dockerd's `--tlscacert`, with client authentication.",
  },
  ClientCertificateUntrusted: {
    ...refused,
    meaning: "The daemon does not know the CA of the client certificate.",
    cause: "The client certificate was not issued by the CA in dockerd's `--tlscacert`.",
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
    meaning: "The service that answered is not an SSH server.",
    cause: "Another service listens on this port.",
    fix: "Correct the host or the port in spec.host; the default port is 22.",
    fixByFlags: "Correct the host or the port in --host; the default port is 22.",
  },
  SSHHandshakeFailed: {
    ...refused,
    meaning: "The SSH handshake failed.",
    cause: "Client and server have no algorithm in common, or a device in between alters the traffic.",
    fix: "Update sshd on the host, or allow current algorithms in its sshd_config.",
  },
  SSHProtocolAbused: {
    ...refused,
    meaning: "The SSH server behaves as only an attacker or a broken server would.",
    cause: "It floods the connection with empty packets, or exchanges keys without end.",
    fix: "Find out what answers on this port: the host's own sshd, or something that impersonates it.",
  },
  SSHHostKeyUnknown: {
    ...refused,
    meaning: "The host's key is not in known_hosts.",
    cause: "The file known_hosts has no line for this name and port, or none with the host's type of key.",
    fix: "Compare the fingerprint with the output of `ssh-keygen -lf` on the host itself, then add the output of ssh-keyscan to known_hosts in the Secret.",
    fixByFlags:
      "Compare the fingerprint with the output of `ssh-keygen -lf` on the host itself, then add the output of ssh-keyscan to your known_hosts file.",
  },
  SSHHostKeyMismatch: {
    ...refused,
    meaning: "The host's key differs from the one in known_hosts, or known_hosts revokes it.",
    cause: "The host was reinstalled, its name points to another machine, or somebody impersonates the host.",
    fix: "First find out why the key differs. If it was changed on purpose, compare the fingerprint on the host itself, then replace the line in the Secret's known_hosts.",
    fixByFlags:
      "First find out why the key differs. If it was changed on purpose, compare the fingerprint on the host itself, then replace the line in your known_hosts file.",
  },
  SSHAuthenticationFailed: {
    ...refused,
    meaning: "The host does not accept the key for this user.",
    cause:
      "The public key is not in the user's authorized_keys, the user does not exist, or sshd does not allow it to log in.",
    fix: "Add the public key to the user's ~/.ssh/authorized_keys on the host, and check sshd's log.",
  },
  SSHRemoteDockerMissing: {
    ...refused,
    meaning:
      "The daemon's socket cannot be reached over SSH: sshd does not forward it, and the docker command is not installed.",
    cause: "The host's sshd forbids socket forwarding, and the Docker command line is not in the user's PATH.",
    fix: "Set `AllowStreamLocalForwarding yes` in sshd_config, or install the Docker command line on the host.",
  },
  SSHForwardingDenied: {
    ...refused,
    meaning: "The daemon's socket cannot be reached over SSH in either of the two ways.",
    cause: "The host's sshd forbids socket forwarding, and does not allow this user to run `docker system dial-stdio`.",
    fix: "Set `AllowStreamLocalForwarding yes` in sshd_config, or allow this user or key to run `docker system dial-stdio`; docs/ssh.md shows how.",
  },
  APIVersionUnsupported: {
    ...refused,
    meaning: "Client and daemon have no version of the Docker API in common.",
    cause: "The engine is too old or too new, or it does not serve the version in spec.apiVersion.",
    fix: "Update the older side, or change or remove spec.apiVersion.",
    fixByFlags: "Update the older side, or change or remove --api-version.",
  },
  PermissionDenied: {
    ...refused,
    meaning: "A proxy in front of the daemon denied the request.",
    cause: "The socket proxy does not allow this part of the Docker API, or not this container or image.",
    fix: "Allow this request in the proxy; docs/socket-proxies.md lists the requests that are needed.",
  },
  AuthorizationDenied: {
    ...refused,
    meaning: "An authorization plugin of the daemon denied the request.",
    cause: "The plugin's policy does not allow it.",
    fix: "Allow this request in the plugin's policy.",
  },
  DaemonError: {
    ...network,
    meaning: "The daemon answered with an error.",
    cause: "The message of the condition has the details.",
    fix: "Check the daemon's log.",
  },
  InvalidResponse: {
    ...network,
    meaning: "The daemon's answer does not match the Docker API.",
    cause: "A proxy in between alters answers, or the answer was incomplete or too large.",
    fix: "Run `docker version` against the daemon directly, and check for a proxy in between.",
  },
} as const satisfies Record<string, ReasonEntry>;
