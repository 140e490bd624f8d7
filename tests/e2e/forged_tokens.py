"""Forged tokens as data: each row says what was done to a valid token, and makes it.

Rows of CLAIMS, and those of HEADERS that say so, are signed with the server's own key: only the
check of that one claim or member stands between them and the account.
"""

import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (decode_dss_signature,
                                                             encode_dss_signature)

# The order of P-256's group.
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
URL_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derived_key(secret_key, purpose):
    """HKDF-SHA256, one key for each purpose."""
    pseudorandom = hmac.digest(bytes(32), secret_key.encode(), "sha256")
    return hmac.digest(pseudorandom, purpose.encode() + b"\x01", "sha256")


def open_sealed(key, place, sealed):
    """XChaCha20-Poly1305, by the library that the server uses."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    raw = decode(sealed)
    nonce, text = raw[:24], raw[24:]
    plain = ctypes.create_string_buffer(len(text) - 16)
    opened = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, None, None, text, ctypes.c_ulonglong(len(text)), place.encode(),
        ctypes.c_ulonglong(len(place)), nonce, key)
    assert opened == 0, "sealed under another key"
    return plain.raw


class Hs256:
    def __init__(self, key):
        self.key = key

    def sign(self, data):
        return hmac.digest(self.key, data, "sha256")


class Es256:
    def __init__(self, private=None, curve=None):
        self.private = private or ec.generate_private_key(curve or ec.SECP256R1())

    @classmethod
    def of_pem(cls, pem):
        return cls(serialization.load_pem_private_key(pem, None))

    def der(self, data):
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))

    def sign(self, data):
        r, s = decode_dss_signature(self.der(data))
        size = (self.private.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def public_pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def public_der(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def jwk(self):
        numbers = self.private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": encode(numbers.x.to_bytes(32, "big")),
                "y": encode(numbers.y.to_bytes(32, "big"))}


class Original:
    """A valid token, the key that signed it, and what an attacker makes of both."""

    def __init__(self, token, key):
        self.token, self.key = token, key
        self.h, self.p, self.s = token.split(".")
        self.header, self.claims = json.loads(decode(self.h)), json.loads(decode(self.p))
        self.mine = Es256()
        self.is_es256 = self.header["alg"] == "ES256"
        signed = f"{self.h}.{self.p}".encode()
        assert self.is_es256 or key.sign(signed) == decode(self.s), "not the server's key"

    def raw(self, header, claims, key=None):
        """The two JSON texts as they are, signed with the server's key or with `key`."""
        signed = f"{encode(header)}.{encode(claims)}"
        return f"{signed}.{encode((key or self.key).sign(signed.encode()))}"

    def signed(self, header=None, claims=None, key=None):
        """Changes to header and claims; a member that becomes ABSENT is left out."""
        return self.raw(json_of(self.header, header), json_of(self.claims, claims), key)

    def header_text(self, text, key=None):
        return self.raw(text.encode(), json_of(self.claims, None), key)

    def claims_text(self, text):
        return self.raw(json_of(self.header, None),
                        text if isinstance(text, bytes) else text.encode())

    def claim(self, name, text):
        """One claim as JSON text, for what json.dumps does not write."""
        rest = json_of({k: v for k, v in self.claims.items() if k != name}, None).decode()
        return self.claims_text(rest[:-1] + f',"{name}":{text}}}')

    def unsigned(self, alg):
        return f"{encode(json_of(self.header, {'alg': alg}))}.{self.p}."

    def signature(self, data):
        return f"{self.h}.{self.p}.{encode(data)}"


ABSENT = object()


def json_of(members, changes):
    merged = {**members, **(changes or {})}
    return json.dumps({k: v for k, v in merged.items() if v is not ABSENT},
                      separators=(",", ":")).encode()


def flipped(data, index):
    data = bytearray(data)
    data[index] ^= 1
    return bytes(data)


def not_canonical(part):
    """Its last character with a bit set that belongs to no byte, or nothing."""
    if len(part) % 4 == 0:
        return None
    last = URL_ALPHABET.index(part[-1])
    return part[:-1] + URL_ALPHABET[last | 1] if last & 1 == 0 else None


def in_part(t, index, change):
    parts = [t.h, t.p, t.s]
    parts[index] = change(parts[index])
    return parts[index] and ".".join(parts)


def confused(t, public):
    """HMAC under something public of the server's key pair."""
    return t.signed({"alg": "HS256"}, key=Hs256(public(t.key))) if t.is_es256 else None


def of_es256(t, signature):
    return t.signature(signature()) if t.is_es256 else None


def number(value):
    return value.to_bytes(32, "big")


# One key signs these, another one those: which of them a token is, its type says alone.
MAIL_TYPES = ("set-password+jwt", "confirm-email+jwt", "take-back-email+jwt")
LOGIN_TYPES = ("at+jwt", "JWT")


def of_another_key(t, typ):
    family = MAIL_TYPES if t.header["typ"] in MAIL_TYPES else LOGIN_TYPES
    return None if typ in family else t.signed({"typ": typ})


KIDS = {
    "a path": "../../../../dev/null", "an absolute path": "/dev/null",
    "a URL": "https://evil.test/k",
    "an SQL condition": "x' OR '1'='1", "an SQL union": "x' UNION SELECT 'AAAA' --",
    "a shell command": "$(id)", "empty": "", "with a NUL": "k\x00", "with a line end": "k\r\n",
    "1500 bytes": "k" * 1500}
# What an attacker's key may be when a broken look-up finds "nothing".
EMPTY_KEY, ZERO_KEY = Hs256(b""), Hs256(bytes(32))

HEADERS = [
    ("alg none without a signature", lambda t: t.unsigned("none")),
    ("alg None", lambda t: t.unsigned("None")),
    ("alg nOnE", lambda t: t.unsigned("nOnE")),
    ("alg NONE", lambda t: t.unsigned("NONE")),
    ("alg none with a space", lambda t: t.unsigned(" none")),
    ("alg none with the old signature", lambda t: t.unsigned("none") + t.s),
    ("alg empty", lambda t: t.unsigned("")),
    ("alg null", lambda t: t.unsigned(None)),
    ("alg an array", lambda t: t.signed({"alg": [t.header["alg"]]})),
    ("alg a number", lambda t: t.signed({"alg": 256})),
    ("no alg", lambda t: t.signed({"alg": ABSENT})),
    ("alg in lower case", lambda t: t.signed({"alg": t.header["alg"].lower()})),
    ("alg with a space", lambda t: t.signed({"alg": t.header["alg"] + " "})),
    *((f"alg {alg}", lambda t, alg=alg: t.signed({"alg": alg}))
      for alg in ("HS384", "HS512", "RS256", "PS256", "ES384", "ES256K", "EdDSA", "dir")),
    ("alg of the other kind of key", lambda t: t.signed(
        {"alg": "HS256" if t.is_es256 else "ES256"},
        key=ZERO_KEY if t.is_es256 else t.mine)),
    ("HMAC under the public key as PEM", lambda t: confused(t, lambda key: key.public_pem())),
    ("HMAC under the public key as PEM without its line end",
     lambda t: confused(t, lambda key: key.public_pem().strip())),
    ("HMAC under the public key as DER", lambda t: confused(t, lambda key: key.public_der())),
    ("HMAC under the public key as JWK",
     lambda t: confused(t, lambda key: json.dumps(key.jwk()).encode())),
    ("HMAC under the x coordinate", lambda t: confused(t, lambda key: decode(key.jwk()["x"]))),
    ("HMAC under an empty key", lambda t: t.signed({"alg": "HS256"}, key=EMPTY_KEY)),
    ("HMAC under 32 zeros", lambda t: t.signed({"alg": "HS256"}, key=ZERO_KEY)),
    ("HMAC under the kid", lambda t: t.signed({"alg": "HS256"},
                                              key=Hs256(t.header["kid"].encode()))),
    ("HMAC under 'secret'", lambda t: t.signed({"alg": "HS256"}, key=Hs256(b"secret"))),
    ("a key of the attacker", lambda t: t.signed({"alg": "ES256"}, key=t.mine)),
    ("a key on P-384", lambda t: t.signed({"alg": "ES256"}, key=Es256(curve=ec.SECP384R1()))),
    ("a key on secp256k1", lambda t: t.signed({"alg": "ES256"}, key=Es256(curve=ec.SECP256K1()))),
    ("no kid", lambda t: t.signed({"kid": ABSENT})),
    ("kid null", lambda t: t.signed({"kid": None})),
    ("kid a number", lambda t: t.signed({"kid": 1})),
    ("kid an array", lambda t: t.signed({"kid": [t.header["kid"]]})),
    ("kid in upper case", lambda t: t.signed({"kid": t.header["kid"].upper() + "F"})),
    ("kid cut off", lambda t: t.signed({"kid": t.header["kid"][:-1]})),
    ("kid longer by one", lambda t: t.signed({"kid": t.header["kid"] + "0"})),
    *((f"kid {what}", lambda t, kid=kid: t.signed({"kid": kid})) for what, kid in KIDS.items()),
    *((f"kid {what}, empty key", lambda t, kid=kid: t.signed(
        {"alg": "HS256", "kid": kid}, key=EMPTY_KEY)) for what, kid in KIDS.items()),
    ("jku", lambda t: t.signed({"jku": "https://evil.test/jwks.json"})),
    ("jku, signed by its key", lambda t: t.signed(
        {"alg": "ES256", "jku": "https://evil.test/jwks.json"}, key=t.mine)),
    ("x5u", lambda t: t.signed({"x5u": "https://evil.test/cert.pem"})),
    ("x5c", lambda t: t.signed({"x5c": ["MIIB"]})),
    ("x5t", lambda t: t.signed({"x5t": "AAAA"})),
    ("jwk", lambda t: t.signed({"jwk": t.mine.jwk()})),
    ("jwk, signed by it", lambda t: t.signed({"alg": "ES256", "jwk": t.mine.jwk()}, key=t.mine)),
    ("jwk of an empty secret", lambda t: t.signed(
        {"alg": "HS256", "jwk": {"kty": "oct", "k": ""}}, key=EMPTY_KEY)),
    ("crit", lambda t: t.signed({"crit": ["exp"]})),
    ("crit, empty", lambda t: t.signed({"crit": []})),
    ("b64 false", lambda t: t.signed({"b64": False, "crit": ["b64"]})),
    ("zip", lambda t: t.signed({"zip": "DEF"})),
    ("cty", lambda t: t.signed({"cty": "JWT"})),
    ("an unknown member", lambda t: t.signed({"x": "y"})),
    ("no typ", lambda t: t.signed({"typ": ABSENT})),
    ("typ null", lambda t: t.signed({"typ": None})),
    ("typ in upper case", lambda t: t.signed({"typ": t.header["typ"].upper() + "+JWT"})),
    ("typ with application/", lambda t: t.signed({"typ": "application/" + t.header["typ"]})),
    *((f"typ {typ}", lambda t, typ=typ: of_another_key(t, typ))
      for typ in (*MAIL_TYPES, *LOGIN_TYPES, "logout+jwt", "JOSE")),
    ("alg twice, none first", lambda t: t.header_text(
        '{"alg":"none",' + json_of(t.header, None).decode()[1:])),
    ("alg twice, none last", lambda t: t.header_text(
        json_of(t.header, None).decode()[:-1] + ',"alg":"none"}')),
    ("alg twice, one escaped", lambda t: t.header_text(
        json_of(t.header, None).decode()[:-1] + ',"\\u0061lg":"none"}')),
    ("kid twice", lambda t: t.header_text(
        json_of(t.header, None).decode()[:-1] + ',"kid":"other"}')),
    ("header with a byte order mark", lambda t: t.header_text(
        "\ufeff" + json_of(t.header, None).decode())),
    ("header with text behind it", lambda t: t.header_text(
        json_of(t.header, None).decode() + "{}")),
    ("header in an array", lambda t: t.header_text(f"[{json_of(t.header, None).decode()}]")),
    ("header a string", lambda t: t.header_text(json.dumps(json_of(t.header, None).decode()))),
    ("header empty", lambda t: t.header_text("")),
    ("header {}", lambda t: t.header_text("{}")),
    ("header with a comment", lambda t: t.header_text(
        "/**/" + json_of(t.header, None).decode())),
    ("header with a last comma", lambda t: t.header_text(
        json_of(t.header, None).decode()[:-1] + ",}")),
    ("header 9 levels deep", lambda t: t.header_text(
        json_of(t.header, None).decode()[:-1] + ',"x":' + "[" * 9 + "]" * 9 + "}")),
]

SHAPES = [
    ("one = behind it", lambda t: t.token + "="),
    ("== behind it", lambda t: t.token + "=="),
    ("= behind the header", lambda t: in_part(t, 0, lambda part: part + "=")),
    ("= behind the claims", lambda t: in_part(t, 1, lambda part: part + "=")),
    ("the other alphabet", lambda t: in_part(
        t, 2, lambda part: part.replace("-", "+").replace("_", "/") + "+/")),
    ("signature not canonical", lambda t: in_part(t, 2, not_canonical)),
    ("claims not canonical", lambda t: in_part(t, 1, not_canonical)),
    ("header not canonical", lambda t: in_part(t, 0, not_canonical)),
    ("a space inside", lambda t: f"{t.h}. {t.p}.{t.s}"),
    ("a space in the signature", lambda t: t.token[:-5] + " " + t.token[-5:]),
    ("a tab inside", lambda t: f"{t.h}.\t{t.p}.{t.s}"),
    ("a line end inside", lambda t: f"{t.h}.{t.p}\r\n.{t.s}"),
    ("a NUL inside", lambda t: f"{t.h}.{t.p}.\x00{t.s}"),
    ("a NUL behind it", lambda t: t.token + "\x00"),
    ("a NUL and more behind it", lambda t: t.token + "\x00.x"),
    ("a dot before it", lambda t: "." + t.token),
    ("a dot behind it", lambda t: t.token + "."),
    ("two dots inside", lambda t: f"{t.h}..{t.p}.{t.s}"),
    ("a fourth part", lambda t: t.token + ".AAAA"),
    ("five parts, as of a JWE", lambda t: f"{t.h}..AAAA.{t.p}.{t.s}"),
    ("two parts", lambda t: f"{t.h}.{t.p}"),
    ("no dots", lambda t: t.token.replace(".", "")),
    ("only dots", lambda t: ".."),
    ("the header alone", lambda t: t.h + ".."),
    ("the claims alone", lambda t: f".{t.p}."),
    ("without its header", lambda t: f".{t.p}.{t.s}"),
    ("without its claims", lambda t: f"{t.h}..{t.s}"),
    ("without its signature", lambda t: f"{t.h}.{t.p}."),
    ("header and claims in each other's place", lambda t: f"{t.p}.{t.h}.{t.s}"),
    ("one character less", lambda t: t.token[:-1]),
    ("one byte of the signature less", lambda t: t.signature(decode(t.s)[:-1])),
    ("half of the signature", lambda t: t.signature(decode(t.s)[:16])),
    ("one byte of the signature more", lambda t: t.signature(decode(t.s) + b"\0")),
    ("a zero before the signature", lambda t: t.signature(b"\0" + decode(t.s))),
    ("the signature twice", lambda t: t.signature(decode(t.s) * 2)),
    ("first bit of the signature", lambda t: t.signature(flipped(decode(t.s), 0))),
    ("a bit in the middle of the signature", lambda t: t.signature(flipped(decode(t.s), 16))),
    ("last bit of the signature", lambda t: t.signature(flipped(decode(t.s), -1))),
    ("a bit of the claims", lambda t: in_part(
        t, 1, lambda part: encode(flipped(decode(part), len(decode(part)) // 2)))),
    ("a later exp under the old signature", lambda t: in_part(
        t, 1, lambda _: encode(json_of(t.claims, {"exp": t.claims["exp"] + 600})))),
    ("another sub under the old signature", lambda t: in_part(
        t, 1, lambda _: encode(json_of(t.claims, {"sub": t.claims["sub"][::-1]})))),
    ("32 zeros as signature", lambda t: t.signature(bytes(32))),
    ("r = 0 and s = 0", lambda t: t.signature(bytes(64))),
    ("r = 0", lambda t: of_es256(t, lambda: bytes(32) + decode(t.s)[32:])),
    ("s = 0", lambda t: of_es256(t, lambda: decode(t.s)[:32] + bytes(32))),
    ("r = n", lambda t: of_es256(t, lambda: number(N) + decode(t.s)[32:])),
    ("s = n", lambda t: of_es256(t, lambda: decode(t.s)[:32] + number(N))),
    ("r = n and s = n", lambda t: t.signature(number(N) * 2)),
    ("r = 1 and s = 1", lambda t: t.signature(number(1) * 2)),
    ("all bits set", lambda t: t.signature(b"\xff" * 64)),
    ("r and s in each other's place",
     lambda t: of_es256(t, lambda: decode(t.s)[32:] + decode(t.s)[:32])),
    ("a signature in DER", lambda t: of_es256(t, lambda: t.key.der(f"{t.h}.{t.p}".encode()))),
    ("a signature in DER of r = 0 and s = 0", lambda t: t.signature(encode_dss_signature(0, 0))),
    ("the signature of other claims", lambda t: in_part(
        t, 2, lambda _: t.signed(claims={"jti": "other"}).split(".")[2])),
    ("the digest as signature", lambda t: t.signature(
        hashlib.sha256(f"{t.h}.{t.p}".encode()).digest())),
    ("dots of full width", lambda t: t.token.replace(".", "．")),
    ("a Cyrillic character", lambda t: t.token.replace("e", "е", 1)),
    ("a character with an accent", lambda t: t.token[:9] + "é" + t.token[9:]),
    ("a space of no width inside", lambda t: t.token[:9] + "\u200b" + t.token[9:]),
    ("a byte order mark inside", lambda t: f"{t.h}.\ufeff{t.p}.{t.s}"),
    ("a mark of direction", lambda t: "\u202e" + t.token),
    ("dots in percent-encoding", lambda t: t.token.replace(".", "%2E")),
    ("in lower case", lambda t: t.token.lower()),
    ("as JSON serialisation", lambda t: json.dumps(
        {"protected": t.h, "payload": t.p, "signature": t.s})),
    ("twice", lambda t: f"{t.token} {t.token}"),
    ("twice with a comma", lambda t: f"{t.token},{t.token}"),
    ("behind 'Bearer '", lambda t: "Bearer " + t.token),
    ("in quotes", lambda t: f'"{t.token}"'),
    ("over 2 KB", lambda t: t.signed(claims={"return_to": "https://a.test/" + "x" * 2000})),
    ("3000 characters", lambda t: t.h + "." + "A" * 3000 + "." + t.s),
]

MISSING = ("iss", "aud", "sub", "iat", "exp")
TIMES = ("iat", "exp")
NO_TIMES = {
    "NaN": "NaN", "Infinity": "Infinity", "1e400": "1e400", "-1e400": "-1e400", "negative": "-1",
    "a string": '"1900000000"', "true": "true", "an array": "[1900000000]", "an object": "{}",
    "null": "null", "over 64 bits": "18446744073709551616", "over 63 bits": "9223372036854775808",
    "with an exponent": "19e8", "a float": "1900000000.5", "hexadecimal": "0x7fffffff",
    "with a leading zero": "01900000000", "with a sign": "+1900000000"}
NO_IDS = {
    "a number": "1", "empty": '""', "null": "null", "an array": '["x"]', "true": "true",
    "a path": '"../../admin"', "SQL": '"x\' OR 1=1 --"', "a NUL": '"\\u0000"',
    "half a surrogate": '"\\ud800"', "1000 characters": '"' + "x" * 1000 + '"'}


def other_iss(t, text):
    return t.claim("iss", text.replace("ISS", t.claims["iss"]))


def other_aud(t, text):
    return t.claim("aud", text.replace("ISS", t.claims["aud"]))


CLAIMS = [
    *((f"no {name}", lambda t, name=name: t.signed(claims={name: ABSENT})) for name in MISSING),
    *((f"{name} {what}", lambda t, name=name, text=text: t.claim(name, text))
      for name in TIMES for what, text in NO_TIMES.items()),
    *((f"sub {what}", lambda t, text=text: t.claim("sub", text)) for what, text in NO_IDS.items()),
    ("sub in upper case", lambda t: t.signed(claims={"sub": t.claims["sub"].upper() + "X"})),
    *((f"iss {what}", lambda t, text=text: other_iss(t, text)) for what, text in {
        "another": '"https://evil.test"', "with a slash": '"ISS/"', "in upper case": '"HTTP://X"',
        "in an array": '["ISS"]', "a number": "1", "null": "null", "empty": '""',
        "with a space": '"ISS "'}.items()),
    *((f"aud {what}", lambda t, text=text: other_aud(t, text)) for what, text in {
        "another": '"https://evil.test"', "in an array": '["ISS"]', "of two": '["ISS","x"]',
        "of two, ours last": '["x","ISS"]', "an empty array": "[]", "an array of null": "[null]",
        "an object": '{"ISS":1}', "a number": "1", "null": "null", "empty": '""',
        "with a slash": '"ISS/"', "a list in one string": '"ISS x"'}.items()),
    ("expired", lambda t: t.signed(claims={"exp": int(time.time()) - 301,
                                           "iat": int(time.time()) - 900})),
    ("exp before iat", lambda t: t.signed(claims={"exp": t.claims["iat"] - 1})),
    ("exp equal to iat", lambda t: t.signed(claims={"exp": t.claims["iat"]})),
    ("of the future", lambda t: t.signed(claims={
        name: t.claims[name] + 900 for name in ("iat", "nbf", "exp") if name in t.claims})),
    ("exp twice", lambda t: t.claims_text(
        json_of(t.claims, None).decode()[:-1] + f',"exp":{t.claims["exp"]}}}')),
    ("sub twice, one escaped", lambda t: t.claims_text(
        json_of(t.claims, None).decode()[:-1] + f',"s\\u0075b":"{t.claims["sub"]}"}}')),
    ("claims with a byte order mark", lambda t: t.claims_text(
        b"\xef\xbb\xbf" + json_of(t.claims, None))),
    ("claims not UTF-8", lambda t: t.claims_text(
        json_of(t.claims, None)[:-1] + b',"x":"\xff"}')),
    ("claims in an overlong form", lambda t: t.claims_text(
        json_of(t.claims, None)[:-1] + b',"x":"\xc0\xaf"}')),
    ("claims in UTF-16", lambda t: t.claims_text(
        json_of(t.claims, None).decode().encode("utf-16"))),
    ("claims with text behind them", lambda t: t.claims_text(json_of(t.claims, None) + b"{}")),
    ("claims in an array", lambda t: t.claims_text(b"[" + json_of(t.claims, None) + b"]")),
    ("claims empty", lambda t: t.claims_text(b"")),
    ("claims {}", lambda t: t.claims_text(b"{}")),
    ("claims null", lambda t: t.claims_text(b"null")),
    ("claims with a last comma", lambda t: t.claims_text(json_of(t.claims, None)[:-1] + b",}")),
    ("claims with a comment", lambda t: t.claims_text(b"//\n" + json_of(t.claims, None))),
    ("claims 100 levels deep", lambda t: t.claims_text(
        json_of(t.claims, None)[:-1] + b',"x":' + b"[" * 100 + b"]" * 100 + b"}")),
]

# What the tokens of emails have besides.
MAIL_CLAIMS = [
    *((f"no {name}", lambda t, name=name: t.signed(claims={name: ABSENT}))
      for name in ("jti", "nbf", "ver")),
    *((f"nbf {what}", lambda t, text=text: t.claim("nbf", text))
      for what, text in NO_TIMES.items()),
    *((f"ver {what}", lambda t, text=text: t.claim("ver", text)) for what, text in {
        "0": "0", "negative": "-1", "the next": "99", "1.0": "1.0", "1e0": "1e0", "a string": '"1"',
        "true": "true", "null": "null", "in an array": "[1]", "NaN": "NaN",
        "over 64 bits": "18446744073709551617"}.items()),
    ("jti empty", lambda t: t.claim("jti", '""')),
    ("jti a number", lambda t: t.claim("jti", "1")),
    ("lives for a year", lambda t: t.signed(claims={"exp": t.claims["iat"] + 31_536_000})),
    ("nbf in a year", lambda t: t.signed(claims={"nbf": t.claims["iat"] + 31_536_000})),
    ("an array among the claims", lambda t: t.claim("x", "[]")),
    ("return_to a number", lambda t: t.claim("return_to", "1")),
    ("locale an object", lambda t: t.claim("locale", "{}")),
]

# What the access tokens have besides.
ACCESS_CLAIMS = [
    *((f"no {name}", lambda t, name=name: t.signed(claims={name: ABSENT}))
      for name in ("sid", "auth_time")),
    *((f"auth_time {what}", lambda t, text=text: t.claim("auth_time", text))
      for what, text in NO_TIMES.items()),
    *((f"sid {what}", lambda t, text=text: t.claim("sid", text)) for what, text in NO_IDS.items()),
    ("sid of no session", lambda t: t.signed(claims={"sid": t.claims["sub"]})),
    ("sub of no account", lambda t: t.signed(claims={"sub": t.claims["sid"]})),
]


def forgeries(original, claims):
    """name, token; without what does not apply to this token."""
    for name, make in [*HEADERS, *SHAPES, *claims]:
        token = make(original)
        if token is not None:
            assert token != original.token, name
            yield name, token
