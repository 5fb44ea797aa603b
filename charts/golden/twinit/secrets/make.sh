#!/usr/bin/env bash
# Makes the Secrets of twinit. Values of other systems, and certificates, come from variables; all others are made here, once: what is there is
# never made anew, because data may be lost with it.
#
#   secrets/make.sh apply          into the cluster that kubectl speaks to
#   secrets/make.sh sops FOLDER    into files of FOLDER that sops encrypts, which can be committed
set -euo pipefail
umask 077
namespace=${NAMESPACE:-twinit}
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
if ! exists aisvc; then
    : "${AISVC_KAFKA_PASSWORD:?is missing: password of its user in Kafka}"
    checked AISVC_KAFKA_PASSWORD "$AISVC_KAFKA_PASSWORD" 8 128 ''
    : "${AISVC_MONGODB_PASSWORD:?is missing: password of its user in MongoDB}"
    checked AISVC_MONGODB_PASSWORD "$AISVC_MONGODB_PASSWORD" 8 128 '/'\''"@: '
    : "${AISVC_REDIS_PASSWORD:?is missing: password of its user in Redis}"
    checked AISVC_REDIS_PASSWORD "$AISVC_REDIS_PASSWORD" 8 128 ''
fi
if ! exists datasourcesvc; then
    : "${DATASOURCESVC_MONGODB_PASSWORD:?is missing: password of its user in MongoDB}"
    checked DATASOURCESVC_MONGODB_PASSWORD "$DATASOURCESVC_MONGODB_PASSWORD" 8 128 '/'\''"@: '
fi
if ! exists filesvc; then
    : "${FILESVC_MONGODB_PASSWORD:?is missing: password of its user in MongoDB}"
    checked FILESVC_MONGODB_PASSWORD "$FILESVC_MONGODB_PASSWORD" 8 128 '/'\''"@: '
fi
if ! exists identity-signing; then
    : "${IDENTITY_SIGNING_CERTIFICATE:?is missing: certificate of the public key}"
    checked IDENTITY_SIGNING_CERTIFICATE "$IDENTITY_SIGNING_CERTIFICATE" 200 16384 ''
fi
if ! exists itemsvc; then
    : "${ITEMSVC_MONGODB_PASSWORD:?is missing: password of its user in MongoDB}"
    checked ITEMSVC_MONGODB_PASSWORD "$ITEMSVC_MONGODB_PASSWORD" 8 128 '/'\''"@: '
    : "${ITEMSVC_POSTGRESQL_PASSWORD:?is missing: password of its user in PostgreSQL}"
    checked ITEMSVC_POSTGRESQL_PASSWORD "$ITEMSVC_POSTGRESQL_PASSWORD" 8 128 '/'\''"@: '
fi
if ! exists notificationsvc; then
    : "${NOTIFICATIONSVC_ACTIVEMQ_PASSWORD:?is missing: password of its user in ActiveMQ}"
    checked NOTIFICATIONSVC_ACTIVEMQ_PASSWORD "$NOTIFICATIONSVC_ACTIVEMQ_PASSWORD" 8 128 ''
    : "${NOTIFICATIONSVC_SMTP_PASSWORD:?is missing: password at the mail server}"
    checked NOTIFICATIONSVC_SMTP_PASSWORD "$NOTIFICATIONSVC_SMTP_PASSWORD" 8 128 ''
fi
if ! exists objectmodelsvc; then
    : "${OBJECTMODELSVC_NEO4J_PASSWORD:?is missing: password of its user in Neo4j}"
    checked OBJECTMODELSVC_NEO4J_PASSWORD "$OBJECTMODELSVC_NEO4J_PASSWORD" 8 128 ''
fi
if ! exists passportsvc; then
    : "${PASSPORTSVC_POSTGRESQL_PASSWORD:?is missing: password of its user in PostgreSQL}"
    checked PASSPORTSVC_POSTGRESQL_PASSWORD "$PASSPORTSVC_POSTGRESQL_PASSWORD" 8 128 '/'\''"@: '
fi
if ! exists workflowsvc; then
    : "${WORKFLOWSVC_POSTGRESQL_PASSWORD:?is missing: password of its user in PostgreSQL}"
    checked WORKFLOWSVC_POSTGRESQL_PASSWORD "$WORKFLOWSVC_POSTGRESQL_PASSWORD" 8 128 '/'\''"@: '
fi

# The AI service
if exists aisvc; then
    echo "is there: aisvc"
else
    data=
    data+=$(field KAFKA_PASSWORD "$AISVC_KAFKA_PASSWORD")$'\n'
    data+=$(field MONGODB_PASSWORD "$AISVC_MONGODB_PASSWORD")$'\n'
    data+=$(field REDIS_PASSWORD "$AISVC_REDIS_PASSWORD")$'\n'
    finish aisvc "$data"
fi

# The data source service
if exists datasourcesvc; then
    echo "is there: datasourcesvc"
else
    data=
    value=$(encryption_key)
    data+=$(field ENCRYPTION_KEY "$value")$'\n'
    data+=$(field MONGODB_PASSWORD "$DATASOURCESVC_MONGODB_PASSWORD")$'\n'
    finish datasourcesvc "$data"
fi

# The file service
if exists filesvc; then
    echo "is there: filesvc"
else
    data=
    value=$(encryption_key)
    data+=$(field ENCRYPTION_KEY "$value")$'\n'
    data+=$(field MONGODB_PASSWORD "$FILESVC_MONGODB_PASSWORD")$'\n'
    finish filesvc "$data"
fi

# Signs tokens of the identity service
if exists identity-signing; then
    echo "is there: identity-signing"
else
    data=
    data+=$(field CERTIFICATE "$IDENTITY_SIGNING_CERTIFICATE")$'\n'
    private=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256)
    data+=$(field PRIVATE_KEY "$private")$'\n'
    value=$(openssl pkey -pubout <<<"$private")
    data+=$(field PUBLIC_KEY "$value")$'\n'
    finish identity-signing "$data"
fi

# The item service
if exists itemsvc; then
    echo "is there: itemsvc"
else
    data=
    data+=$(field MONGODB_PASSWORD "$ITEMSVC_MONGODB_PASSWORD")$'\n'
    data+=$(field POSTGRESQL_PASSWORD "$ITEMSVC_POSTGRESQL_PASSWORD")$'\n'
    finish itemsvc "$data"
fi

# The notification service
if exists notificationsvc; then
    echo "is there: notificationsvc"
else
    data=
    data+=$(field ACTIVEMQ_PASSWORD "$NOTIFICATIONSVC_ACTIVEMQ_PASSWORD")$'\n'
    data+=$(field SMTP_PASSWORD "$NOTIFICATIONSVC_SMTP_PASSWORD")$'\n'
    finish notificationsvc "$data"
fi

# The object model service
if exists objectmodelsvc; then
    echo "is there: objectmodelsvc"
else
    data=
    data+=$(field NEO4J_PASSWORD "$OBJECTMODELSVC_NEO4J_PASSWORD")$'\n'
    finish objectmodelsvc "$data"
fi

# The identity service
if exists passportsvc; then
    echo "is there: passportsvc"
else
    data=
    data+=$(field POSTGRESQL_PASSWORD "$PASSPORTSVC_POSTGRESQL_PASSWORD")$'\n'
    value=$(encryption_key)
    data+=$(field SESSION_KEY "$value")$'\n'
    finish passportsvc "$data"
fi

# Bearer keys of the script manager
if exists scripts; then
    echo "is there: scripts"
else
    data=
    value=$(random)
    data+=$(field admin "$value")$'\n'
    value=$(random)
    data+=$(field submit "$value")$'\n'
    value=$(random)
    data+=$(field worker "$value")$'\n'
    finish scripts "$data"
fi

# The workflow service
if exists workflowsvc; then
    echo "is there: workflowsvc"
else
    data=
    value=$(encryption_key)
    data+=$(field ENCRYPTION_KEY "$value")$'\n'
    data+=$(field POSTGRESQL_PASSWORD "$WORKFLOWSVC_POSTGRESQL_PASSWORD")$'\n'
    finish workflowsvc "$data"
fi
