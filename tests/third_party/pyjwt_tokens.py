"""The same tokens by another implementation: PyJWT and cryptography.

Usage: pyjwt_tokens.py mint|verify hs256|es256 FOLDER ISSUER
FOLDER holds secret.txt, private.pem and public.pem. `mint` writes tokens to standard output, one a
line; `verify` reads tokens from FOLDER/tokens.txt and writes one line of claims for each.
Derives keys and key ids from the secret by itself.
"""
import hashlib
import pathlib
import sys
import time

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

REQUIRED = ["iss", "aud", "sub", "jti", "iat", "nbf", "exp", "ver"]
ACCOUNT_ID = "019aa0c4-7c1b-7def-8123-456789abcdef"


def derived(secret, purpose):
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(secret)


def short_hash(data):
    return hashlib.sha256(data).hexdigest()[:8]


def keys(algorithm, folder):
    """The signing key, the verifying key and the key id."""
    if algorithm == "hs256":
        secret = (folder / "secret.txt").read_bytes()
        key = derived(secret, b"mail-token")
        return key, key, short_hash(derived(secret, b"mail-token-kid"))
    private_pem = (folder / "private.pem").read_bytes()
    public_pem = (folder / "public.pem").read_bytes()
    point = serialization.load_pem_public_key(public_pem).public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return private_pem, public_pem, short_hash(point)


def mint(algorithm, folder, issuer):
    key, _, kid = keys(algorithm, folder)
    now = int(time.time())
    for number in range(50):
        claims = {
            "iss": issuer, "aud": issuer, "sub": ACCOUNT_ID, "jti": f"third-party-{number}",
            "iat": now, "nbf": now, "exp": now + 600, "ver": number + 1,
            "locale": "ru", "return_to": f"https://shop.example.com/\u0439?n={number}",
        }
        header = {"typ": "set-password+jwt", "kid": kid}
        print(jwt.encode(claims, key, algorithm=algorithm.upper(), headers=header))


def verify(algorithm, folder, issuer):
    _, key, kid = keys(algorithm, folder)
    for token in (folder / "tokens.txt").read_text().splitlines():
        header = jwt.get_unverified_header(token)
        expected = {"alg": algorithm.upper(), "typ": "set-password+jwt", "kid": kid}
        if header != expected:
            raise SystemExit(f"header {header} is not {expected}")
        claims = jwt.decode(
            token, key, algorithms=[algorithm.upper()], audience=issuer, issuer=issuer,
            options={"require": REQUIRED}, leeway=5,
        )
        print(claims["sub"], claims["jti"], claims["ver"], claims["exp"] - claims["iat"],
              claims["return_to"])


if __name__ == "__main__":
    command = {"mint": mint, "verify": verify}[sys.argv[1]]
    command(sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4])
