#!/usr/bin/env python3
"""Makes signatures.json: signatures of every algorithm that old estates hold, and some that nobody should accept.

RSA is computed here with integers, after RFC 8017 and apart from any library (no library makes 512-bit keys or mixes
hashes any more); ECDSA, Ed25519 and DSA come from OpenSSL by way of the `cryptography` package. RSA comes out the same
each time, the others do not.
"""
import base64, hashlib, json, random, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, utils

RANDOM = random.Random(2013)
MESSAGE = b"the part of a certificate that is signed"
KEYS, SIGNATURES = {}, []


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = b""
    for arc in [first * 40 + second, *rest]:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        out += bytes(reversed(septets))
    return tlv(6, out)


NULL = tlv(5)


def algorithm(name, parameters=b""):
    return tlv(0x30, oid(name), parameters)


def is_prime(n):
    if any(n % p == 0 for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    d, r = n - 1, 0
    while d % 2 == 0:
        d, r = d // 2, r + 1
    for _ in range(12):
        x = pow(RANDOM.randrange(2, n - 1), d, n)
        if x in (1, n - 1):
            continue
        for _ in range(r - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(bits, e):
    while True:
        p = RANDOM.getrandbits(bits) | 3 << bits - 2 | 1
        if p % e != 1 and is_prime(p):
            return p


class Rsa:
    """A key of exactly this many bits; large ones of many primes, which is quicker to make and verifies the same."""

    def __init__(self, name, bits, e=65537):
        self.name, self.bits, self.e = name, bits, e
        count = max(2, bits // 1024)
        while True:
            primes = [prime(bits // count, e) for _ in range(count - 1)]
            product = 1
            for p in primes:
                product *= p
            low, high = (1 << bits - 1) // product + 1, ((1 << bits) - 1) // product
            while True:
                last = RANDOM.randrange(low, high) | 1
                if last % e != 1 and is_prime(last):
                    break
            self.n = product * last
            if self.n.bit_length() == bits:
                break
        phi = last - 1
        for p in primes:
            phi *= p - 1
        self.d = pow(e, -1, phi)
        self.k = (bits + 7) // 8
        key = tlv(0x30, integer(self.n), integer(e))
        KEYS[name] = tlv(0x30, algorithm("1.2.840.113549.1.1.1", NULL), tlv(3, b"\0", key))

    def raise_(self, encoded):
        return pow(int.from_bytes(encoded, "big"), self.d, self.n).to_bytes(self.k, "big")


HASH = {
    "md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26", "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3",
}
WITH_RSA = {"md5": 4, "sha1": 5, "sha224": 14, "sha256": 11, "sha384": 12, "sha512": 13}
WITH_ECDSA = {"sha1": "1", "sha224": "3.1", "sha256": "3.2", "sha384": "3.3", "sha512": "3.4"}


def digest(hash, *parts):
    return hashlib.new(hash, b"".join(parts)).digest()


def add(name, key, identifier, signature, expect="verifies", parameters=None):
    SIGNATURES.append({
        "name": name, "key": key, "oid": identifier,
        "parameters": None if parameters is None else base64.b64encode(parameters).decode(),
        "signature": base64.b64encode(signature).decode(), "expect": expect,
    })


def block(key, payload):
    return b"\0\1" + b"\xff" * (key.k - 3 - len(payload)) + b"\0" + payload


def info(hash, null=NULL):
    return tlv(0x30, algorithm(HASH[hash], null), tlv(4, digest(hash, MESSAGE)))


def pkcs1(key, hash, identifier=None, expect="verifies", payload=None, note=""):
    signature = key.raise_(block(key, payload or info(hash)))
    identifier = identifier or f"1.2.840.113549.1.1.{WITH_RSA[hash]}"
    add(f"{key.name} {hash}{note}", key.name, identifier, signature, expect, NULL)


def mgf1(hash, seed, length):
    out, counter = b"", 0
    while len(out) < length:
        out += digest(hash, seed, counter.to_bytes(4, "big"))
        counter += 1
    return out[:length]


def pss(key, hash, mask, salt_length, parameters="given", expect="verifies", note=""):
    bits = key.bits - 1
    length = (bits + 7) // 8
    salt = RANDOM.randbytes(salt_length)
    h = digest(hash, bytes(8), digest(hash, MESSAGE), salt)
    db = bytes(length - salt_length - len(h) - 2) + b"\1" + salt
    masked = bytearray(a ^ b for a, b in zip(db, mgf1(mask, h, len(db))))
    masked[0] &= 0xFF >> 8 * length - bits
    signature = key.raise_(bytes(masked) + h + b"\xbc")
    if parameters == "given":
        parameters = tlv(
            0x30, tlv(0xA0, algorithm(HASH[hash], NULL)),
            tlv(0xA1, algorithm("1.2.840.113549.1.1.8", algorithm(HASH[mask], NULL))),
            tlv(0xA2, integer(salt_length)))
    add(f"{key.name} pss {hash}/{mask}/{salt_length}{note}", key.name, "1.2.840.113549.1.1.10", signature, expect, parameters)


def rsa():
    small, odd, k1024, k2048 = Rsa("rsa-512", 512), Rsa("rsa-1023", 1023), Rsa("rsa-1024", 1024), Rsa("rsa-2048", 2048)
    for hash in WITH_RSA:
        pkcs1(k1024, hash)
        pkcs1(k2048, hash)
    pkcs1(small, "md5"), pkcs1(small, "sha1"), pkcs1(odd, "sha1"), pkcs1(odd, "sha256")
    three = Rsa("rsa-2048-e3", 2048, 3)
    pkcs1(three, "sha1"), pkcs1(three, "sha256"), pkcs1(three, "md5")
    big_exponent = Rsa("rsa-1024-e33bits", 1024, (1 << 32) + 15)
    pkcs1(big_exponent, "sha256"), pkcs1(big_exponent, "sha384")
    for bits in (4096, 8192, 8200, 16384):
        pkcs1(Rsa(f"rsa-{bits}", bits), "sha256")
    pkcs1(k1024, "sha1", "1.3.14.3.2.29", note=" OIW")
    pkcs1(k1024, "sha1", "1.3.14.3.2.15", note=" OIW sha")
    pkcs1(k1024, "md5", "1.3.14.3.2.3", note=" OIW")
    pkcs1(Rsa("rsa-16392", 16392), "sha256", expect="cannot tell")
    pkcs1(Rsa("rsa-1024-e34bits", 1024, (1 << 33) + 17), "sha256", expect="cannot tell")
    pkcs1(Rsa("rsa-504", 504), "sha1", expect="cannot tell")
    for key in (k1024, k2048):
        for hash in ("md5", "sha256"):
            pkcs1(key, hash, expect="fails", payload=info(hash, b""), note=" without NULL")
            pkcs1(key, hash, expect="fails", payload=info(hash) + b"\0\0\0\0", note=" with octets behind")
            pkcs1(key, hash, expect="fails", payload=digest(hash, MESSAGE), note=" without DigestInfo")
    pkcs1(k2048, "md5", expect="fails", payload=digest("md5", MESSAGE) + digest("sha1", MESSAGE), note=" and sha1, as in TLS 1.0")
    pkcs1(k2048, "sha256", "1.2.840.113549.1.1.2", expect="cannot tell", note=" called MD2")
    return k1024, k2048


def rsa_pss(k1024, k2048):
    for hash in ("sha1", "sha224", "sha256", "sha384", "sha512"):
        pss(k2048, hash, hash, len(digest(hash)))
    default = tlv(0x30)
    pss(k1024, "sha1", "sha1", 20)
    pss(k2048, "sha1", "sha1", 20, default, note=" empty parameters")
    pss(k2048, "sha1", "sha1", 20, None, note=" no parameters")
    pss(k2048, "sha256", "sha256", 32, None, "cannot tell", " no parameters")
    pss(k2048, "sha256", "sha1", 20), pss(k2048, "sha1", "sha256", 32), pss(k2048, "sha512", "sha512", 0)
    pss(k2048, "sha256", "sha256", 222), pss(k1024, "sha256", "sha256", 32), pss(k1024, "sha512", "sha512", 62)
    pss(Rsa("rsa-1025", 1025), "sha256", "sha256", 32), pss(Rsa("rsa-2041", 2041), "sha256", "sha256", 32)
    pss(Rsa("rsa-2047", 2047), "sha1", "sha1", 20)
    trailer = tlv(0x30, tlv(0xA3, integer(2)))
    pss(k2048, "sha1", "sha1", 20, trailer, "cannot tell", " trailer 2")


def spki(public):
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def elliptic():
    for name, curve, curve_oid in (("p256", ec.SECP256R1(), "1.2.840.10045.3.1.7"), ("p384", ec.SECP384R1(), "1.3.132.0.34"),
                                   ("p521", ec.SECP521R1(), "1.3.132.0.35"), ("p256k1", ec.SECP256K1(), "1.3.132.0.10")):
        private = ec.generate_private_key(curve)
        public = private.public_key()
        KEYS[name] = spki(public)
        point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
        KEYS[name + "-compressed"] = tlv(0x30, algorithm("1.2.840.10045.2.1", oid(curve_oid)), tlv(3, b"\0", point))
        for hash, arc in WITH_ECDSA.items():
            signature = private.sign(MESSAGE, ec.ECDSA(getattr(hashes, hash.upper())()))
            expect = "cannot tell" if name == "p256k1" else "verifies"
            add(f"{name} {hash}", name, "1.2.840.10045.4." + arc, signature, expect)
        signature = private.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
        add(f"{name} compressed", name + "-compressed", "1.2.840.10045.4.3.2", signature, expect)
        if name == "p256":
            add("p256 specified", name, "1.2.840.10045.4.3", signature, parameters=algorithm(HASH["sha256"], NULL))
            add("p256 specified without hash", name, "1.2.840.10045.4.3", signature, "cannot tell")
            r, s = utils.decode_dss_signature(signature)
            padded = tlv(0x30, *(tlv(2, b"\0\0" + v.to_bytes(33, "big")) for v in (r, s)))
            add("p256 padded integers", name, "1.2.840.10045.4.3.2", padded)
            add("p256 zero", name, "1.2.840.10045.4.3.2", tlv(0x30, integer(0), integer(0)), "fails")
            add("p256 one integer", name, "1.2.840.10045.4.3.2", tlv(0x30, integer(r)), "fails")
            off = bytearray(KEYS[name])
            off[-1] ^= 1
            KEYS["p256-off-curve"] = bytes(off)
            add("p256 off curve", "p256-off-curve", "1.2.840.10045.4.3.2", signature, "cannot tell")
            explicit = tlv(0x30, integer(1), tlv(0x30, oid("1.2.840.10045.1.1"), integer(23)))
            KEYS["ec-explicit"] = tlv(0x30, algorithm("1.2.840.10045.2.1", explicit), tlv(3, b"\0", point))
            add("explicit curve", "ec-explicit", "1.2.840.10045.4.3.2", signature, "cannot tell")


def others():
    private = ed25519.Ed25519PrivateKey.generate()
    KEYS["ed25519"] = spki(private.public_key())
    add("ed25519", "ed25519", "1.3.101.112", private.sign(MESSAGE))
    private = dsa.generate_private_key(1024)
    KEYS["dsa"] = spki(private.public_key())
    signature = private.sign(MESSAGE, hashes.SHA1())
    add("dsa", "dsa", "1.2.840.10040.4.3", signature, "cannot tell")
    add("dsa key, RSA algorithm", "dsa", "1.2.840.113549.1.1.11", signature, "cannot tell")
    add("rsa key, DSA algorithm", "rsa-2048", "1.2.840.10040.4.3", signature, "cannot tell")
    add("rsa key, ML-DSA algorithm", "rsa-2048", "2.16.840.1.101.3.4.3.17", signature, "cannot tell")
    add("rsa key, ECDSA algorithm", "rsa-2048", "1.2.840.10045.4.3.2", signature, "fails")
    add("p256 key, RSA algorithm", "p256", "1.2.840.113549.1.1.11", bytes(256), "fails")
    add("ed25519 key, RSA algorithm", "ed25519", "1.2.840.113549.1.1.11", bytes(256), "fails")
    add("too large an RSA key, ECDSA algorithm", "rsa-16392", "1.2.840.10045.4.3.2", signature, "cannot tell")
    add("off-curve key, RSA algorithm", "p256-off-curve", "1.2.840.113549.1.1.11", bytes(256), "cannot tell")
    add("rsa signature too short", "rsa-2048", "1.2.840.113549.1.1.11", bytes(255), "fails")
    add("rsa signature empty", "rsa-1024", "1.2.840.113549.1.1.4", b"", "fails")
    add("rsa signature larger than the modulus", "rsa-1024", "1.2.840.113549.1.1.4", b"\xff" * 128, "fails")


rsa_pss(*rsa())
elliptic()
others()
keys = {name: base64.b64encode(key).decode() for name, key in KEYS.items()}
json.dump({"message": MESSAGE.decode(), "keys": keys, "signatures": SIGNATURES}, open(sys.argv[1], "w"), indent=1)
