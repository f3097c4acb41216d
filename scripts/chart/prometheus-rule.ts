import { ALERTS, type Alert } from "./alerts.ts";

/** Renders the template of the PrometheusRule, including the condition that enables it. */
export function prometheusRuleTemplate(labels: string): string {
  return `{{- with .Values.prometheusRule }}
{{- if .enabled }}
{{- $rule := . }}
{{- with $ }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "dockerhost-operator.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    ${labels}
    {{- with $rule.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  groups:
    - name: {{ include "dockerhost-operator.fullname" . }}
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
            severity: ${severity}
            {{- with $rule.alertLabels }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
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
  return `'${escaped.replaceAll(/\{\{ \$[^}]+\}\}/g, (action) => `{{\`${action}\`}}`)}'`;
}
