#!/usr/bin/env bash
# ampoule: rotate. New keys of the HTTP API, when one became known or its time has come.
#
#   runbook/rotate.sh
set -euo pipefail
umask 077
namespace=${NAMESPACE:-ampoule}
here=$(cd "$(dirname "$0")/.." && pwd)
kube() { kubectl --namespace "$namespace" "$@"; }
refused() { echo "refused: $*" >&2; exit 2; }
command -v kubectl >/dev/null || refused "there is no kubectl on the path"

echo '== 1. Make keys anew'
read -r -p "This cannot be taken back. Type $namespace to go on: " answer || true
[[ ${answer:-} == "$namespace" ]] || refused "nothing was done"
kube delete secret ampoule-keys --ignore-not-found
NAMESPACE=$namespace "$here/secrets/make.sh" apply
if kube get statefulset/ampoule-manager >/dev/null 2>&1; then kube rollout restart statefulset/ampoule-manager; kube rollout status statefulset/ampoule-manager --timeout 15m; fi
if kube get deployment/ampoule-manager >/dev/null 2>&1; then kube rollout restart deployment/ampoule-manager; kube rollout status deployment/ampoule-manager --timeout 15m; fi
if kube get deployment/ampoule-worker >/dev/null 2>&1; then kube rollout restart deployment/ampoule-worker; kube rollout status deployment/ampoule-worker --timeout 15m; fi
