#!/usr/bin/env bash
# Makes the OCSP responses again: OpenSSL as CA and as responder, for one leaf with every answer.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 7300 -subj '/CN=Contoso Issuing CA 01' 2>/dev/null
leaf() {
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1.contoso.com" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "$2" -days 7000 -out "$1.pem" 2>/dev/null
}
leaf lync01 0x1001
leaf lync02 0x1002
# respond NAME ANSWERED-FOR STATUS REVOKED-AT: the index of a CA in OpenSSL's format, tab-separated.
respond() {
  local name=$1 leaf=$2 line=$3
  if [ -n "$line" ]; then printf '%b\n' "$line" >index; else : >index; fi
  openssl ocsp -issuer ca.pem -cert "$leaf.pem" -reqout request.der -no_nonce 2>/dev/null
  openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key -reqin request.der -ndays 7000 -respout "$here/$name.der" -resp_no_certs >/dev/null 2>&1
}
respond good lync01 'V\t460101000000Z\t\t1001\tunknown\t/CN=lync01.contoso.com'
respond revoked lync01 'R\t460101000000Z\t260301000000Z,keyCompromise\t1001\tunknown\t/CN=lync01.contoso.com'
respond unknown lync01 ''
respond other lync02 'V\t460101000000Z\t\t1002\tunknown\t/CN=lync02.contoso.com'
openssl x509 -in lync01.pem -outform DER -out "$here/leaf.der"
