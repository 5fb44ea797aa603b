#!/usr/bin/env bash
# Makes the Secrets of ampoule. Values of other systems, and certificates, come from variables; all others are made here, once: what is there is
# never made anew, because data may be lost with it.
#
#   secrets/make.sh apply          into the cluster that kubectl speaks to
#   secrets/make.sh sops FOLDER    into files of FOLDER that sops encrypts, which can be committed
set -euo pipefail
umask 077
namespace=${NAMESPACE:-ampoule}
mode=${1:-}
folder=${2:-}
case $mode in
    apply) command -v kubectl >/dev/null || { echo "kubectl is not there" >&2; exit 2; } ;;
    sops) command -v sops >/dev/null && [[ -d $folder ]] || { echo "write: make.sh sops FOLDER, with sops on the path" >&2; exit 2; } ;;
    *) echo "write: make.sh apply, or make.sh sops FOLDER" >&2; exit 2 ;;
esac

exists() {
    if [[ $mode == sops ]]; then [[ -e $folder/$1.enc.yaml ]]; else kubectl --namespace "$namespace" get secret "$1" >/dev/null 2>&1; fi
}
# NAME VALUE MIN MAX FORBIDDEN: a value that something on its way could not carry is refused before anything is made.
checked() {
    local name=$1 value=$2 min=$3 max=$4 forbidden=$5 index
    if (( ${#value} < min || ${#value} > max )); then echo "$name has ${#value} characters; $min to $max are possible" >&2; exit 2; fi
    for (( index = 0; index < ${#forbidden}; index++ )); do
        if [[ $value == *"${forbidden:index:1}"* ]]; then echo "$name may not have the character '${forbidden:index:1}'" >&2; exit 2; fi
    done
}
# Key and value; the value is never an argument of another program.
field() { printf '  %s: %s\n' "$1" "$(printf '%s' "$2" | base64 -w0)"; }
random() { openssl rand -hex 32; }
encryption_key() { openssl rand -base64 32; }
finish() {
    local manifest
    manifest=$(printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\ntype: Opaque\ndata:\n%s\n' "$1" "$namespace" "$2")
    if [[ $mode == sops ]]; then
        printf '%s\n' "$manifest" | sops --encrypt --input-type yaml --output-type yaml --filename-override "$folder/$1.enc.yaml" /dev/stdin >"$folder/$1.enc.yaml.new"
        mv "$folder/$1.enc.yaml.new" "$folder/$1.enc.yaml"
    else
        printf '%s\n' "$manifest" | kubectl create --filename -
    fi
    echo "made: $1"
}

# What others have to tell: all of it, before anything is made.
if ! exists ampoule-database && [[ -n ${AMPOULE_DATABASE_URL:-} ]]; then
    : "${AMPOULE_DATABASE_URL:?is missing: URL of the database, postgres://…, with user and password}"
    checked AMPOULE_DATABASE_URL "$AMPOULE_DATABASE_URL" 16 2048 ''
fi

# PostgreSQL, for mode: fleet
if exists ampoule-database; then
    echo "is there: ampoule-database"
elif [[ -z ${AMPOULE_DATABASE_URL:-} ]]; then
    echo "left out: ampoule-database, which only mode: fleet needs; set AMPOULE_DATABASE_URL to make it"
else
    data=
    data+=$(field url "$AMPOULE_DATABASE_URL")$'\n'
    finish ampoule-database "$data"
fi

# Bearer keys of the HTTP API
if exists ampoule-keys; then
    echo "is there: ampoule-keys"
else
    data=
    value=$(random)
    data+=$(field admin "$value")$'\n'
    value=$(random)
    data+=$(field submit "$value")$'\n'
    value=$(random)
    data+=$(field worker "$value")$'\n'
    finish ampoule-keys "$data"
fi
