import { ALERTS, type Alert } from "./alerts.ts";

/** Renders the template of the PrometheusRule, including the condition that enables it. */
export function prometheusRuleTemplate(): string {
  return `{{- with .Values.prometheusRule }}
{{- if .enabled }}
{{- $rule := . }}
{{- with $ }}
{{- $operator := dict "operator" (include "dockerhost-operator.fullname" .) "operator_namespace" .Release.Namespace }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "dockerhost-operator.fullname" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- toYaml (merge (deepCopy $rule.labels) (include "dockerhost-operator.labels" . | fromYaml)) | nindent 4 }}
spec:
  groups:
    - name: {{ include "dockerhost-operator.fullname" . | quote }}
      rules:
${ALERTS.map(alert).join("")}{{- end }}
{{- end }}
{{- end }}
`;
}

function alert({ name, severity, expr, for: duration, summary, description }: Alert): string {
  return `        {{- if not (has "${name}" $rule.disabled) }}
        - alert: ${name}
          expr: ${quoted(expr)}
          for: ${duration}
          labels:
            {{- toYaml (merge (dict) $rule.alertLabels (dict "severity" "${severity}") $operator) | nindent 12 }}
          annotations:
            summary: ${quoted(summary)}
            description: ${quoted(description)}
            runbook_url: {{ printf "%s/${name}.md" (trimSuffix "/" $rule.runbookUrl) | quote }}
        {{- end }}
`;
}

/** Quotes a scalar with single quotes, and protects Prometheus' own templates from Helm. */
function quoted(text: string): string {
  const escaped = text.replaceAll("'", "''");
  return `'${escaped.replaceAll(/\{\{ (or )?\$[^}]+\}\}/g, (action) => `{{\`${action}\`}}`)}'`;
}
