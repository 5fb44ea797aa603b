#!/usr/bin/env bash
# twinit: restore. Puts the queue of scripts back, and secrets that are not there any more.
#
#   runbook/restore.sh FOLDER
set -euo pipefail
umask 077
namespace=${NAMESPACE:-twinit}
here=$(cd "$(dirname "$0")/.." && pwd)
kube() { kubectl --namespace "$namespace" "$@"; }
refused() { echo "refused: $*" >&2; exit 2; }
command -v kubectl >/dev/null || refused "there is no kubectl on the path"
folder=${1:-}
[[ -n $folder ]] || refused "name the folder of the backup"

# NAME REPLICAS of what was stopped.
stopped=()
start() {
    for one in "${stopped[@]}"; do
        read -r name replicas <<<"$one"
        kube scale "$name" --replicas "$replicas"
    done
    stopped=()
}
trap start EXIT
stop() {
    local replicas
    kube get "$1" >/dev/null 2>&1 || return 0
    replicas=$(kube get "$1" --output 'jsonpath={.spec.replicas}')
    stopped+=("$1 $replicas")
    kube scale "$1" --replicas 0
    local pods="app.kubernetes.io/name=${1#*/}"
    [[ -z $(kube get pods --selector "$pods" --output name) ]] || kube wait --for delete pod --selector "$pods" --timeout 15m
}
stop_all() {
    stop deployment/dtplatform-aisvc
    stop deployment/dtplatform-datasourcesvc
    stop deployment/dtplatform-filesvc
    stop deployment/dtplatform-itemsvc
    stop deployment/dtplatform-itemsvc-telemetry-worker
    stop deployment/dtplatform-itemsvc-worker
    stop deployment/dtplatform-objectmodelsvc
    stop deployment/dtplatform-passportsvc
    stop deployment/dtplatform-platform-notificationsvc-api
    stop deployment/dtplatform-platform-notificationsvc-worker
    stop deployment/dtplatform-scriptworker
    stop deployment/dtplatform-staticwebsvc
    stop deployment/dtplatform-workbench
    stop deployment/dtplatform-workflowsvc-api
    stop deployment/dtplatform-workflowsvc-backend
    stop deployment/dtplatform-workflowwkr-backend
    stop deployment/dtconsole-console-web
    stop deployment/dtplugins-plugins-web
    stop deployment/dtreference-reference-web
    stop statefulset/dtplatform-scriptmanager
}
# A pod with the volume of a stateful set that was stopped.
with_volume() {
    kube apply --filename "$here/runbook/volume-$1.yaml"
    kube wait --for condition=Ready "pod/$1-volume" --timeout 5m
}
without_volume() { kube delete pod "$1-volume" --wait; }

echo '== 1. Put the copy back'
[[ -s $folder/complete ]] || refused "$folder holds no complete backup"
read -r -p "This cannot be taken back. Type $namespace to go on: " answer || true
[[ ${answer:-} == "$namespace" ]] || refused "nothing was done"
for file in "$folder"/secrets/*.json; do
    [[ -e $file ]] || continue
    kube get secret "$(basename "$file" .json)" >/dev/null 2>&1 || kube create --filename "$file"
done
stop_all
if [[ -s $folder/dtplatform-scriptmanager.tar ]]; then
    with_volume dtplatform-scriptmanager
    kube exec dtplatform-scriptmanager-volume -- find /data -mindepth 1 -delete
    kube exec --stdin dtplatform-scriptmanager-volume -- tar -x -f - -C /data <"$folder/dtplatform-scriptmanager.tar"
    without_volume dtplatform-scriptmanager
fi
start
