#!/usr/bin/env bash
# twinit: rotate. New keys of the script manager's API, when one became known or its time has come.
#
#   runbook/rotate.sh
set -euo pipefail
umask 077
namespace=${NAMESPACE:-twinit}
here=$(cd "$(dirname "$0")/.." && pwd)
kube() { kubectl --namespace "$namespace" "$@"; }
refused() { echo "refused: $*" >&2; exit 2; }
command -v kubectl >/dev/null || refused "there is no kubectl on the path"

echo '== 1. Make keys anew'
read -r -p "This cannot be taken back. Type $namespace to go on: " answer || true
[[ ${answer:-} == "$namespace" ]] || refused "nothing was done"
kube delete secret scripts --ignore-not-found
NAMESPACE=$namespace "$here/secrets/make.sh" apply
if kube get statefulset/dtplatform-scriptmanager >/dev/null 2>&1; then kube rollout restart statefulset/dtplatform-scriptmanager; kube rollout status statefulset/dtplatform-scriptmanager --timeout 15m; fi
if kube get deployment/dtplatform-scriptworker >/dev/null 2>&1; then kube rollout restart deployment/dtplatform-scriptworker; kube rollout status deployment/dtplatform-scriptworker --timeout 15m; fi
