#!/usr/bin/env bash
# Makes an authority and a certificate of it for `localhost`, for tests that speak TLS on loopback. They
# protect nothing: the key is public.
set -euo pipefail
cd "$(dirname "$0")"
key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
key authority.key
openssl req -x509 -new -key authority.key -days 36500 -subj "/CN=a test's authority" -out authority.pem \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
key localhost.key
openssl req -new -key localhost.key -subj /CN=localhost |
  openssl x509 -req -CA authority.pem -CAkey authority.key -days 36500 -out localhost.pem \
    -extfile <(printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n')
rm authority.key
