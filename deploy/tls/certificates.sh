#!/bin/sh
# Makes what a secured broker and its users need, with openssl: a CA, the broker's certificate, the certificate
# of pamwal-admin, and a random password for every Kafka user. What is there already is left as it is.
#
#   sh deploy/tls/certificates.sh FOLDER NAME [NAME ...]
#
# NAME is a host name or IP address under which clients reach the broker. The users are those of
# 'pamwal topics acl'; PAMWAL names the program if it is not on the PATH. In FOLDER afterwards:
#
#   ca.key                 the CA's key: keep it away from every machine that runs Pamwal
#   ca.crt                 its certificate: PAMWAL_KAFKA_CA_FILE, and the broker's ssl.truststore.location
#   broker.pem             the broker's key and certificate: ssl.keystore.location
#   credentials/           PAMWAL_KAFKA_CREDENTIALS; give each machine the files of its own users only
set -eu
umask 077

if [ $# -lt 2 ]; then
    echo "usage: sh $0 FOLDER NAME [NAME ...]" >&2
    exit 2
fi
folder=$1
shift
users=$("${PAMWAL:-pamwal}" topics acl | sed 's/:.*//' | sort -u)
names=
for name in "$@"; do
    case $name in
        *[!0-9.]*) names="$names,DNS:$name" ;;
        *) names="$names,IP:$name" ;;
    esac
done
mkdir -p "$folder/credentials"
days=${DAYS:-825}

# new_key FILE: an elliptic-curve key as PKCS 8, which Kafka asks for
new_key() {
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

# signed COMMON_NAME KEY CERTIFICATE EXTENSIONS: a certificate of the CA
signed() {
    printf 'basicConstraints=critical,CA:FALSE\n%s\n' "$4" > "$folder/extensions"
    openssl req -new -key "$2" -subj "/CN=$1" -out "$folder/request"
    openssl x509 -req -in "$folder/request" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -days "$days" \
        -extfile "$folder/extensions" -out "$3" 2> "$folder/errors" || { cat "$folder/errors" >&2; exit 1; }
    rm "$folder/extensions" "$folder/request" "$folder/errors"
}

if [ ! -e "$folder/ca.crt" ]; then
    new_key "$folder/ca.key"
    openssl req -x509 -new -key "$folder/ca.key" -subj "/CN=Pamwal Kafka CA" -days 3650 -out "$folder/ca.crt"
fi
if [ ! -e "$folder/broker.pem" ]; then
    new_key "$folder/broker.key"
    # brokers are each other's clients, too
    signed kafka-broker "$folder/broker.key" "$folder/broker.crt" \
        "subjectAltName=${names#,}
extendedKeyUsage=serverAuth,clientAuth"
    cat "$folder/broker.key" "$folder/broker.crt" > "$folder/broker.pem"
    rm "$folder/broker.key" "$folder/broker.crt"
fi
admin=$folder/credentials/pamwal-admin
if [ ! -e "$admin.crt" ]; then
    new_key "$admin.key"
    signed pamwal-admin "$admin.key" "$admin.crt" extendedKeyUsage=clientAuth
fi
for user in $users; do
    [ -e "$folder/credentials/$user.password" ] || openssl rand -hex 24 > "$folder/credentials/$user.password"
done
echo "$folder holds the CA, broker.pem, and the credentials of pamwal-admin and" $users
