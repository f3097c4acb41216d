{{/* The name of namespaced objects. */}}
{{- define "dockerhost-operator.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of cluster-wide objects, which is different for releases in other namespaces. */}}
{{- define "dockerhost-operator.clusterName" -}}
{{- $name := include "dockerhost-operator.fullname" . -}}
{{- if eq $name .Release.Namespace -}}{{ $name }}{{- else -}}{{ printf "%s-%s" .Release.Namespace $name }}{{- end -}}
{{- end -}}

{{- define "dockerhost-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "dockerhost-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "dockerhost-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* A version as the value of a label: without build metadata's plus sign, and not too long. */}}
{{- define "dockerhost-operator.labelValue" -}}
{{- . | replace "+" "_" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{- define "dockerhost-operator.labels" -}}
{{- $labels := include "dockerhost-operator.selectorLabels" . | fromYaml -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | include "dockerhost-operator.labelValue") -}}
{{- $_ := set $labels "app.kubernetes.io/version" (include "dockerhost-operator.labelValue" .Chart.AppVersion) -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $_ := set $labels "app.kubernetes.io/part-of" "dockerhost-operator" -}}
{{- toYaml (merge $labels .Values.commonLabels) -}}
{{- end -}}

{{- define "dockerhost-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* The folder in which Kubernetes' clients look for the service account. The pod itself projects the token into it. */}}
{{- define "dockerhost-operator.serviceAccountFolder" -}}
/var/run/secrets/kubernetes.io/serviceaccount
{{- end -}}

{{/* The value of NODE_OPTIONS. The files in /proc are those from which the metrics of the process are read. */}}
{{- define "dockerhost-operator.nodeOptions" -}}
{{- $options := list -}}
{{- with .Values.nodePermissions -}}
{{- if .enabled -}}
{{- $options = append $options "--permission" -}}
{{- $account := include "dockerhost-operator.serviceAccountFolder" $ | printf "%s/" -}}
{{- range concat (list "/app/" $account "/proc/self/status" "/proc/self/limits" "/proc/self/fd") .allowRead -}}
{{- $options = append $options (printf "--allow-fs-read=%s" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join " " (concat $options .Values.nodeOptions) -}}
{{- end -}}

{{/*
The Lease of a release, or of one of its shards if one is given: its name and namespace, and the name that all releases
shared in earlier versions, if it differs. A namespace that other releases may use too needs a name that is unique there.
*/}}
{{- define "dockerhost-operator.lease" -}}
{{- $suffix := "" -}}
{{- with .shard }}{{ with .labelSelector }}{{ $suffix = printf "-%s" (sha256sum . | trunc 10) }}{{ end }}{{ end -}}
{{- $election := .root.Values.leaderElection -}}
{{- $namespace := default .root.Release.Namespace $election.namespace -}}
{{- $isElsewhere := ne $namespace .root.Release.Namespace -}}
{{- $default := include (ternary "dockerhost-operator.clusterName" "dockerhost-operator.fullname" $isElsewhere) .root -}}
{{- $name := printf "%s%s" (default $default $election.name) $suffix -}}
{{- $former := printf "dockerhost-operator%s" $suffix -}}
name: {{ $name | quote }}
namespace: {{ $namespace | quote }}
formerName: {{ ternary $former "" (or $isElsewhere (ne $name $former)) | quote }}
{{- end -}}

{{/* The flags of `dockerhost controller`, including those of a shard if one is given. */}}
{{- define "dockerhost-operator.args" -}}
{{- $ := .root -}}
{{- $values := $.Values -}}
{{- $args := list "controller" (printf "--concurrent=%d" (int $values.concurrent)) -}}
{{- $args = append $args "--health-addr=:9440" -}}
{{- $args = append $args (ternary (printf "--metrics-addr=:%d" (int $values.metrics.port)) "--metrics-addr=0" $values.metrics.enabled) -}}
{{- $args = concat $args (list (printf "--log-level=%s" $values.logLevel) (printf "--log-encoding=%s" $values.logEncoding)) -}}
{{- with $values.watchNamespaces }}{{ $args = append $args (printf "--watch-namespaces=%s" (join "," .)) }}{{ end -}}
{{- with .shard }}{{ $args = append $args (printf "--watch-label-selector=%s" .labelSelector) }}{{ end -}}
{{- if not $values.watchSecrets }}{{ $args = append $args "--watch-secrets=false" }}{{ end -}}
{{- $args = append $args (printf "--graceful-shutdown-timeout=%s" $values.gracefulShutdownTimeout) -}}
{{- $args = append $args "--enable-leader-election" -}}
{{- $lease := include "dockerhost-operator.lease" . | fromYaml -}}
{{- $args = append $args (printf "--leader-election-name=%s" $lease.name) -}}
{{- if ne $lease.namespace $.Release.Namespace }}{{ $args = append $args (printf "--leader-election-namespace=%s" $lease.namespace) }}{{ end -}}
{{- with $lease.formerName }}{{ $args = append $args (printf "--leader-election-former-name=%s" .) }}{{ end -}}
{{- with $values.leaderElection -}}
{{- $args = append $args (printf "--leader-election-lease-duration=%s" .leaseDuration) -}}
{{- $args = append $args (printf "--leader-election-renew-deadline=%s" .renewDeadline) -}}
{{- $args = append $args (printf "--leader-election-retry-period=%s" .retryPeriod) -}}
{{- end -}}
{{- if $values.requireTls }}{{ $args = append $args "--require-tls" }}{{ end -}}
{{- with $values.deniedEndpointCidrs }}{{ $args = append $args (printf "--denied-endpoint-cidrs=%s" (join "," .)) }}{{ end -}}
{{- with $values.allowedEndpointCidrs }}{{ $args = append $args (printf "--allowed-endpoint-cidrs=%s" (join "," .)) }}{{ end -}}
{{- if ternary (ne 1 (len $values.watchNamespaces)) $values.redactNetworkDetails (kindIs "invalid" $values.redactNetworkDetails) }}{{ $args = append $args "--redact-network-details" }}{{ end -}}
{{- with $values.allowedSockets }}{{ $args = append $args (printf "--allowed-sockets=%s" (join "," .)) }}{{ end -}}
{{- toYaml (concat $args $values.extraArgs) -}}
{{- end -}}
