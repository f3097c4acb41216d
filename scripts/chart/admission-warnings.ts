import { stringify } from "yaml";
import { GROUP, PLURAL, VERSION } from "../../src/api/docker-host.ts";
import { TLS_PORT } from "../../src/docker/endpoint.ts";
import {
  HTTP_WITH_VERIFY,
  PLAINTEXT_TCP,
  SOCKET_WITH_VERIFY,
  SSH_WITH_TLS,
  UNCHECKED_HOST_KEY,
  UNVERIFIED_HTTPS,
} from "../../src/docker/warnings.ts";

/** What `endpointWarnings` reads, in CEL. */
const VARIABLES = {
  host: "object.?spec.?host.orValue('').lowerAscii()",
  verify: "object.?spec.?tls.?verify.orValue(false)",
  certificates: "object.?spec.?tls.?certSecretRef.hasValue() || object.?spec.?tls.?caSecretRef.hasValue()",
  unchecked: "object.?spec.?ssh.?hostKeyChecking.orValue('') == 'Disabled'",
};

const scheme = (name: string) => `variables.host.startsWith('${name}://')`;

/** When each warning is due. */
const CASES: Readonly<Record<string, string>> = {
  [HTTP_WITH_VERIFY]: `${scheme("http")} && variables.verify`,
  [SOCKET_WITH_VERIFY]: `(variables.host == '' || ${scheme("unix")}) && variables.verify`,
  [PLAINTEXT_TCP]: `${scheme("tcp")} && !variables.verify && (variables.certificates || variables.host.matches('^tcp://[^/]*:0*${TLS_PORT}(/|$)'))`,
  [UNVERIFIED_HTTPS]: `${scheme("https")} && !variables.verify`,
  [UNCHECKED_HOST_KEY]: `${scheme("ssh")} && variables.unchecked`,
  [SSH_WITH_TLS]: `${scheme("ssh")} && (variables.verify || variables.certificates)`,
};

/** The specs of the ValidatingAdmissionPolicy that says at `kubectl apply` what the status would say. */
export function admissionWarnings(): { readonly policy: string; readonly binding: string } {
  const policy = {
    // It only warns: a policy that cannot be evaluated must not stop anybody.
    failurePolicy: "Ignore",
    matchConstraints: {
      resourceRules: [
        { apiGroups: [GROUP], apiVersions: [VERSION], operations: ["CREATE", "UPDATE"], resources: [PLURAL] },
      ],
    },
    variables: Object.entries(VARIABLES).map(([name, expression]) => ({ name, expression })),
    validations: Object.entries(CASES).map(([message, due]) => ({ expression: `!(${due})`, message })),
  };
  return { policy: stringify(policy, { lineWidth: 0 }), binding: stringify({ validationActions: ["Warn"] }) };
}
