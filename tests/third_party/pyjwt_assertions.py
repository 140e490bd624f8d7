"""A client of private_key_jwt by another implementation: PyJWT and cryptography.

Usage: pyjwt_assertions.py ISSUER CLIENT
Writes the client's JWK set to standard output, then one assertion a line: each algorithm with and
without a key id.
"""
import base64
import json
import sys
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def encoded(number, size):
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()


def ec_jwk(key):
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": encoded(numbers.x, 32), "y": encoded(numbers.y, 32)}


def rsa_jwk(key):
    return json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))


def main(issuer, client):
    ec_key = ec.generate_private_key(ec.SECP256R1())
    rsa_key = rsa.generate_private_key(65537, 3072)
    keys = {"ES256": (ec_key, "e"), "RS256": (rsa_key, "r"), "PS256": (rsa_key, "r")}
    print(json.dumps({"keys": [{**ec_jwk(ec_key), "kid": "e"}, {**rsa_jwk(rsa_key), "kid": "r"}]}))
    now = int(time.time())
    for algorithm, (key, kid) in keys.items():
        for headers in ({}, {"kid": kid}):
            for audience in (issuer, [issuer], issuer + "/token"):
                claims = {"iss": client, "sub": client, "aud": audience, "iat": now, "nbf": now,
                          "exp": now + 300, "jti": str(uuid.uuid4())}
                print(jwt.encode(claims, key, algorithm=algorithm, headers=headers))


if __name__ == "__main__":
    main(*sys.argv[1:])
