import { stringify } from "yaml";
import { DOCKER_HOST } from "../../src/api/docker-host.ts";
import { TLS_PORT } from "../../src/docker/endpoint.ts";
import {
  HTTP_WITH_VERIFY,
  PLAINTEXT_TCP,
  SOCKET_WITH_VERIFY,
  SSH_WITH_TLS,
  UNCHECKED_HOST_KEY,
  UNVERIFIED_HTTPS,
} from "../../src/docker/warnings.ts";

/** The inputs of `endpointWarnings`, in CEL. */
const VARIABLES = {
  host: "object.?spec.?host.orValue('').lowerAscii()",
  verify: "object.?spec.?tls.?verify.orValue(false)",
  certificates: "object.?spec.?tls.?certSecretRef.hasValue() || object.?spec.?tls.?caSecretRef.hasValue()",
  unchecked: "object.?spec.?ssh.?hostKeyChecking.orValue('') == 'Disabled'",
};

const scheme = (name: string) => `variables.host.startsWith('${name}://')`;

/** The condition under which each warning is shown. */
const CASES: Readonly<Record<string, string>> = {
  [HTTP_WITH_VERIFY]: `${scheme("http")} && variables.verify`,
  [SOCKET_WITH_VERIFY]: `(variables.host == '' || ${scheme("unix")}) && variables.verify`,
  [PLAINTEXT_TCP]: `${scheme("tcp")} && !variables.verify && (variables.certificates || variables.host.matches('^tcp://[^/]*:0*${TLS_PORT}(/|$)'))`,
  [UNVERIFIED_HTTPS]: `${scheme("https")} && !variables.verify`,
  [UNCHECKED_HOST_KEY]: `${scheme("ssh")} && variables.unchecked`,
  [SSH_WITH_TLS]: `${scheme("ssh")} && (variables.verify || variables.certificates)`,
};

/** Builds the specs of the ValidatingAdmissionPolicy that shows at `kubectl apply` the warnings of the status. */
export function admissionWarnings(): { readonly policy: string; readonly binding: string } {
  const policy = {
    // The policy only warns, so a failure to evaluate it must not block anybody.
    failurePolicy: "Ignore",
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [DOCKER_HOST.group],
          apiVersions: [DOCKER_HOST.version],
          operations: ["CREATE", "UPDATE"],
          resources: [DOCKER_HOST.plural],
        },
      ],
    },
    variables: Object.entries(VARIABLES).map(([name, expression]) => ({ name, expression })),
    validations: Object.entries(CASES).map(([message, due]) => ({ expression: `!(${due})`, message })),
  };
  return { policy: stringify(policy, { lineWidth: 0 }), binding: stringify({ validationActions: ["Warn"] }) };
}
