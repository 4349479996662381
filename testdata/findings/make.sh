#!/bin/sh
# Makes the files of this directory with OpenSSL: a certificate as Lync wants it, and each with one thing wrong.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

openssl genrsa -out "$work/ca.key" 2048 2>/dev/null
openssl req -new -x509 -key "$work/ca.key" -subj "/DC=com/DC=contoso/CN=Contoso Root CA" -days 36500 -out "$work/ca.pem"
for bits in 512 1024 2048; do openssl genrsa -out "$work/rsa-$bits.key" $bits 2>/dev/null; done
openssl ecparam -name prime256v1 -genkey -noout -out "$work/ec.key"
openssl genpkey -algorithm ed25519 -out "$work/ed25519.key"

names='subjectAltName=DNS:fe01.contoso.com,DNS:lyncpool.contoso.com'
purpose='extendedKeyUsage=serverAuth'
crl='crlDistributionPoints=URI:http://pki.contoso.com/ca.crl'

# leaf NAME KEY COMMON-NAME SIGNATURE EXTENSION...: "SIGNATURE" are options of `openssl x509`.
leaf() {
  name=$1 key=$2 subject=$3 signature=$4
  shift 4
  openssl req -new -key "$work/$key.key" -subj "/CN=$subject" -out "$work/request"
  printf '%s\n' "$@" > "$work/extensions"
  # shellcheck disable=SC2086
  openssl x509 -req -in "$work/request" -CA "$work/ca.pem" -CAkey "$work/ca.key" -set_serial 7 -days 36500 $signature \
    -extfile "$work/extensions" -outform DER -out "$name.der" 2>/dev/null
}

leaf good rsa-2048 fe01.contoso.com -sha256 "$names" "$purpose" "$crl"
leaf ec ec fe01.contoso.com -sha256 "$names" "$purpose" "$crl"
leaf ed25519 ed25519 fe01.contoso.com -sha256 "$names" "$purpose" "$crl"
leaf rsa-1024 rsa-1024 fe01.contoso.com -sha256 "$names" "$purpose" "$crl"
leaf rsa-512 rsa-512 fe01.contoso.com -sha256 "$names" "$purpose" "$crl"
leaf client-only rsa-2048 fe01.contoso.com -sha256 "$names" 'extendedKeyUsage=clientAuth' "$crl"
leaf no-purpose rsa-2048 fe01.contoso.com -sha256 "$names" "$crl"
leaf no-crl rsa-2048 fe01.contoso.com -sha256 "$names" "$purpose"
leaf no-names rsa-2048 fe01.contoso.com -sha256 "$purpose" "$crl"
leaf wildcard rsa-2048 '*.contoso.com' -sha256 'subjectAltName=DNS:*.contoso.com' "$purpose" "$crl"
leaf md5 rsa-2048 fe01.contoso.com -md5 "$names" "$purpose" "$crl"
leaf sha1 rsa-2048 fe01.contoso.com -sha1 "$names" "$purpose" "$crl"
leaf sha512 rsa-2048 fe01.contoso.com -sha512 "$names" "$purpose" "$crl"
leaf pss rsa-2048 fe01.contoso.com '-sha256 -sigopt rsa_padding_mode:pss' "$names" "$purpose" "$crl"
