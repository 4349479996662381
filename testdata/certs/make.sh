#!/bin/sh
# Makes the files of this directory with OpenSSL: one small certificate in every container, and what is no certificate.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca.key"
openssl ecparam -name prime256v1 -genkey -noout -out "$work/leaf.key"
openssl req -new -x509 -key "$work/ca.key" -subj "/DC=com/DC=contoso/CN=Contoso Root CA" -days 36500 -out ca.pem
openssl req -new -key "$work/leaf.key" -subj "/CN=fe01.contoso.com" -out request.pem
openssl x509 -req -in request.pem -CA ca.pem -CAkey "$work/ca.key" -set_serial 7 -days 36500 -out leaf.pem

openssl x509 -in ca.pem -outform DER -out ca.der
openssl x509 -in leaf.pem -outform DER -out leaf.der
openssl x509 -in ca.pem -trustout -addtrust serverAuth -out trusted.pem
openssl x509 -in ca.pem -text -out with-text.pem
printf '\377\376' > utf16.cer
sed 's/$/\r/' ca.pem | iconv -t UTF-16LE >> utf16.cer
openssl crl2pkcs7 -nocrl -certfile ca.pem -certfile leaf.pem -outform DER -out chain.p7b
openssl crl2pkcs7 -nocrl -certfile ca.pem -certfile leaf.pem -out chain-pem.p7b
sed 's/PKCS7/CERTIFICATE/' chain-pem.p7b > adcs.p7b
openssl crl2pkcs7 -in /dev/null -nocrl -out "$work/none" 2>/dev/null || true

openssl req -in request.pem -outform DER -out request.der
openssl ec -in "$work/leaf.key" -out key-sec1.pem
openssl pkcs8 -topk8 -nocrypt -in "$work/leaf.key" -out key-pkcs8.pem
openssl pkcs8 -topk8 -nocrypt -in "$work/leaf.key" -outform DER -out key-pkcs8.der
openssl pkcs8 -topk8 -passout pass:x -in "$work/leaf.key" -outform DER -out key-encrypted.der
openssl ec -in "$work/leaf.key" -outform DER -out key-sec1.der
openssl genrsa -traditional 512 | openssl rsa -traditional -outform DER -out key-pkcs1.der
openssl ec -in "$work/leaf.key" -pubout -outform DER -out public-key.der
openssl pkcs12 -export -inkey "$work/leaf.key" -in leaf.pem -passout pass:x -out leaf.pfx
touch "$work/index.txt"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index.txt\ndefault_md=sha256\ndefault_crl_days=30\n' "$work" > "$work/ca.cnf"
openssl ca -gencrl -config "$work/ca.cnf" -keyfile "$work/ca.key" -cert ca.pem -out crl.pem
openssl crl -in crl.pem -outform DER -out crl.der
