{{/* The name of namespaced objects. The guards refuse one that is too long: a name that is cut could belong to another release. */}}
{{- define "dockerhost-operator.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name -}}
{{- end -}}
{{- end -}}

{{/*
The name of cluster-wide objects. Neither a namespace nor the name of a release can contain the dot between them, so two
releases never have the same one.
*/}}
{{- define "dockerhost-operator.clusterName" -}}
{{- printf "%s.%s" .Release.Namespace (include "dockerhost-operator.fullname" .) -}}
{{- end -}}

{{- define "dockerhost-operator.deploymentName" -}}
{{- include "dockerhost-operator.fullname" .root }}{{ with .shard.name }}-{{ . }}{{ end -}}
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

{{/* A registry from the values replaces the one that the repository begins with, as in Docker's names of images. */}}
{{- define "dockerhost-operator.image" -}}
{{- $image := .Values.image -}}
{{- $repository := $image.repository -}}
{{- with default $image.registry .Values.global.imageRegistry -}}
{{- $first := first (splitList "/" $repository) -}}
{{- if and (contains "/" $repository) (or (regexMatch "[.:]" $first) (eq $first "localhost")) -}}
{{- $repository = trimPrefix (printf "%s/" $first) $repository -}}
{{- end -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}
{{- end -}}
{{- if $image.digest -}}{{ $repository }}@{{ $image.digest }}{{- else -}}{{ $repository }}:{{ default .Chart.AppVersion $image.tag }}{{- end -}}
{{- end -}}

{{- define "dockerhost-operator.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat .Values.imagePullSecrets .Values.global.imagePullSecrets -}}
{{- $names = append $names (kindIs "string" . | ternary . (get (kindIs "string" . | ternary dict .) "name")) -}}
{{- end -}}
{{- with uniq $names -}}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* The folder of the proxy's credentials in the controller's container. */}}
{{- define "dockerhost-operator.proxyAuthFolder" -}}
/etc/dockerhost-operator/registry-proxy
{{- end -}}

{{/* The folder of the certificate of /metrics in the controller's container. */}}
{{- define "dockerhost-operator.metricsCertFolder" -}}
/etc/dockerhost-operator/metrics-cert
{{- end -}}

{{/* The folder of the page's certificate in the controller's container. */}}
{{- define "dockerhost-operator.pageCertFolder" -}}
/etc/dockerhost-operator/page-cert
{{- end -}}

{{/* Whether the page is served beyond the pod, to those who may see the hosts. */}}
{{- define "dockerhost-operator.sharesPage" -}}
{{- with .Values.page }}{{ if and .enabled (eq .auth "kubernetes") }}yes{{ end }}{{ end -}}
{{- end -}}

{{- define "dockerhost-operator.mountsPageCert" -}}
{{- if and (include "dockerhost-operator.sharesPage" .) .Values.page.certSecret }}yes{{ end -}}
{{- end -}}

{{/* The folder of the files that describe the webhook of `notify`. */}}
{{- define "dockerhost-operator.notifyFolder" -}}
/etc/dockerhost-operator/notify
{{- end -}}

{{/* The settings of `notify`: as variables, so that `dockerhost notify test` in the same container has them too. */}}
{{- define "dockerhost-operator.notifyEnv" -}}
{{- $folder := include "dockerhost-operator.notifyFolder" . -}}
{{- with .Values.notify -}}
{{- if .secret -}}
- name: DOCKERHOST_NOTIFY
  value: {{ printf "%s/url" $folder | quote }}
- name: DOCKERHOST_NOTIFY_FORMAT
  value: {{ .format | quote }}
- name: DOCKERHOST_NOTIFY_NAME
  value: {{ default (printf "%s/%s" $.Release.Namespace $.Release.Name | trunc 100) .name | quote }}
- name: DOCKERHOST_NOTIFY_WINDOW
  value: {{ .window | quote }}
{{- if .signingKey }}
- name: DOCKERHOST_NOTIFY_KEY_FILE
  value: {{ printf "%s/key" $folder | quote }}
{{- end }}
{{- if .caKey }}
- name: DOCKERHOST_NOTIFY_CA_FILE
  value: {{ printf "%s/ca.crt" $folder | quote }}
{{- end }}
{{- with .changes }}
- name: DOCKERHOST_NOTIFY_CHANGES
  value: {{ join "," . | quote }}
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The file of `caBundle` in the controller's container. */}}
{{- define "dockerhost-operator.caBundleFile" -}}
/etc/dockerhost-operator/ca-bundle/ca.crt
{{- end -}}

{{/* OpenShift chooses the users of a namespace, and its default restricted-v2 refuses pods that choose one themselves. */}}
{{- define "dockerhost-operator.podSecurityContext" -}}
{{- $context := .Values.podSecurityContext -}}
{{- if .Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
{{- range $field := list "runAsUser" "runAsGroup" "fsGroup" -}}
{{- if eq (get $context $field | int) 65532 -}}{{- $context = omit $context $field -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{/* The folder in which Kubernetes' clients look for the service account. The pod itself projects the token into it. */}}
{{- define "dockerhost-operator.serviceAccountFolder" -}}
/var/run/secrets/kubernetes.io/serviceaccount
{{- end -}}

{{- define "dockerhost-operator.mountsMetricsCert" -}}
{{- with .Values.metrics }}{{ if and .enabled .secure.enabled .secure.certSecret }}yes{{ end }}{{ end -}}
{{- end -}}

{{/* The value of NODE_OPTIONS. The files in /proc are those from which the metrics of the process are read. */}}
{{- define "dockerhost-operator.nodeOptions" -}}
{{- $options := list -}}
{{- with .Values.nodePermissions -}}
{{- if .enabled -}}
{{- $options = append $options "--permission" -}}
{{- $account := include "dockerhost-operator.serviceAccountFolder" $ | printf "%s/" -}}
{{- $own := list "/app/" $account "/proc/self/status" "/proc/self/limits" "/proc/self/fd" -}}
{{- if include "dockerhost-operator.mountsMetricsCert" $ }}{{ $own = append $own (include "dockerhost-operator.metricsCertFolder" $ | printf "%s/") }}{{ end -}}
{{- if include "dockerhost-operator.mountsPageCert" $ }}{{ $own = append $own (include "dockerhost-operator.pageCertFolder" $ | printf "%s/") }}{{ end -}}
{{- if $.Values.registryProxy.authSecret }}{{ $own = append $own (include "dockerhost-operator.proxyAuthFolder" $ | printf "%s/") }}{{ end -}}
{{- if $.Values.notify.secret }}{{ $own = append $own (include "dockerhost-operator.notifyFolder" $ | printf "%s/") }}{{ end -}}
{{- range concat $own .allowRead -}}
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
{{- $args = append $args (printf "--health-addr=:%d" (int $values.probes.port)) -}}
{{- $args = append $args (ternary (printf "--metrics-addr=:%d" (int $values.metrics.port)) "--metrics-addr=0" $values.metrics.enabled) -}}
{{- with $values.metrics.secure -}}
{{- if and .enabled $values.metrics.enabled -}}
{{- $args = append $args "--metrics-secure" -}}
{{- if .certSecret }}{{ $args = append $args (printf "--metrics-cert-path=%s" (include "dockerhost-operator.metricsCertFolder" $)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $args = concat $args (list (printf "--log-level=%s" $values.logLevel) (printf "--log-encoding=%s" $values.logEncoding)) -}}
{{- with $values.watchNamespaces }}{{ $args = append $args (printf "--watch-namespaces=%s" (join "," .)) }}{{ end -}}
{{- with .shard }}{{ $args = append $args (printf "--watch-label-selector=%s" .labelSelector) }}{{ end -}}
{{- if $values.updates.enabled }}{{ $args = append $args "--updates" }}{{ end -}}
{{- if include "dockerhost-operator.sharesPage" $ -}}
{{- $args = concat $args (list "--page-bind-address=:8090" "--page-auth=kubernetes") -}}
{{- if $values.page.certSecret }}{{ $args = append $args (printf "--page-cert-path=%s" (include "dockerhost-operator.pageCertFolder" $)) }}{{ end -}}
{{- else if $values.page.enabled -}}
{{- $args = append $args "--page-bind-address=127.0.0.1:8090" -}}
{{- end -}}
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
{{- with $values.registryProxy -}}
{{- if .url }}{{ $args = append $args (printf "--registry-proxy=%s" .url) }}{{ end -}}
{{- if and .url .noProxy }}{{ $args = append $args (printf "--registry-no-proxy=%s" (join "," .noProxy)) }}{{ end -}}
{{- if and .url .authSecret }}{{ $args = append $args (printf "--registry-proxy-auth-file=%s/credentials" (include "dockerhost-operator.proxyAuthFolder" $)) }}{{ end -}}
{{- end -}}
{{- with $values.allowedSockets }}{{ $args = append $args (printf "--allowed-sockets=%s" (join "," .)) }}{{ end -}}
{{- toYaml (concat $args $values.extraArgs) -}}
{{- end -}}

{{/*
PromQL matchers for the targets of this release. With a ServiceMonitor, the job is the name of the Service; another
namespace may contain a release of the same name.
*/}}
{{- define "dockerhost-operator.targets" -}}
{{- default (printf "job=%q, namespace=%q" (include "dockerhost-operator.fullname" .) .Release.Namespace) .Values.prometheusRule.selector -}}
{{- end -}}

{{/* The ServiceMonitor adds operator_namespace, because the label namespace may be that of a host. */}}
{{- define "dockerhost-operator.hostTargets" -}}
{{- default (printf "job=%q, operator_namespace=~\"|%s\"" (include "dockerhost-operator.fullname" .) .Release.Namespace) .Values.prometheusRule.selector -}}
{{- end -}}

{{/* Matches the names of this release's pods. Kubernetes cuts a long name of a Deployment before it adds two random parts. */}}
{{- define "dockerhost-operator.podPattern" -}}
{{- $patterns := list -}}
{{- range default (list dict) .Values.shards -}}
{{- $deployment := include "dockerhost-operator.deploymentName" (dict "root" $ "shard" .) -}}
{{- $patterns = append $patterns (printf "%s%s" (trunc 46 $deployment) (gt (len $deployment) 46 | ternary ".*" "-[a-z0-9]+-[a-z0-9]+")) -}}
{{- end -}}
{{- join "|" $patterns -}}
{{- end -}}
