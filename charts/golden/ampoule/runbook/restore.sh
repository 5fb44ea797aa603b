#!/usr/bin/env bash
# ampoule: restore. Puts a backup back: jobs, results, scripts, keys. What came after it is gone.
#
#   runbook/restore.sh FOLDER
set -euo pipefail
umask 077
namespace=${NAMESPACE:-ampoule}
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
    stop deployment/ampoule-manager
    stop deployment/ampoule-worker
    stop statefulset/ampoule-manager
}
# A pod with the volume of a stateful set that was stopped.
with_volume() {
    kube apply --filename "$here/runbook/volume-$1.yaml"
    kube wait --for condition=Ready "pod/$1-volume" --timeout 5m
}
without_volume() { kube delete pod "$1-volume" --wait; }
# SECRET KEY: a URL that is a secret. It is seen in the list of this machine's processes while a dump runs.
url() { kube get secret "$1" --output "jsonpath={.data.$2}" | base64 -d; }

echo '== 1. Put the copy back'
[[ -s $folder/complete ]] || refused "$folder holds no complete backup"
read -r -p "This cannot be taken back. Type $namespace to go on: " answer || true
[[ ${answer:-} == "$namespace" ]] || refused "nothing was done"
for file in "$folder"/secrets/*.json; do
    [[ -e $file ]] || continue
    kube get secret "$(basename "$file" .json)" >/dev/null 2>&1 || kube create --filename "$file"
done
stop_all
if [[ -s $folder/ampoule-manager.tar ]]; then
    with_volume ampoule-manager
    kube exec ampoule-manager-volume -- find /data -mindepth 1 -delete
    kube exec --stdin ampoule-manager-volume -- tar -x -f - -C /data <"$folder/ampoule-manager.tar"
    without_volume ampoule-manager
fi
if [[ -s $folder/database.dump ]]; then
    pg_restore --clean --if-exists --single-transaction --exit-on-error --no-owner --dbname "$(url ampoule-database url)" "$folder/database.dump"
fi
start
